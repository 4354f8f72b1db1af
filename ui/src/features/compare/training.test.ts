import { describe, expect, it } from "vitest";
import type { Score } from "../../api/bindings/Score";
import { freshClient } from "../../testing/client";
import { addUnlikeRuns } from "../../api/memory/scenario";
import { gapBeside, gapIsWide } from "./training";

describe("the gap between training and validation", () => {
  it.each([
    ["by more than chance", [0.93, 0.88, 0.96, 180], true],
    ["of a handful of examples, which is chance", [0.875, 0.53, 0.98, 8], false],
    ["by little, however sure", [0.83, 0.82, 0.84, 9000], false],
  ] as const)("is wide where training is ahead %s", (_, [score, low, high, n], wide) => {
    const { engine } = freshClient();
    addUnlikeRuns(engine, "Gaps");
    const run = engine.runs[0]!.summary();
    const training: Score = { score, low, high, n, missing: 0 };
    const validation: Score = { score: 0.767, low: 0.646, high: 0.856, n: 60, missing: 0 };
    expect(gapIsWide({ ...run, best: { ...run.best, train: training, validation } })).toBe(wide);
  });

  it("says of how many training examples it is where they are a part", () => {
    const { engine } = freshClient();
    addUnlikeRuns(engine, "Parts");
    const run = engine.runs[0]!.summary();
    const all = run.splits.train;
    const beside = (n: number) =>
      gapBeside({ ...run, best: { ...run.best, train: { score: 1, low: 0.5, high: 1, n, missing: 0 } } });
    expect([beside(9), beside(all)]).toEqual([`on 9 of ${all} training examples`, ""]);
  });
});
