import { describe, expect, it } from "vitest";
import type { Candidate } from "../../../api/bindings/Candidate";
import { type Branch, lineage, reachedValidation } from "./lineage";

function made(number: number, parents: number[], fate: Candidate["fate"]): Candidate {
  return {
    number,
    epoch: 1,
    version: number,
    parents,
    technique: "edit",
    fate,
    reason: "",
    train: null,
    validation: null,
  };
}

const shape = (branches: Branch[]): unknown[] =>
  branches.map(({ candidate, children }) => [candidate.number, ...shape(children)]);

const CANDIDATES = [
  made(1, [0], "trial"),
  made(2, [0], "gated"),
  made(3, [0, 1], "best"),
  made(4, [3], "trial"),
  made(5, [3, 4], "validated"),
  made(6, [5], "gated"),
];

describe("lineage", () => {
  it("puts every candidate under the first of its parents", () => {
    expect(shape(lineage(CANDIDATES))).toEqual([[1], [2], [3, [4], [5, [6]]]]);
  });

  it("keeps of it what reached validation", () => {
    expect(shape(reachedValidation(lineage(CANDIDATES)))).toEqual([[3, [5]]]);
    // One that was outrun was on its way through validation when the race was decided.
    const outrun = [...CANDIDATES, made(7, [2], "outrun")];
    expect(shape(reachedValidation(lineage(outrun)))).toEqual([
      [2, [7]],
      [3, [5]],
    ]);
  });
});
