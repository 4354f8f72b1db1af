import type { Bound } from "../api/bindings/Bound";
import { count } from "./count";
import { percent } from "./percent";

/** In steps of so much, and never less than it is: what is said to be at most so much is so. */
function up(score: number, step: number): number {
  // What a step leaves as a float is no reason for the next one.
  return Math.ceil(Number((score / step).toFixed(6))) * step;
}

/** A validation that was stopped early, short: "≤ 30.0%". */
export function atMost(bound: Bound): string {
  return `≤ ${percent(up(bound.score, 0.001))}`;
}

/** The same where room is short: whole percents. */
export function atMostWhole(bound: Bound): string {
  return `≤${Math.round(up(bound.score, 0.01) * 100)}`;
}

/** The same in words. */
export function boundWords(bound: Bound): string {
  return `validation at most ${percent(up(bound.score, 0.001))}, stopped early after ${count(bound.n)} of ${count(bound.of)}`;
}
