import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";
import type { Candidate } from "../../../api/bindings/Candidate";
import type { SearchTree } from "../../../api/bindings/SearchTree";
import { freshClient } from "../../../testing/client";
import { scoreOf } from "../../../testing/epochs";
import SearchLineage from "./SearchLineage.svelte";

function made(number: number, parents: number[], fate: Candidate["fate"], epoch: number): Candidate {
  const validation = fate === "best" ? scoreOf(0.8) : null;
  return { number, epoch, version: number, parents, technique: "merge", fate, reason: "", train: null, validation };
}

const TREE: SearchTree = {
  candidates: [made(1, [0], "trial", 1), made(2, [0, 1], "best", 1), made(3, [2], "gated", 2), made(4, [2], "best", 2)],
  techniques: [{ technique: "edit", tried: 10, kept: 4, calls: 200, gain: 0.3 }],
};

beforeEach(() => {
  const client = freshClient();
  vi.spyOn(client, "call").mockResolvedValue(TREE as never);
});

it("shows what reached validation under what it was made of, and all on demand", async () => {
  render(SearchLineage, { run: 1, decided: 3, epoch: 2 });
  const best = (await screen.findByText(/epoch 1, merge: new best/)).closest("li") as HTMLElement;
  expect(best.textContent).toMatch(/with 1.*validation 80/s);
  expect(within(best).getByText(/epoch 2, merge: new best/)).toBeTruthy();
  expect(screen.queryByText(/stopped at the gate/)).toBeNull();
  await userEvent.click(screen.getByRole("checkbox", { name: /did not reach validation/ }));
  expect(within(best).getByText(/stopped at the gate/)).toBeTruthy();
});

it("says what each technique earned per call", async () => {
  render(SearchLineage, { run: 1, decided: 3, epoch: 2 });
  const row = await screen.findByRole("row", { name: /edit/ });
  expect(row.textContent).toMatch(/4 of 10.*200.*15\.00/s);
});
