import type { Score } from "../api/bindings/Score";
import { count } from "./count";

/** Half the width of the 95 % interval in points: "± 3.9". */
export function halfWidth(score: Score): string {
  return `± ${(((score.high - score.low) / 2) * 100).toFixed(1)}`;
}

/** The interval in words: "95 % interval 87.0 to 94.9, n = 200". */
export function intervalWords(score: Score): string {
  const ends = `${(score.low * 100).toFixed(1)} to ${(score.high * 100).toFixed(1)}`;
  const missing = score.missing > 0 ? `, ${count(score.missing)} missing` : "";
  return `95 % interval ${ends}, n = ${count(score.n)}${missing}`;
}

/** How likely chance alone is, as the engine writes it as well. */
export function pWords(p: number): string {
  // One word: a line never ends behind the sign.
  return p < 0.001 ? "p\u00a0<\u00a00.001" : `p\u00a0=\u00a0${p.toFixed(3)}`;
}
