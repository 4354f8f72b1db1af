import { describe, expect, it } from "vitest";
import type { EpochSummary } from "../../api/bindings/EpochSummary";
import { epochOf, scoreOf } from "../../testing/epochs";
import { atMost, boundWords } from "../../format/bound";
import { curveOf, curveSummary, drawnValues } from "./curve";

const epochs = [
  epochOf(0, "baseline", 0.5),
  epochOf(1, "accepted", 0.7),
  epochOf(2, "rejected", 0.9),
  epochOf(3, "invalid", null),
];

describe("curveOf", () => {
  it("carries the best along, past rejected and invalid epochs, and never takes a rejected score for it", () => {
    expect(curveOf(epochs).map((point) => point.best)).toEqual([0.5, 0.7, 0.7, 0.7]);
  });
});

describe("the training score", () => {
  const trained = (epoch: number, decision: "baseline" | "accepted" | "rejected", train: number | null) => ({
    ...epochOf(epoch, decision, 0.5),
    train: train === null ? null : scoreOf(train),
  });

  it("is that of the best prompts after an epoch, which the next one begins with", () => {
    const run = [trained(0, "baseline", 0.3), trained(1, "accepted", 0.3), trained(2, "rejected", 0.8)];
    expect(curveOf(run).map((point) => point.train?.score ?? null)).toEqual([0.3, 0.8, null]);
    // The same epoch becomes another point when the one after it has measured it.
    const [, , last] = curveOf(run);
    const [, , now] = curveOf([...run, trained(3, "rejected", 0.8)]);
    expect([last?.train, now?.train?.score]).toEqual([null, 0.8]);
  });
});

describe("curveOf, again", () => {
  it("keeps the points of epochs that it knows, so that a live chart makes none anew", () => {
    const before = curveOf(epochs);
    const after = curveOf([...epochs, epochOf(4, "accepted", 0.95)]);
    expect(after).toHaveLength(5);
    // But for the last one, whose training score the next epoch brings.
    before.slice(0, -1).forEach((point, at) => expect(after[at]).toBe(point));
  });

  it("makes those anew whose best is another one, where the same epochs follow other ones", () => {
    const [, accepted, rejected] = epochs as [EpochSummary, EpochSummary, EpochSummary, EpochSummary];
    expect(curveOf([accepted, rejected]).at(-1)?.best).toBe(0.7);
    expect(curveOf([epochOf(0, "baseline", 0.6), rejected]).at(-1)?.best).toBe(0.6);
  });
});

describe("a bound", () => {
  const bounded = { ...epochOf(1, "rejected", null), bound: { score: 0.45, best: 0.5, n: 40, of: 100 } };

  it("is kept apart from scores: the best stays, and no interval is drawn for it", () => {
    const [, point] = curveOf([epochOf(0, "baseline", 0.5), bounded]);
    expect(point).toMatchObject({ validation: null, bound: bounded.bound, best: 0.5 });
    expect(drawnValues([point!])).toEqual([0.45]);
  });

  it("is said as one", () => {
    expect(atMost(bounded.bound)).toBe("≤ 45.0%");
    expect(boundWords(bounded.bound)).toBe("validation at most 45.0%, stopped early after 40 of 100");
  });
});

describe("curveSummary", () => {
  it("says baseline, best and how the epochs ended", () => {
    expect(curveSummary(curveOf(epochs))).toBe(
      "Baseline validation score 50.0%. The best is 70.0% in epoch 1. 3 epochs: 1 accepted, 1 rejected, 1 invalid.",
    );
  });

  it("is honest when nothing was accepted", () => {
    expect(curveSummary(curveOf([epochOf(0, "baseline", 0.5), epochOf(1, "rejected", 0.4)]))).toContain(
      "Nothing beat the baseline",
    );
    expect(curveSummary([])).toBe("No epoch has been scored yet.");
  });
});
