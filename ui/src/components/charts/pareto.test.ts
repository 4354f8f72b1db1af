import { describe, expect, it } from "vitest";
import { paretoFront, standings } from "./pareto";

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

describe("standings", () => {
  it("rank runs on one spot alike, and none that is measured differently", () => {
    const at = (run: number, x: number, score: number, unlike: string[] = []) => ({ run, x, score, unlike });
    const stands = standings([at(1, 0, 0.3), at(2, 0, 0.3), at(3, 1, 0.2), at(4, 0, 0.9, ["metric"])]);
    expect(Object.fromEntries(stands)).toEqual({ 1: "ahead", 2: "ahead", 3: "beaten", 4: "not ranked" });
  });
});
