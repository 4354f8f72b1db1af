import { describe, expect, it } from "vitest";
import { moveHandle, positionOf, type RatioPlan } from "./splitPlan";

const plan: RatioPlan = { kind: "ratio", train: 60, validation: 20, test: 20, seed: 3 };

describe("split handles", () => {
  it("trades train against validation and leaves test alone", () => {
    expect(moveHandle(plan, "train", 50)).toEqual({ ...plan, train: 50, validation: 30 });
  });

  it("trades validation against test and leaves train alone", () => {
    expect(moveHandle(plan, "validation", 90)).toEqual({ ...plan, validation: 30, test: 10 });
  });

  it("keeps something to learn from and something to judge by", () => {
    expect(moveHandle(plan, "train", 0).train).toBe(5);
    expect(moveHandle(plan, "train", 100)).toEqual({ ...plan, train: 75, validation: 5 });
    expect(moveHandle(plan, "validation", 0).validation).toBe(5);
  });

  it("drops a test split too small to mean anything", () => {
    expect(moveHandle(plan, "validation", 97)).toEqual({ ...plan, validation: 40, test: 0 });
  });

  it("always divides the whole", () => {
    for (let at = 0; at <= 100; at += 1) {
      for (const handle of ["train", "validation"] as const) {
        const { train, validation, test } = moveHandle(plan, handle, at);
        expect(train + validation + test).toBe(100);
      }
    }
    expect(positionOf(plan, "validation")).toBe(80);
  });
});
