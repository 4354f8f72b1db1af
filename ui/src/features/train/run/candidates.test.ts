import { render, screen, within } from "@testing-library/svelte";
import { expect, it } from "vitest";
import type { EpochDetail } from "../../../api/bindings/EpochDetail";
import { call } from "../../../api/client";
import { addWorkedProject } from "../../../api/memory/scenario";
import { freshClient } from "../../../testing/client";
import CandidatesTab from "./CandidatesTab.svelte";

it("tells the hypothesis of a proposal with the first of its edits", async () => {
  const client = freshClient();
  addWorkedProject(client.engine, "Tickets", 120, 1);
  const run = client.engine.runs[0]!;
  const known = await call("get_epoch", { run: run.id, epoch: 1 });
  const edit = (added: string, hypothesis: string): EpochDetail["edits"][number] => ({
    epoch: 1,
    half: "system",
    removed: [],
    added: [added],
    hypothesis,
    fate: "kept",
    reason: "Fixed more than it broke.",
    rows: 12,
    gain: 0.1,
    technique: "edit",
    reach: 1,
    together: 1,
  });
  const edits = [edit("one", "A long paragraph."), edit("two", "A long paragraph."), edit("three", "Another.")];
  render(CandidatesTab, { detail: { ...known, edits }, run: run.id, decided: 2 });
  const rows = within(screen.getByRole("columnheader", { name: "Hypothesis" }).closest("table")!).getAllByRole("row");
  expect(rows.slice(1).map((row) => row.querySelector("summary")?.textContent ?? "")).toEqual([
    "",
    "The same as above",
    "",
  ]);
});
