import { describe, expect, it } from "vitest";
import { epochOf } from "../../testing/epochs";
import { RUN_LOOKS } from "./runColours";
import { xText } from "./runLinesOption";
import { linePoints, marked, nearestLine, pointAt, smoothed, tailOf, type RunLine } from "./runLines";

const epochs = [
  epochOf(0, "baseline", 0.5),
  epochOf(1, "invalid", null),
  epochOf(2, "accepted", 0.8),
  { ...epochOf(3, "rejected", null), bound: { score: 0.7, best: 0.8, n: 40, of: 100 } },
  epochOf(4, "rejected", null),
];

function lineAt(run: number, score: number): RunLine {
  const measured = { score, low: 0, high: 1, n: 10, missing: 0 };
  const known = { score, measured, decision: "accepted" as const, kind: "scored" as const, best: score };
  const points = [0, 1].map((x) => ({ epoch: x, x, ...known }));
  return { run, name: `run ${run}`, look: RUN_LOOKS[0]!, points, best: 1 };
}

describe("linePoints", () => {
  it("places every epoch by number, calls or time: scores, bounds, and what has neither at the best until then", () => {
    expect(linePoints(epochs, "epoch").map(({ x, kind, score }) => [x, kind, score])).toEqual([
      [0, "scored", 0.5],
      [1, "invalid", 0.5],
      [2, "scored", 0.8],
      [3, "bound", 0.7],
      [4, "unmeasured", 0.8],
    ]);
    expect(linePoints(epochs, "calls").map((point) => point.x)).toEqual([100, 200, 300, 400, 500]);
    expect(linePoints(epochs, "time").at(-1)!.x).toBe(50_000);
  });

  it("goes on to the end of the run at the best, which no bound and no rejected epoch changes", () => {
    const line = { ...lineAt(1, 0.5), points: linePoints(epochs, "calls"), best: 2 };
    expect(tailOf(line)).toEqual([
      { x: 300, score: 0.8 },
      { x: 300, score: 0.8 },
      { x: 500, score: 0.8 },
    ]);
    expect(tailOf(lineAt(1, 0.5))).toEqual([]);
  });

  it("says amounts, and times of less than a second as well", () => {
    expect([xText(1200, "calls"), xText(0.5, "cost"), xText(644, "time"), xText(90_000, "time")]).toEqual([
      "1,200",
      "$0.50",
      "0.6 s",
      "1:30",
    ]);
  });
});

describe("marks", () => {
  it("of rejected scores are left out where they stand close, and no other", () => {
    const kinds = (close: boolean) =>
      marked(
        [
          ...linePoints(epochs, "epoch"),
          ...linePoints([epochOf(0, "baseline", 0.5), epochOf(5, "rejected", 0.6)], "epoch"),
        ],
        close,
      ).map(({ kind, decision }) => `${kind} ${decision}`);
    const usual = ["scored baseline", "invalid invalid", "scored accepted", "bound rejected", "scored baseline"];
    expect(kinds(false)).toEqual([...usual, "scored rejected"]);
    expect(kinds(true)).toEqual(usual);
  });
});

describe("nearestLine", () => {
  const toPixels = (point: { x: number; score: number }) => ({ x: point.x * 100, y: 100 - point.score * 100 });
  const lines = [lineAt(1, 0.9), lineAt(2, 0.5)];

  it("finds the line between two of its points, within reach", () => {
    expect(nearestLine(lines, { x: 50, y: 15 }, toPixels, 20)).toBe(1);
    expect(nearestLine(lines, { x: 50, y: 48 }, toPixels, 20)).toBe(2);
    expect(nearestLine(lines, { x: 50, y: 90 }, toPixels, 20)).toBeNull();
  });
});

describe("pointAt", () => {
  it("gives what the run had come to for so much: the last point not beyond it, or none", () => {
    const line = lineAt(1, 0.5);
    expect(pointAt(line, 0.4, "calls")?.epoch).toBe(0);
    expect(pointAt(line, 0.9, "calls")?.epoch, "epoch 1 had not ended for so few calls").toBe(0);
    expect(pointAt(line, 0.9, "calls", 0.1)?.epoch, "on its mark").toBe(1);
    expect(pointAt(line, -0.5, "cost"), "the baseline had not ended either").toBeNull();
    const free = { ...line, points: line.points.map((point) => ({ ...point, x: 0 })) };
    expect(pointAt(free, 0.4, "cost")?.epoch, "epochs from disk cost nothing: it had the last").toBe(
      line.points.length - 1,
    );
    expect(pointAt({ ...line, points: [] }, 0.4, "calls")).toBeNull();
  });

  it("gives by epoch the point of this epoch, and none of another one", () => {
    const line = lineAt(1, 0.5);
    expect(pointAt(line, 1, "epoch")?.epoch).toBe(1);
    const gap = { ...line, points: line.points.filter((point) => point.epoch !== 1) };
    expect(pointAt(gap, 1, "epoch")).toBeNull();
  });
});

describe("smoothed", () => {
  const at = (x: number, score: number) => ({ x, score });

  it("leaves a flat line flat and a first point where it is, and calms a jump", () => {
    expect(smoothed([at(0, 0.5), at(1, 0.5), at(2, 0.5)]).map(({ score }) => score)).toEqual([0.5, 0.5, 0.5]);
    const [first, jumped] = smoothed([at(0, 0.2), at(1, 0.8)]);
    expect(first!.score).toBe(0.2);
    expect(jumped!.score).toBeGreaterThan(0.2);
    expect(jumped!.score).toBeLessThan(0.8);
  });
});
