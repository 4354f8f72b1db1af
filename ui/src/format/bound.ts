import type { Bound } from "../api/bindings/Bound";
import { count } from "./count";
import { percent } from "./percent";

/** A validation that was stopped early, short: "≤ 30.0%". */
export function atMost(bound: Bound): string {
  return `≤ ${percent(bound.score)}`;
}

/** The same in words. */
export function boundWords(bound: Bound): string {
  return `validation at most ${percent(bound.score)}, stopped early after ${count(bound.n)} of ${count(bound.of)}`;
}
