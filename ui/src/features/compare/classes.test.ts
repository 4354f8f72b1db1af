import { describe, expect, it } from "vitest";
import { classRows, difference, figuresOf } from "./classes";

const first = {
  labels: ["a", "b"],
  counts: [
    [8, 1, 1],
    [2, 8, 0],
  ],
  macro_f1: 0,
};
const second = {
  labels: ["b", "a"],
  counts: [
    [10, 0, 0],
    [0, 9, 1],
  ],
  macro_f1: 0,
};

describe("classes", () => {
  it("have precision, recall and F1", () => {
    expect(figuresOf(first, 0)).toEqual({ n: 10, precision: 0.8, recall: 0.8, f1: 0.8 });
    expect(figuresOf({ labels: ["x"], counts: [[0, 0]], macro_f1: 0 }, 0)).toEqual({
      n: 0,
      precision: null,
      recall: null,
      f1: null,
    });
  });

  it("line up by label, the largest change first", () => {
    const rows = classRows(first, second);
    expect(rows.map((row) => row.label)).toEqual(["b", "a"]);
    expect(rows[0]!.change).toBeCloseTo(1 - 16 / 19);
    expect(rows[1]!.second.f1).toBeCloseTo(18 / 19);
    // A loss is as large as a gain.
    expect(classRows(second, first).map((row) => row.label)).toEqual(["b", "a"]);
  });

  it("differ cell by cell, what is no label last", () => {
    expect(difference(first, second)).toEqual([
      [1, -1, 0],
      [-2, 2, 0],
    ]);
  });
});
