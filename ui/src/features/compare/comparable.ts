import type { RunSummary } from "../../api/bindings/RunSummary";
import { count } from "../../format/count";
import { metricOf } from "./settings";

/** Dollars are an axis where those of some run are known, and not nothing; a run whose dollars are not known is told beside the chart. */
export function isPartlyPriced(runs: readonly RunSummary[]): boolean {
  return runs.some(({ usage }) => (usage.cost ?? 0) > 0);
}

type Measure = [what: string, of: (run: RunSummary) => string];

/** How answers become scores. */
const SCORING: readonly Measure[] = [
  ["metric", metricOf],
  ["match from", ({ config }) => String(config.match_threshold)],
];

const DATASET: Measure = ["dataset", ({ dataset }) => dataset];

/** On which examples. */
const DATA: readonly Measure[] = [
  DATASET,
  ["division", ({ config }) => (config.repeat ? `seed ${config.repeat.split_seed}` : "the dataset's")],
  ["validation examples", ({ splits }) => count(splits.validation)],
];

type Difference = readonly [what: string, one: string, other: string];

function unlike(measures: readonly Measure[], one: RunSummary, other: RunSummary): Difference[] {
  return measures.flatMap(([what, of]): Difference[] => (of(one) === of(other) ? [] : [[what, of(one), of(other)]]));
}

/** In what the examples of two runs differ. What they say decides, where that is known; else what they are called. */
function unlikeData(one: RunSummary, other: RunSummary): Difference[] {
  const named = unlike(DATA, one, other);
  if (one.measured_on === null || other.measured_on === null) return named;
  if (one.measured_on === other.measured_on) return [];
  const others = `${count(other.splits.validation)} others`;
  return named.length > 0 ? named : [["validation examples", count(one.splits.validation), others]];
}

/** In what two runs are measured differently, as "metric: exact match, here label accuracy"; empty where they are comparable. */
export function measuredDifferently(run: RunSummary, against: RunSummary): string[] {
  const all = [...unlike(SCORING, against, run), ...unlikeData(against, run)];
  return all.map(([what, there, here]) => `${what}: ${there}, here ${here}`);
}

/**
 * In what the scores of these runs are figures of different kinds, so that no mean is taken over them. Over other divisions of one dataset it
 * is: that is what repeats are.
 */
export function differentFigures(runs: readonly RunSummary[]): string[] {
  const [first, ...others] = runs;
  if (!first) return [];
  return [...SCORING, DATASET].flatMap(([what, of]) => (others.every((run) => of(run) === of(first)) ? [] : [what]));
}

/** What the verdict on two runs does not say; null where they are comparable. It is made on the examples that both were asked. */
export function cautionOf(first: RunSummary, second: RunSummary): string | null {
  const words = (all: Difference[]) => all.map(([what, one, other]) => `${what} ${one} against ${other}`);
  const scoring = words(unlike(SCORING, first, second));
  const data = words(unlikeData(first, second));
  const sentences = [
    ...(scoring.length > 0
      ? [`Measured differently: ${scoring.join("; ")}. The difference need not come from the prompts.`]
      : []),
    ...(data.length > 0
      ? [`Not on the same data: ${data.join("; ")}. Only examples that both were asked are compared.`]
      : []),
  ];
  return sentences.length > 0 ? sentences.join(" ") : null;
}
