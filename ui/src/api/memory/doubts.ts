import type { Doubt } from "../bindings/Doubt";
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
