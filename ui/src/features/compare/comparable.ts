import type { RunSummary } from "../../api/bindings/RunSummary";
import { count } from "../../format/count";
import { metricOf } from "./settings";

/** What makes the score of a run mean what it means; runs that share it can be held against each other. */
const MEASURES: readonly [what: string, of: (run: RunSummary) => string][] = [
  ["metric", metricOf],
  ["match from", ({ config }) => String(config.match_threshold)],
  ["dataset", ({ dataset }) => dataset],
  ["division", ({ config }) => (config.repeat ? `seed ${config.repeat.split_seed}` : "the dataset's")],
  ["validation examples", ({ splits }) => count(splits.validation)],
];

/** In what two runs are measured differently, as "metric: exact match, here label accuracy"; empty where they are comparable. */
export function measuredDifferently(run: RunSummary, against: RunSummary): string[] {
  return MEASURES.flatMap(([what, of]) => {
    const [here, there] = [of(run), of(against)];
    return here === there ? [] : [`${what}: ${there}, here ${here}`];
  });
}

/** What a difference between two runs does not say, as sentences; null where they are comparable. */
export function cautionOf(first: RunSummary, second: RunSummary): string | null {
  const unlike = MEASURES.flatMap(([what, of]) => {
    const [one, other] = [of(first), of(second)];
    return one === other ? [] : [`${what} ${one} against ${other}`];
  });
  if (unlike.length === 0) return null;
  return `Measured differently: ${unlike.join("; ")}. The difference need not come from the prompts.`;
}
