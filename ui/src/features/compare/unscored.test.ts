import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { addWorkedProject } from "../../api/memory/scenario";
import { app } from "../../app/state.svelte";
import { percent } from "../../format/percent";
import { freshClient } from "../../testing/client";
import CompareScreen from "./CompareScreen.svelte";
import { forgetRunSet } from "./runSet.svelte";

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
  forgetRunSet();
});

describe("epochs without a full validation", () => {
  it("stand on the curves, in the table, in the file and in what is said of the picture, to the end of the run", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 2);
    const [run] = client.engine.runs;
    const last = run!.epochs.at(-1)!;
    const score = 0.123;
    // The last epoch was stopped early, the one before it brought nothing usable.
    Object.assign(last, { decision: "rejected", validation: null, bound: { score, best: 0.5, n: 20, of: 100 } });
    Object.assign(run!.epochs.at(-2)!, { decision: "invalid", validation: null, bound: null });
    await app.openProject(project.id, "compare");
    render(CompareScreen);
    const card = screen.getByRole("heading", { name: "Validation score" }).closest("section")!;
    await waitFor(() => expect(card.textContent).toContain("(1 stopped early, 1 invalid)"));
    expect(within(card).getByText("at most")).toBeTruthy();
    expect(within(card).getByText("invalid")).toBeTruthy();
    await userEvent.click(within(card).getByRole("button", { name: "Show as table" }));
    const rows = within(card).getAllByRole("row").slice(1);
    expect(rows.at(-1)!.textContent).toContain(`≤ ${percent(score)}`);
    expect(rows.at(-2)!.textContent).toContain("invalid");
    await userEvent.click(within(card).getByRole("button", { name: /CSV/ }));
    await waitFor(() => expect(client.saved.has("compared-runs.csv")).toBe(true));
    const [head, ...lines] = client.saved.get("compared-runs.csv")!.trim().split("\r\n");
    expect(head).toBe("run,metric,epoch,validation,low,high,n,at most,decision");
    expect(
      lines.some((line) => line.startsWith(run!.name) && line.endsWith(`,${last.epoch},,,,,${score},rejected`)),
    ).toBe(true);
  });
});
