import type { EpochSummary } from "../../api/bindings/EpochSummary";
import { xOf, type XBy } from "./layout";
import type { RunLook } from "./runColours";

export type { XBy } from "./layout";

export interface LinePoint {
  epoch: number;
  x: number;
  score: number;
  low: number;
  high: number;
  decision: EpochSummary["decision"];
}

/** The curve of one run among others. */
export interface RunLine {
  run: number;
  name: string;
  look: RunLook;
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

/** The validation scores of a run along the chosen axis. Epochs without a score, or without a price there, leave no point. */
export function linePoints(epochs: readonly EpochSummary[], by: XBy): LinePoint[] {
  return epochs.flatMap((epoch) => {
    const x = xOf(epoch, by);
    return epoch.validation && x !== null
      ? [
          {
            epoch: epoch.epoch,
            x,
            score: epoch.validation.score,
            low: epoch.validation.low,
            high: epoch.validation.high,
            decision: epoch.decision,
          },
        ]
      : [];
  });
}

/** How large the mark of a point is, in pixels: the best epoch's is the largest. */
export function markSize(line: RunLine, point: LinePoint, fontSize: number): number {
  return point.epoch === line.best ? fontSize * 0.85 : fontSize * 0.45;
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
  toPixels: (point: LinePoint) => Place,
  reach: number,
): number | null {
  let nearest: number | null = null;
  let least = reach;
  for (const line of lines) {
    const places = line.points.map(toPixels);
    places.forEach((place, i) => {
      const far = distance(at, place, places[i + 1] ?? place);
      if (far < least) {
        least = far;
        nearest = line.run;
      }
    });
  }
  return nearest;
}

/** The point of a line at a place on the x axis: that of this epoch or none, else the nearest one. */
export function pointAt(line: RunLine, x: number, by: XBy): LinePoint | null {
  if (by === "epoch") return line.points.find((point) => point.epoch === Math.round(x)) ?? null;
  let nearest: LinePoint | null = null;
  for (const point of line.points) {
    if (!nearest || Math.abs(point.x - x) < Math.abs(nearest.x - x)) nearest = point;
  }
  return nearest;
}

/** Weight of what came before in a smoothed line. */
const MEMORY = 0.6;

/** An exponential moving average, without the pull towards its first point. */
export function smoothed(points: readonly LinePoint[]): { x: number; score: number }[] {
  let sum = 0;
  let weight = 0;
  return points.map(({ x, score }) => {
    sum = sum * MEMORY + score;
    weight = weight * MEMORY + 1;
    return { x, score: sum / weight };
  });
}
