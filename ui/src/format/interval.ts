import type { Score } from "../api/bindings/Score";
import { count } from "./count";

/** The ends of the 95 % interval: "87.0 to 94.9". */
export function ends({ low, high }: Score): string {
  return `${(low * 100).toFixed(1)} to ${(high * 100).toFixed(1)}`;
}

/** The 95 % interval as it stands beside a score: "(87.0 to 94.9)". Its ends, as they seldom are equally far from the score. */
export function interval(score: Score): string {
  return `(${ends(score)})`;
}

/** The interval in words: "95 % interval 87.0 to 94.9, n = 200". */
export function intervalWords(score: Score): string {
  const missing = score.missing > 0 ? `, ${count(score.missing)} missing` : "";
  return `95 % interval ${ends(score)}, n = ${count(score.n)}${missing}`;
}

/** Below this p a difference is called real, here and by the engine; a colour that praises or blames stands only beside such a one. */
export function isReal(p: number | null): boolean {
  return p !== null && p < 0.05;
}

/** How likely chance alone is, as the engine writes it as well. */
export function pWords(p: number): string {
  // One word: a line never ends behind the sign.
  return p < 0.001 ? "p\u00a0<\u00a00.001" : `p\u00a0=\u00a0${p.toFixed(3)}`;
}
