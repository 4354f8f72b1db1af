import type { RunSummary } from "../../api/bindings/RunSummary";

/** One axis of the parallel coordinates: numbers on a scale, or words side by side. */
export interface ParallelAxis {
  name: string;
  /** Share of the axis in [0, 1] from the bottom, by run; null where a run has no value. */
  places: Map<number, number>;
  /** What stands at the ends, or at every word. */
  labels: { at: number; text: string }[];
}

type Value = number | string | null;

const SETTINGS: [string, (run: RunSummary) => Value][] = [
  ["strategy", ({ config }) => config.strategy],
  ["primary model", ({ config }) => config.primary.model],
  ["optimizer model", ({ config }) => config.optimizer.model],
  ["examples shown", ({ config }) => config.examples],
  ["which examples", ({ config }) => config.select],
  ["accept", ({ config }) => config.accept],
  ["epochs", ({ config }) => config.epochs],
  ["patience", ({ config }) => config.patience],
  ["temperature", ({ config }) => config.primary.temperature],
  ["answers per example", ({ config }) => config.samples],
  ["seed", ({ config }) => config.seed],
  ["calls", ({ usage }) => usage.calls],
  ["cost", ({ usage }) => usage.cost],
  ["best validation", ({ best }) => best.validation?.score ?? null],
];

/** Always shown, whether the runs differ in it or not. */
const RESULT = "best validation";

function axisOf(name: string, values: Map<number, Value>, text: (value: number) => string): ParallelAxis {
  const known = [...values.values()].filter((value) => value !== null);
  const places = new Map<number, number>();
  if (known.every((value) => typeof value === "number")) {
    const low = Math.min(...known);
    const high = Math.max(...known);
    for (const [run, value] of values) {
      if (typeof value === "number") places.set(run, high > low ? (value - low) / (high - low) : 0.5);
    }
    const labels =
      high > low
        ? [
            { at: 0, text: text(low) },
            { at: 1, text: text(high) },
          ]
        : known.length > 0
          ? [{ at: 0.5, text: text(low) }]
          : [];
    return { name, places, labels };
  }
  const words = [...new Set(known.map(String))].sort();
  const at = (word: string) => (words.length > 1 ? words.indexOf(word) / (words.length - 1) : 0.5);
  for (const [run, value] of values) if (value !== null) places.set(run, at(String(value)));
  return { name, places, labels: words.map((word) => ({ at: at(word), text: word })) };
}

/** The axes in which the runs differ, the result last. */
export function parallelAxes(
  runs: readonly RunSummary[],
  text: (name: string, value: number) => string,
): ParallelAxis[] {
  return SETTINGS.flatMap(([name, read]) => {
    const values = new Map(runs.map((run) => [run.id, read(run)]));
    const differs = new Set(values.values()).size > 1;
    return differs || name === RESULT ? [axisOf(name, values, (value) => text(name, value))] : [];
  });
}

/** The part of an axis that is let through, as shares from the bottom. */
export type Brush = { from: number; to: number };

/** Runs that lie inside every brush. */
export function letThrough(
  runs: readonly number[],
  axes: readonly ParallelAxis[],
  brushes: ReadonlyMap<string, Brush>,
): Set<number> {
  return new Set(
    runs.filter((run) =>
      axes.every((axis) => {
        const brush = brushes.get(axis.name);
        if (!brush) return true;
        const place = axis.places.get(run);
        return place !== undefined && place >= brush.from - 1e-9 && place <= brush.to + 1e-9;
      }),
    ),
  );
}
