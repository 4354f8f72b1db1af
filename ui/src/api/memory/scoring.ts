import type { BucketCounts } from "../bindings/BucketCounts";
import type { Bucket } from "../bindings/Bucket";
import type { Confusion } from "../bindings/Confusion";
import type { Example } from "../bindings/Example";
import type { Prediction } from "../bindings/Prediction";
import type { Score } from "../bindings/Score";
import { draw } from "./random";

const MISSING_SHARE = 0.004;

/** How good a prompt is: the share of examples it gets right, and what makes it differ from others as good. */
export type Skill = { share: number; salt: number };

/** The answer of a prompt of that skill to an example; better prompts mostly keep what worse ones got right. */
export function predict(example: Example, skill: Skill, labels: string[]): Prediction {
  const missing = draw(example.id, skill.salt, 7) < MISSING_SHARE;
  const difficulty = draw(example.id, 1) * 0.86 + draw(example.id, skill.salt, 2) * 0.14;
  const match = difficulty < skill.share;
  const truth = example.ground_truth_output;
  const others = labels.filter((label) => label !== truth);
  const wrong = others[Math.floor(draw(example.id, skill.salt, 3) * others.length)] ?? "I am not sure.";
  const answer = match ? truth : wrong;
  return {
    example: example.id,
    sample: 0,
    response: missing ? "" : answer,
    answer: missing ? "" : answer,
    score: missing ? null : match ? 1 : 0,
    scores: missing ? [] : [match ? 1 : 0],
    outcome: missing ? "missing" : match ? "match" : "no_match",
    missing: missing ? "timeout" : null,
    cut: false,
    feedback: missing ? "The server did not answer within 120 s." : null,
    samples: [],
  };
}

/** The mean with its Wilson interval. */
export function score(predictions: Prediction[]): Score | null {
  const scored = predictions.filter((one) => one.score !== null);
  const n = scored.length;
  if (n === 0) return null;
  const mean = scored.reduce((sum, one) => sum + (one.score ?? 0), 0) / n;
  const z = 1.96;
  const middle = (mean + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((mean * (1 - mean)) / n + (z * z) / (4 * n * n));
  return {
    score: mean,
    n,
    missing: predictions.length - n,
    low: Math.max(0, middle - half),
    high: Math.min(1, middle + half),
  };
}

/** What happened to one example between two prompts. */
export function bucketOf(before: Prediction, after: Prediction): Bucket {
  if (before.outcome === "missing" || after.outcome === "missing") return "not_compared";
  if (before.outcome === "match") return after.outcome === "match" ? "still_right" : "broken";
  return after.outcome === "match" ? "fixed" : "still_wrong";
}

/** Sizes of the buckets. */
export function countBuckets(buckets: Bucket[]): BucketCounts {
  const counts: BucketCounts = { fixed: 0, broken: 0, still_wrong: 0, still_right: 0, not_compared: 0 };
  for (const bucket of buckets) counts[bucket] += 1;
  return counts;
}

/** Two-sided exact sign test on the examples that changed. */
export function signTest(fixed: number, broken: number): number {
  const n = fixed + broken;
  if (n === 0) return 1;
  let term = 0.5 ** n;
  let tail = 0;
  for (let k = 0; k <= Math.min(fixed, broken); k += 1) {
    tail += term;
    term = (term * (n - k)) / (k + 1);
  }
  return Math.min(1, 2 * tail);
}

/** True against answered labels. */
export function confusion(examples: readonly Example[], predictions: Prediction[], labels: string[]): Confusion | null {
  if (labels.length === 0) return null;
  const counts = labels.map(() => new Array<number>(labels.length + 1).fill(0));
  examples.forEach((example, index) => {
    const prediction = predictions[index];
    const row = counts[labels.indexOf(example.ground_truth_output)];
    if (!prediction || prediction.outcome === "missing" || !row) return;
    const answered = labels.indexOf(prediction.answer);
    const column = answered < 0 ? labels.length : answered;
    row[column] = (row[column] ?? 0) + 1;
  });
  const f1 = labels.map((_, at) => {
    const right = counts[at]?.[at] ?? 0;
    const truths = (counts[at] ?? []).reduce((sum, n) => sum + n, 0);
    const answers = counts.reduce((sum, row) => sum + (row[at] ?? 0), 0);
    return truths + answers === 0 ? 0 : (2 * right) / (truths + answers);
  });
  return { labels, counts, macro_f1: f1.reduce((sum, value) => sum + value, 0) / labels.length };
}
