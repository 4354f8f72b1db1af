import { describe, expect, it } from "vitest";
import type { Candidate } from "../../../api/bindings/Candidate";
import { grouped, ranges } from "./candidateGroups";

function made(number: number, fate: Candidate["fate"], reason: string, parents = [0]): Candidate {
  return {
    number,
    epoch: 1,
    version: number,
    parents,
    technique: "trial",
    fate,
    reason,
    train: null,
    validation: null,
  };
}

describe("candidates of a round", () => {
  it("tells many trials of one test together, and all others alone and in their order", () => {
    const all = [
      made(1, "merged", "Passed"),
      ...[2, 3, 4, 5].map((number) => made(number, "trial", "One of 8 mixes")),
      made(6, "trial", "1 of 2 edits helped"),
      made(7, "trial", "One of 4 mixes", [6]),
      made(8, "trial", "One of 4 mixes", [6]),
      ...[9, 10, 11].map((number) => made(number, "gated", "Stopped")),
      ...[12, 13, 14].map((number) => made(number, "trial", "One of 8 mixes", [number])),
    ];
    const numbers = grouped(all).map((group) => group.map(({ number }) => number));
    expect(numbers).toEqual([[1], [2, 3, 4, 5], [6], [7], [8], [9], [10], [11], [12], [13], [14]]);
  });

  it("says numbers that follow each other as a range", () => {
    expect(ranges([0, 1, 2, 3, 7, 9, 8, 12])).toBe("0 to 3, 7 to 9, 12");
    expect(ranges([4, 5])).toBe("4, 5");
    expect(ranges([])).toBe("");
  });
});
