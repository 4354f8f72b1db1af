import { describe, expect, it } from "vitest";
import type { EpochSummary } from "../../api/bindings/EpochSummary";
import { epochOf, scoreOf } from "../../testing/epochs";
import { atMost, boundWords } from "../../format/bound";
import { byPart } from "./scoreOption";
import { curveOf, curveSummary, drawnValues, partOfTrain, trainOfBest, type CurvePoint } from "./curve";

/** The best of `epochs`, which was never asked the training examples. */
const best = { epoch: 1, train: null };
const epochs = [
  epochOf(0, "baseline", 0.5),
  epochOf(1, "accepted", 0.7),
  epochOf(2, "rejected", 0.9),
  epochOf(3, "invalid", null),
];

describe("curveOf", () => {
  it("carries the best along, past rejected and invalid epochs, and never takes a rejected score for it", () => {
    expect(curveOf(epochs, best).map((point) => point.best)).toEqual([0.5, 0.7, 0.7, 0.7]);
  });
});

describe("byPart", () => {
  it("tells scores of the whole training split from those of a part of it, which no line joins", () => {
    const points = [100, 44, 3, 100].map((n) => ({ train: scoreOf(0.5, n) }));
    expect(byPart(points)).toEqual([
      [points[0], points[3]],
      [points[1], points[2]],
    ]);
    expect(byPart([])).toEqual([[], []]);
    const alone = points.slice(0, 3);
    expect(byPart(alone), "one alone is no line").toEqual([[], alone]);
  });
});

describe("the training score", () => {
  const trained = (epoch: number, decision: "baseline" | "accepted" | "rejected", train: number | null) => ({
    ...epochOf(epoch, decision, 0.5),
    train: train === null ? null : scoreOf(train),
  });

  it("is that of the best prompts after an epoch, which the next one begins with", () => {
    const run = [trained(0, "baseline", 0.3), trained(1, "accepted", 0.3), trained(2, "accepted", 0.8)];
    const scores = (points: CurvePoint[]) => points.map((point) => point.train?.score ?? null);
    const unmeasured = { epoch: 2, train: null };
    expect(scores(curveOf(run, unmeasured))).toEqual([0.3, 0.8, null]);
    // The same epoch becomes another point when the one after it has measured it; nothing better came, so it stays.
    expect(scores(curveOf([...run, trained(3, "rejected", 0.9)], unmeasured))).toEqual([0.3, 0.8, 0.9, 0.9]);
  });

  it("is what the first prompts answered for as long as these are the best, whatever an epoch expected of them", () => {
    const run = [trained(0, "baseline", 0.525), trained(1, "rejected", 0.604), trained(2, "rejected", 0.625)];
    const later = [trained(3, "accepted", 0.623), trained(4, "rejected", 0.7), trained(5, "accepted", 0.72)];
    const own = { epoch: 5, train: scoreOf(0.9, 40) };
    const scores = curveOf([...run, ...later], own).map((point) => point.train?.score);
    expect(scores).toEqual([0.525, 0.525, 0.525, 0.7, 0.7, 0.9]);
    expect(partOfTrain(own.train, run)).toBe(40);
    expect(partOfTrain(scoreOf(0.9), run)).toBeNull();
  });

  it("is one and the same wherever the best prompts were asked themselves, also after the last epoch", () => {
    const run = [trained(0, "baseline", 0.3), trained(1, "rejected", 0.3), trained(2, "accepted", 0.3)];
    const own = { epoch: 2, train: scoreOf(0.831, 71) };
    expect(curveOf(run, own).map((point) => point.train)).toEqual([scoreOf(0.3), scoreOf(0.3), own.train]);
    expect(trainOfBest(own, run)).toBe(curveOf(run, own).at(-1)?.train);
  });
});

describe("curveOf, again", () => {
  it("keeps the points of epochs that it knows, so that a live chart makes none anew", () => {
    const before = curveOf(epochs, best);
    const after = curveOf([...epochs, epochOf(4, "accepted", 0.95)], best);
    expect(after).toHaveLength(5);
    // But for the last one, whose training score the next epoch brings.
    before.slice(0, -1).forEach((point, at) => expect(after[at]).toBe(point));
  });

  it("makes those anew whose best is another one, where the same epochs follow other ones", () => {
    const [, accepted, rejected] = epochs as [EpochSummary, EpochSummary, EpochSummary, EpochSummary];
    expect(curveOf([accepted, rejected], best).at(-1)?.best).toBe(0.7);
    expect(curveOf([epochOf(0, "baseline", 0.6), rejected], best).at(-1)?.best).toBe(0.6);
  });
});

describe("a bound", () => {
  const bounded = { ...epochOf(1, "rejected", null), bound: { score: 0.45, best: 0.5, n: 40, of: 100 } };

  it("is kept apart from scores: the best stays, and no interval is drawn for it", () => {
    const baseline = { ...epochOf(0, "baseline", 0.5), train: null };
    const [, point] = curveOf([baseline, bounded], { epoch: 0, train: null });
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
    expect(curveSummary(curveOf(epochs, best))).toBe(
      "Baseline validation score 50.0%. The best is 70.0% in epoch 1. 3 epochs: 1 accepted, 1 rejected, 1 invalid.",
    );
  });

  it("is honest when nothing was accepted", () => {
    expect(
      curveSummary(curveOf([epochOf(0, "baseline", 0.5), epochOf(1, "rejected", 0.4)], { epoch: 0, train: null })),
    ).toContain("Nothing beat the baseline");
    expect(curveSummary([])).toBe("No epoch has been scored yet.");
  });
});
