import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import PromptDiff from "./PromptDiff.svelte";

const before = { system_prompt: "You route messages.\nBilling covers payments.", output_prompt: "One word." };
const after = {
  system_prompt: "You route messages.\nBilling covers payments and refunds.\nCards go to Security.",
  output_prompt: "One word.",
};

describe("PromptDiff", () => {
  it("says in words that nothing changed", () => {
    render(PromptDiff, { before, after: before, labels: ["v8", "v9"] });
    expect(screen.getByText("No change: both prompts are the same in v8 and v9.")).toBeTruthy();
  });

  it("tells removed from added by sign and word, and names the half without change", () => {
    const { container } = render(PromptDiff, { before, after });
    const lines = [...container.querySelectorAll(".line")].map((line) => line.textContent.replace(/\s+/g, " ").trim());
    expect(lines).toEqual([
      "You route messages.",
      "−removed: Billing covers payments.",
      "+added: Billing covers payments and refunds.",
      "+added: Cards go to Security.",
    ]);
    expect([...container.querySelectorAll("mark")].map((mark) => mark.textContent)).toEqual([" and refunds"]);
    expect(screen.getByText("Output prompt: no change.")).toBeTruthy();
  });

  it("folds long unchanged stretches until they are asked for", async () => {
    const long = Array.from({ length: 40 }, (_, i) => `rule ${i}`).join("\n");
    const { container } = render(PromptDiff, {
      before: { system_prompt: long, output_prompt: "" },
      after: { system_prompt: `${long}\none more`, output_prompt: "" },
    });
    expect(container.querySelectorAll(".line")).toHaveLength(4);
    await userEvent.click(screen.getByRole("button", { name: /Show 37 unchanged lines/ }));
    expect(container.querySelectorAll(".line")).toHaveLength(41);
  });

  it("shows markup and marks of direction as text", () => {
    const { container } = render(PromptDiff, {
      before: { system_prompt: "", output_prompt: "" },
      after: { system_prompt: "<img src=x onerror=alert(1)>\u202eabc", output_prompt: "" },
    });
    expect(container.querySelector("img")).toBeNull();
    expect(container.textContent).toContain("<img src=x onerror=alert(1)>⟨RLO⟩abc");
  });
});
