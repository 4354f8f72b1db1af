import type { EpochDetail } from "../bindings/EpochDetail";
import type { Prediction } from "../bindings/Prediction";
import type { Score } from "../bindings/Score";
import { confusion, countBuckets, predict, score } from "./scoring";
import { candidatesOf, editsOf } from "./searchTree";
import { RULES, type Candidate, type SimulatedRun } from "./simulation";

/** Everything behind one epoch of a simulated run. */
export function epochDetail(run: SimulatedRun, epoch: number): EpochDetail | undefined {
  const summary = run.epochs.find((known) => known.epoch === epoch);
  const proposed = run.candidate(epoch);
  if (!summary || !proposed) return undefined;
  const before = run.bestBefore(epoch);
  const validation = run.examples("validation");
  const shown = run
    .examples("train")
    .map((example) => ({ example, prediction: predict(example, before.skill, run.labels) }))
    .filter(({ prediction }) => prediction.outcome === "no_match")
    .slice(0, run.config.examples);
  const rule = RULES[(epoch - 1 + RULES.length) % RULES.length] ?? "";
  const isBaseline = epoch === 0;
  const whole = summary.validation !== null;
  return {
    summary,
    before: before.prompt,
    proposed: isBaseline || summary.decision === "invalid" ? null : proposed.prompt,
    system_reasoning: isBaseline ? "" : `Most of the failures shown break one rule, so it is written down: ${rule}`,
    output_reasoning: isBaseline ? "" : "The answers carried extra words; the format is now named.",
    explanation: isBaseline ? "" : "Adds one rule from the failures and keeps everything that worked.",
    shown: isBaseline
      ? []
      : shown.map(({ example, prediction }) => ({
          number: example.number,
          example: example.id,
          user_input: example.user_input,
          ground_truth_output: example.ground_truth_output,
          model_response: prediction.response,
          score: prediction.score ?? 0,
          outcome: prediction.outcome,
          judge_feedback: null,
        })),
    exchange: isBaseline
      ? []
      : [
          {
            messages: [
              { role: "system", content: run.config.optimizer_system_prompt },
              { role: "user", content: `Improve these prompts.\n\n${before.prompt.system_prompt}` },
            ],
            reply: JSON.stringify({ system_prompt: proposed.prompt.system_prompt }, null, 2),
            error: summary.decision === "invalid" ? summary.reason : null,
          },
        ],
    confusion_before:
      isBaseline || !whole ? null : confusion(validation, run.predictions(before, "validation"), run.labels),
    confusion_after: whole ? confusion(validation, run.predictions(proposed, "validation"), run.labels) : null,
    buckets: countBuckets(run.answered(epoch, run.compared(before, proposed, "validation")).map((row) => row.bucket)),
    metrics: run.config.metrics.map((metric, at) => ({
      metric,
      before: isBaseline ? null : metricScore(run, before, at),
      after: !whole ? null : metricScore(run, proposed, at),
    })),
    candidates: candidatesOf(run, summary),
    edits: editsOf(run, summary),
  };
}

/** One metric alone on validation; every metric of the simulation says match or no match. */
function metricScore(run: SimulatedRun, candidate: Candidate, at: number): Score | null {
  const alone = (known: Prediction) => (known.score === null ? null : (known.scores[at] ?? known.score));
  return score(run.predictions(candidate, "validation").map((known) => ({ ...known, score: alone(known) })));
}
