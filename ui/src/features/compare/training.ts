import type { RunSummary } from "../../api/bindings/RunSummary";
import type { Score } from "../../api/bindings/Score";
import { runs } from "../../app/runs.svelte";
import { count } from "../../format/count";
import { trainOfBest } from "../../components/charts/curve";

/** The training score of a run's best prompts, as far as its epochs have been read. */
export function trainingOf(run: RunSummary): Score | null {
  return trainOfBest(run.best, runs.get(run.id)?.epochs ?? []);
}

/** Training score of the best minus its validation score: far above 0 it has learnt its examples by heart. */
export function gapOf(run: RunSummary): number | null {
  const [train, { validation }] = [trainingOf(run), run.best];
  return train && validation ? train.score - validation.score : null;
}

/** Where a search asked the best prompts a part of the training examples alone, how many: their score is not that of the split. */
export function gapBeside(run: RunSummary): string {
  const train = trainingOf(run);
  if (!train || gapOf(run) === null || train.n + train.missing >= run.splits.train) return "";
  return `on ${count(train.n)} of ${count(run.splits.train)} training examples`;
}

const WIDE_GAP = 0.1;

/** Whether the gap is wide, and wider than chance explains: a search asks its best prompts a handful of training examples only. */
export function gapIsWide(run: RunSummary): boolean {
  const [train, { validation }] = [trainingOf(run), run.best];
  if (!train || !validation || train.score - validation.score <= WIDE_GAP) return false;
  return train.low > validation.score && train.score > validation.high;
}

/** Reads the epochs of those runs whose training score only they can tell, one run after the other, until one can not be read. */
export async function readTraining(listed: readonly RunSummary[]): Promise<void> {
  for (const run of listed) {
    if (run.best.train !== null || run.best.validation === null) continue;
    await runs.load(run.id);
    if (runs.problem(run.id) !== null) return;
  }
}
