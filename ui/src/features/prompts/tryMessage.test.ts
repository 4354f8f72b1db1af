import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import type { TryResult } from "../../api/bindings/TryResult";
import TryMessage from "./TryMessage.svelte";

const MODEL = { connection: 1, model: "demo", temperature: null, max_tokens: null, seed: null };

/** The user message as it was sent: the input, and below a blank line the output prompt. */
function show(input: string, output: string): HTMLElement {
  const content = output === "" ? input : `${input}\n\n${output}`;
  const result: Partial<TryResult> = { messages: [{ role: "user", content }] };
  const prompt = { system_prompt: "", output_prompt: output };
  const tried = { prompt, input, model: MODEL as never, result: result as TryResult, firstMs: null };
  return render(TryMessage, { tried, which: "user" }).container;
}

describe("the user message that was sent", () => {
  it("shows the output prompt in lines of its own, however long the input before it is", async () => {
    const container = show("word ".repeat(2_000), "Answer with one word.");
    expect(screen.getByText("· the marked part is the output prompt")).toBeTruthy();
    const marked = container.querySelector(".output")!;
    expect(marked.textContent).toBe("Answer with one word.");
    expect(marked.closest(".clamped")!.textContent).toBe("Answer with one word.");
    expect(container.querySelector(".text")!.textContent!.startsWith("word word")).toBe(true);
    await userEvent.click(screen.getByRole("button", { name: /^Show the whole user message/ }));
    expect(container.querySelector(".text")!.textContent).toBe(`${"word ".repeat(2_000)}\n\nAnswer with one word.`);
  });

  it("is one text, letter by letter, also while it is short", () => {
    expect(show("Hi", "One word.").querySelector(".text")!.textContent).toBe("Hi\n\nOne word.");
  });

  it("speaks of no marked part where there is none", () => {
    const container = show("Hi", "");
    expect(container.querySelector(".output")?.textContent ?? "").toBe("");
    expect(container.textContent).not.toContain("marked part");
  });
});
