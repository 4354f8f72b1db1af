import type { RunSummary } from "../../api/bindings/RunSummary";
import { count, counted } from "../../format/count";
import { interval } from "../../format/interval";
import { money } from "../../format/money";
import { percent } from "../../format/percent";
import { differs, RUN_SETTINGS, type RunSetting } from "./settings";

/** One axis of the parallel coordinates: numbers on a scale, or words as steps. */
export interface ParallelAxis {
  name: string;
  /** Share of the axis in [0, 1] from the bottom, by run. A run that has no value there stands off the axis and is not in it. */
  places: Map<number, number>;
  /** What each run has, as it is written. */
  texts: Map<number, string>;
  /** The same without what lies around it. */
  short: Map<number, string>;
  /** The same for a file: plain numbers. */
  plain: Map<number, number | string>;
  /** What stands at the ends, or at every word. */
  labels: { at: number; text: string }[];
  /** What is written at the mark off the axis; null where every run has a value. */
  off: string | null;
}

function result(
  name: string,
  value: (run: RunSummary) => number | null,
  write: (value: number) => string,
  none: string,
) {
  const text = (run: RunSummary) => {
    const known = value(run);
    return known === null ? none : write(known);
  };
  return { name, value, text };
}

/** Always shown, whether the runs differ in it or not. */
const RESULT = result("best validation", ({ best }) => best.validation?.score ?? null, percent, "no score");

const AXES: readonly RunSetting[] = [
  ...RUN_SETTINGS,
  result("calls", ({ usage }) => usage.calls, count, "unknown"),
  result("cost", ({ usage }) => usage.cost, money, "unknown"),
  RESULT,
];

/** Beginnings longer than this that all words share are left out. */
const SHARED = 12;

/** Words of which only the part is kept that tells them apart. */
function apart(words: readonly string[]): string[] {
  const [first = ""] = words;
  let shared = 0;
  while (words.length > 1 && shared < first.length && words.every((word) => word[shared] === first[shared]))
    shared += 1;
  const from = shared > SHARED ? first.lastIndexOf(" ", shared - 1) + 1 || shared : 0;
  return words.map((word) => (from > 0 ? `…${word.slice(from)}` : word));
}

/** As many words as have room beside an axis. */
const MOST_WORDS = 9;

/** Of more words than have room some are written, evenly apart, and both ends. */
function hasRoom(index: number, all: number): boolean {
  const last = all - 1;
  const step = Math.ceil(last / (MOST_WORDS - 1));
  return index === last || (index % step === 0 && last - index >= step);
}

/** A score says nothing without its interval. */
function measured(run: RunSummary): string {
  const { validation } = run.best;
  return validation ? `${RESULT.text(run)} ${interval(validation)}, n ${count(validation.n)}` : RESULT.text(run);
}

function axisOf({ name, value, text }: RunSetting, runs: readonly RunSummary[]): ParallelAxis {
  const texts = new Map(runs.map((run) => [run.id, name === RESULT.name ? measured(run) : text(run)]));
  const plain = new Map(runs.map((run) => [run.id, value(run) ?? text(run)]));
  const known = runs.flatMap((run) => {
    const has = value(run);
    return has === null ? [] : [{ run: run.id, has, text: text(run) }];
  });
  const without = runs.find((run) => value(run) === null);
  const short = new Map(known.map((one) => [one.run, one.text]));
  const common = { name, texts, short, plain, off: without ? text(without) : null };
  const numbers = known.flatMap(({ has }) => (typeof has === "number" ? [has] : []));
  if (numbers.length === known.length) {
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const at = (number: number) => (high > low ? (number - low) / (high - low) : 0.5);
    const ends = [...new Set([low, high])].flatMap((end) => known.find(({ has }) => has === end) ?? []);
    return {
      ...common,
      places: new Map(known.map(({ run, has }) => [run, at(Number(has))])),
      labels: ends.map((end) => ({ at: at(Number(end.has)), text: end.text })),
    };
  }
  const words = [...new Set(known.map((one) => one.text))].sort();
  const at = (word: string) => (words.length > 1 ? words.indexOf(word) / (words.length - 1) : 0.5);
  const shown = apart(words);
  return {
    ...common,
    places: new Map(known.map((one) => [one.run, at(one.text)])),
    labels: words.flatMap((word, index) =>
      hasRoom(index, words.length) ? [{ at: at(word), text: shown[index] ?? word }] : [],
    ),
  };
}

/** The axes in which the runs differ, the result last. */
export function parallelAxes(runs: readonly RunSummary[]): ParallelAxis[] {
  return AXES.filter((axis) => axis === RESULT || differs(runs, axis)).map((axis) => axisOf(axis, runs));
}

/** The part of an axis that is let through, as shares from the bottom. */
export type Brush = { from: number; to: number };

function isInside(axis: ParallelAxis, brush: Brush, run: number): boolean {
  const place = axis.places.get(run);
  return place !== undefined && place >= brush.from - 1e-9 && place <= brush.to + 1e-9;
}

/** What one brush lets through, in the words of its axis. */
export function throughWords(axis: ParallelAxis, brush: Brush | undefined): string {
  if (!brush) return "all let through";
  const inside = [...axis.places.keys()].filter((run) => isInside(axis, brush, run));
  const [low, high] = [...inside]
    .sort((one, other) => axis.places.get(one)! - axis.places.get(other)!)
    .flatMap((run, at, all) => (at === 0 || at === all.length - 1 ? [axis.short.get(run) ?? ""] : []));
  if (low === undefined) return "no run let through";
  const runs = `${counted(inside.length, "run")} let through`;
  return high === undefined || high === low ? `${runs}: ${low}` : `${runs}: ${low} to ${high}`;
}

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
        return !brush || isInside(axis, brush, run);
      }),
    ),
  );
}
