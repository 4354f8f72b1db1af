import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import type { BlamedSentence } from "../../api/bindings/BlamedSentence";
import { freshClient } from "../../testing/client";
import { place } from "../train/place.svelte";
import { openedTab } from "../train/run/openTab.svelte";
import Origins from "./Origins.svelte";

const WHY = "Three examples should have been billing.\nThree examples should have been billing.";

function sentence(text: string, version: number, reason: string): BlamedSentence {
  const run = {
    author: "optimizer" as const,
    run: 1,
    run_name: "mine",
    epoch: version,
    taken: false,
    elsewhere: false,
  };
  return { half: "system", text, version, ...run, reason, delta: 0.1, fixed: 2, broken: 1, bound: null, edit: null };
}

it("tells a reason that several sentences have in common once, and no line of it twice", async () => {
  const client = freshClient();
  const lines = ["First.", "Between.", "Last."];
  const blamed = [sentence("First.", 2, WHY), sentence("Between.", 3, "Another."), sentence("Last.", 2, WHY)];
  vi.spyOn(client, "call").mockResolvedValue(blamed as never);
  render(Origins, { project: 1, prompt: { system_prompt: lines.join("\n"), output_prompt: "" } });
  const [first, , last] = await screen.findAllByRole("listitem");
  expect(within(first!).getByText(/should have been billing/).textContent).toBe(WHY.split("\n")[0]);
  expect(within(last!).getByText("The same reason as for “First.” above").closest("details")?.open).toBe(false);
});

it("tells what the edit of a sentence did by itself, and leads to the rows of its epoch", async () => {
  const client = freshClient();
  const alone = { ...sentence("First.", 2, WHY), edit: { gain: 0.5, rows: 4, together: 1 } };
  const among = { ...sentence("Last.", 2, WHY), edit: { gain: -0.25, rows: 1, together: 3 } };
  vi.spyOn(client, "call").mockResolvedValue([alone, among] as never);
  render(Origins, { project: 1, prompt: { system_prompt: "First.\nLast.", output_prompt: "" } });
  const [first, last] = await screen.findAllByRole("listitem");
  expect(first!.textContent).toContain("The edit alone: +50.0 points on 4 training examples.");
  expect(last!.textContent).toContain("3 edits tested as one, this among them: −25.0 points on 1 training example.");
  for (const tab of ["fixed", "broken"] as const) {
    openedTab.value = "cost";
    await userEvent.click(within(first!).getByRole("button", { name: tab === "fixed" ? "2 fixed" : "1 broken" }));
    expect([place.run(1), place.epoch(1), openedTab.value]).toEqual([1, 2, tab]);
  }
});

it("says of how many rows an epoch fixed and broke some whose validation was stopped early", async () => {
  const client = freshClient();
  const bound = { score: 0.3, best: 0.3, n: 16, of: 55 };
  const stopped = { ...sentence("First.", 2, WHY), taken: true, delta: null, fixed: 0, broken: 0, bound };
  vi.spyOn(client, "call").mockResolvedValue([stopped, sentence("Last.", 3, WHY)] as never);
  render(Origins, { project: 1, prompt: { system_prompt: "First.\nLast.", output_prompt: "" } });
  const [first, last] = await screen.findAllByRole("listitem");
  expect(first!.textContent).toMatch(/0 fixed\s*,\s*0 broken, of 16 of 55 answered\./);
  expect(last!.textContent).not.toContain("answered");
});

it("says of a line out of an invalid proposal that nothing was asked with it", async () => {
  const client = freshClient();
  const never = { ...sentence("First.", 2, WHY), taken: true, author: "hand" as const, fixed: null, broken: null };
  vi.spyOn(client, "call").mockResolvedValue([never] as never);
  render(Origins, { project: 1, prompt: { system_prompt: "First.", output_prompt: "" } });
  const item = await screen.findByRole("listitem");
  expect(item.textContent).toContain("Its epoch was never asked on validation.");
  expect(item.textContent).not.toMatch(/fixed|broken/);
});
