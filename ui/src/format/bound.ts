import type { Bound } from "../api/bindings/Bound";
import { count } from "./count";
import { percent } from "./percent";

// A bound is rounded as every other figure: rounded up, one that lies below the best could stand above it.

/** A validation that was stopped early, short: "≤ 30.0%". */
export function atMost(bound: Bound): string {
  return `≤ ${percent(bound.score)}`;
}

/** The same where room is short: whole percents. */
export function atMostWhole(bound: Bound): string {
  return `≤${Math.round(bound.score * 100)}`;
}

/** The same in words. */
export function boundWords(bound: Bound): string {
  return `validation at most ${percent(bound.score)}, stopped early after ${count(bound.n)} of ${count(bound.of)}`;
}
