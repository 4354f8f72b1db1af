import type { EpochSummary } from "../../api/bindings/EpochSummary";
import type { Score } from "../../api/bindings/Score";
import { percent } from "../../format/percent";
import { xOf, type XBy } from "./layout";
import type { RunLook } from "./runColours";

export type { XBy } from "./layout";

/** What is known of an epoch: a score, what it could have reached at most, that it was invalid, or nothing. */
export type PointKind = "scored" | "bound" | "invalid" | "unmeasured";

export interface LinePoint {
  epoch: number;
  x: number;
  kind: PointKind;
  /** Where its mark stands: a score, a bound, or the best until then. */
  score: number;
  /** A score with its interval and n; null where the mark is none. */
  measured: Score | null;
  decision: EpochSummary["decision"];
  /** Score of the best after it. */
  best: number;
}

/** The curve of one run among others. */
export interface RunLine {
  run: number;
  name: string;
  look: RunLook;
  /** All epochs in order; the line goes through those with a score. */
  points: LinePoint[];
  /** The line that is drawn through them, where it is not their own. */
  smooth?: { x: number; score: number }[] | null;
  /** Epoch of the best prompt. */
  best: number;
  /** In what it is measured differently from the run that the others are held against. */
  unlike?: readonly string[];
  /** A filter leaves it out: it is drawn pale. */
  leftOut?: boolean;
}

/** The epochs of a run along the chosen axis. Those without a place there, and those before the first score, leave no point. */
export function linePoints(epochs: readonly EpochSummary[], by: XBy): LinePoint[] {
  let best: number | null = null;
  return epochs.flatMap((summary): LinePoint[] => {
    const { epoch, decision, validation, bound } = summary;
    if (validation && (decision === "accepted" || decision === "baseline")) best = validation.score;
    const x = xOf(summary, by);
    const score = validation?.score ?? bound?.score ?? best;
    if (x === null || score === null) return [];
    const kind = validation ? "scored" : bound ? "bound" : decision === "invalid" ? "invalid" : "unmeasured";
    return [{ epoch, x, kind, score, measured: validation, decision, best: best ?? score }];
  });
}

/** What the line of a run goes through. */
export function scored(points: readonly LinePoint[]): LinePoint[] {
  return points.filter((point) => point.kind === "scored");
}

/** What has a mark. Where they stand close, rejected scores are told by their line alone: their marks would hide its dashes. */
export function marked(points: readonly LinePoint[], close: boolean): LinePoint[] {
  return points.filter(
    ({ kind, decision }) => kind !== "unmeasured" && !(close && kind === "scored" && decision === "rejected"),
  );
}

/** From the last score on to the end of a run: the best so far, which stays. Empty where the last epoch has a score. */
export function tailOf(line: RunLine): { x: number; score: number }[] {
  const last = line.points.at(-1);
  const known = line.points.findLast((point) => point.kind === "scored");
  if (!last || !known || last === known) return [];
  const from = line.smooth?.at(-1) ?? known;
  return [
    { x: from.x, score: from.score },
    { x: from.x, score: last.best },
    { x: last.x, score: last.best },
  ];
}

/** What a point says, short: "70.0%", or "≤ 30.0%" where its validation was stopped early. */
export function pointText({ kind, score }: LinePoint): string {
  return { scored: percent(score), bound: `≤ ${percent(score)}`, invalid: "invalid", unmeasured: "–" }[kind];
}

/** The same for those who hear it. */
export function pointWords({ kind, score, epoch }: LinePoint): string {
  const what = {
    scored: percent(score),
    bound: `at most ${percent(score)}, stopped early,`,
    invalid: "invalid",
    unmeasured: "no score",
  };
  return `${what[kind]} in epoch ${epoch}`;
}

/** "6 stopped early, 1 invalid": the epochs of a run whose mark is no score; empty where there are none. */
export function unscoredWords(points: readonly LinePoint[]): string {
  const bounds = points.filter((point) => point.kind === "bound").length;
  const invalid = points.filter((point) => point.kind === "invalid").length;
  return [...(bounds > 0 ? [`${bounds} stopped early`] : []), ...(invalid > 0 ? [`${invalid} invalid`] : [])].join(
    ", ",
  );
}

/** Width of the mark of a score, in font sizes. */
export const MARK = 0.45;

/** How large the mark of a point is, in pixels: the best epoch's is the largest. */
export function markSize(line: RunLine, point: LinePoint, fontSize: number): number {
  if (point.kind !== "scored") return fontSize * 0.65;
  return point.epoch === line.best ? fontSize * 0.85 : fontSize * MARK;
}

/** A position in the plot, in pixels. */
export interface Place {
  x: number;
  y: number;
}

/** Distance of a position from the line between two others. */
function distance(at: Place, from: Place, to: Place): number {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((at.x - from.x) * dx + (at.y - from.y) * dy) / length));
  return Math.hypot(at.x - from.x - along * dx, at.y - from.y - along * dy);
}

/** The line nearest to a position, no further away than `reach` pixels. */
export function nearestLine(
  lines: readonly RunLine[],
  at: Place,
  toPixels: (point: { x: number; score: number }) => Place,
  reach: number,
): number | null {
  let nearest: number | null = null;
  let least = reach;
  for (const line of lines) {
    const near = (from: Place, to: Place) => {
      const far = distance(at, from, to);
      if (far < least) {
        least = far;
        nearest = line.run;
      }
    };
    for (const way of [scored(line.points), tailOf(line)]) {
      const places = way.map(toPixels);
      places.forEach((place, i) => near(place, places[i + 1] ?? place));
    }
    for (const point of line.points) {
      if (point.kind === "scored" || point.kind === "unmeasured") continue;
      const place = toPixels(point);
      near(place, place);
    }
  }
  return nearest;
}

/**
 * The point of a line at a place on the x axis, with a score or without: that of this epoch or none, else what the run had come to for so
 * much, which is the last point not beyond it. `reach` counts as on the place: a mark is wider than its point.
 */
export function pointAt(line: RunLine, x: number, by: XBy, reach = 0): LinePoint | null {
  if (by === "epoch") return line.points.find((point) => point.epoch === Math.round(x)) ?? null;
  return line.points.findLast((point) => point.x <= x + reach) ?? null;
}

/** Weight of what came before in a smoothed line. */
const MEMORY = 0.6;

/** An exponential moving average, without the pull towards its first point. */
export function smoothed(points: readonly Pick<LinePoint, "x" | "score">[]): { x: number; score: number }[] {
  let sum = 0;
  let weight = 0;
  return points.map(({ x, score }) => {
    sum = sum * MEMORY + score;
    weight = weight * MEMORY + 1;
    return { x, score: sum / weight };
  });
}
