import { render, screen, within } from "@testing-library/svelte";
import { expect, it, vi } from "vitest";
import type { BlamedSentence } from "../../api/bindings/BlamedSentence";
import { freshClient } from "../../testing/client";
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
  return { half: "system", text, version, ...run, reason, delta: 0.1, fixed: 2, broken: 1 };
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
