import type { BestPrompt } from "../../api/bindings/BestPrompt";
import type { Bound } from "../../api/bindings/Bound";
import type { EpochSummary } from "../../api/bindings/EpochSummary";
import type { Score } from "../../api/bindings/Score";
import { counted } from "../../format/count";
import { percent } from "../../format/percent";

/** What the chart knows of one epoch. */
export interface CurvePoint {
  epoch: number;
  decision: EpochSummary["decision"];
  /** Training score of the best prompts after this epoch, as far as it was measured. */
  train: Score | null;
  validation: Score | null;
  /** Where a validation was stopped early: what it could have reached at most. */
  bound: Bound | null;
  /** Validation score of the best prompt after this epoch. */
  best: number | null;
}

/** Points of epochs that were seen before. A live run comes with all of its epochs anew for each one more. */
const seen = new WeakMap<EpochSummary, CurvePoint>();

/** The epochs as points, with the best so far carried along. The same epoch stays the same point. */
export function curveOf(epochs: readonly EpochSummary[], bestPrompt: MeasuredBest): CurvePoint[] {
  const trains = trainsAfter(epochs, bestPrompt);
  let best: number | null = null;
  return epochs.map((summary, at) => {
    const { epoch, decision, validation, bound } = summary;
    const train = trains[at] ?? null;
    const kept = decision === "accepted" || decision === "baseline";
    if (kept && validation) best = validation.score;
    const before = seen.get(summary);
    if (before?.best === best && before.train === train) return before;
    const point = { epoch, decision, train, validation, bound, best };
    seen.set(summary, point);
    return point;
  });
}

/** The best prompts of a run, with what they scored on training examples themselves. */
export type MeasuredBest = Pick<BestPrompt, "epoch" | "train">;

/**
 * Training score of the best prompts after each epoch, the same one for as long as they stay the best. From the epoch on that brought the
 * run's best it is the score that every figure of the run shows.
 */
export function trainsAfter(epochs: readonly EpochSummary[], best: MeasuredBest): (Score | null)[] {
  const ofBest = trainOfBest(best, epochs);
  const trains: (Score | null)[] = [];
  epochs.forEach((summary, at) => {
    if (summary.epoch >= best.epoch) trains.push(ofBest);
    else trains.push(at === 0 || broughtBest(summary) ? trainFrom(epochs, at) : (trains[at - 1] ?? null));
  });
  return trains;
}

function broughtBest({ decision }: EpochSummary): boolean {
  return decision === "accepted" || decision === "baseline";
}

/**
 * Training score of the prompts that an epoch made the best. The first prompts were measured by the baseline; else it is the first that an
 * epoch after them had, up to the one that brought better ones.
 */
function trainFrom(epochs: readonly EpochSummary[], at: number): Score | null {
  const here = epochs[at];
  if (here?.decision === "baseline") return here.train;
  for (const summary of epochs.slice(at + 1)) {
    if (summary.train || broughtBest(summary)) return summary.train;
  }
  return null;
}

/**
 * What the best prompts score on training examples: their own answers, or those that an epoch after them knew. Without a pool a run knows
 * only the second.
 */
export function trainOfBest(best: MeasuredBest, epochs: readonly EpochSummary[]): Score | null {
  const at = epochs.findIndex(({ epoch }) => epoch === best.epoch);
  return best.train ?? (at < 0 ? null : trainFrom(epochs, at));
}

/** Where a search asked prompts a part of the training examples: how many its score counts, else nothing. */
export function partOfTrain(train: Score | null, epochs: readonly EpochSummary[]): number | null {
  const first = epochs[0]?.train;
  return train && first && train.n + train.missing < first.n + first.missing ? train.n : null;
}

/** How much an epoch tells where there is room for one of several. */
export function telling({ decision, bound }: { decision: EpochSummary["decision"]; bound: Bound | null }): number {
  if (decision === "accepted" || decision === "baseline") return 3;
  return decision === "invalid" || bound ? 2 : 1;
}

/** Every value the chart draws, for its axis. */
export function drawnValues(points: readonly CurvePoint[]): number[] {
  const values: number[] = [];
  for (const { train, validation, bound } of points) {
    if (train) values.push(train.score);
    if (validation) values.push(validation.low, validation.high);
    if (bound) values.push(bound.score);
  }
  return values;
}

/** The curve in a sentence, for those who do not see it. */
export function curveSummary(points: readonly CurvePoint[]): string {
  const scored = points.filter((point) => point.validation);
  const first = scored[0];
  if (!first?.validation) return "No epoch has been scored yet.";
  const kept = points.filter((point) => point.decision === "accepted");
  const last = kept.at(-1);
  const tried = points.filter((point) => point.epoch > 0).length;
  const rejected = points.filter((point) => point.decision === "rejected").length;
  const invalid = points.filter((point) => point.decision === "invalid").length;
  const start = `Baseline validation score ${percent(first.validation.score)}.`;
  if (tried === 0) return `${start} No proposal has been decided yet.`;
  const counts = `${counted(tried, "epoch")}: ${kept.length} accepted, ${rejected} rejected, ${invalid} invalid.`;
  if (!last?.validation) return `${start} ${counts} Nothing beat the baseline so far.`;
  return `${start} The best is ${percent(last.validation.score)} in epoch ${last.epoch}. ${counts}`;
}
