import type { Doubt } from "../bindings/Doubt";
import type { Rescored } from "../bindings/Rescored";
import type { Score } from "../bindings/Score";
import type { Dataset } from "./dataset";
import type { SimulatedRun } from "./simulation";

/** Examples that most prompts of a run and its best one answer in the same way, and not as the ground truth says. */
export function doubtsOf(run: SimulatedRun, dataset: Dataset, kept: Set<number>): Doubt[] {
  const best = run.candidate(null);
  if (!best) return [];
  const now = new Map(dataset.examples.map((example) => [example.id, example]));
  const sides = run.epochs.flatMap(({ epoch }) => {
    const candidate = run.candidate(epoch);
    return candidate ? [run.predictions(candidate, "validation")] : [];
  });
  return run.predictions(best, "validation").flatMap((prediction, index) => {
    const example = now.get(prediction.example);
    if (!example || example.excluded || kept.has(example.id) || prediction.outcome !== "no_match") return [];
    const answers = sides.flatMap((side) => side[index] ?? []).filter(({ outcome }) => outcome !== "missing");
    const agreeing = answers.filter(({ answer }) => answer === prediction.answer).length;
    if (answers.length < 2 || agreeing * 2 <= answers.length) return [];
    return [{ example, answer: prediction.answer, agreeing, prompts: answers.length }];
  });
}

/** A run's figures under the ground truths of now: each corrected example counts as right. */
export function rescore(run: SimulatedRun, dataset: Dataset): Rescored {
  const now = new Map(dataset.examples.map((example) => [example.number, example]));
  let corrected = 0;
  let gone = 0;
  for (const before of run.dataset.examples) {
    const after = now.get(before.number);
    if (!after || after.excluded) gone += 1;
    else if (after.ground_truth_output !== before.ground_truth_output) corrected += 1;
  }
  const better = (score: Score | null) =>
    score && { ...score, n: score.n - gone, score: Math.min(1, score.score + corrected / Math.max(1, score.n)) };
  const { baseline, best } = run.summary();
  const anew = (scores: typeof baseline) => ({
    train: better(scores.train),
    validation: better(scores.validation),
    test: better(scores.test),
  });
  return {
    run: run.id,
    version: dataset.info.version,
    baseline: anew(baseline),
    best: anew(best),
    corrected,
    gone,
    note: null,
  };
}
