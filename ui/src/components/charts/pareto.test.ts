import { describe, expect, it } from "vitest";
import { paretoFront } from "./pareto";

describe("paretoFront", () => {
  it("keeps what no other run beats in both", () => {
    const points = [
      { run: 1, x: 5, score: 0.9 },
      { run: 2, x: 1, score: 0.6 },
      // As dear as the next one, and listed before it.
      { run: 3, x: 2, score: 0.7 },
      { run: 4, x: 2, score: 0.8 },
      { run: 5, x: 9, score: 0.9 },
    ];
    expect(paretoFront(points).map((point) => point.run)).toEqual([2, 4, 1]);
    expect(paretoFront([])).toEqual([]);
  });
});
