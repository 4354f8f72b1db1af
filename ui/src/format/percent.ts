/** A share in [0, 1] with one decimal: 0.915 -> "91.5%". */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

/** Far more than binary fractions lose, far less than any difference of scores. */
const NOISE = 1e-9;

/** A difference of shares in points without its direction, as a number with one decimal: 0.015 -> 1.5. */
export function amountOf(difference: number): number {
  // Halves away from zero: the same from either side, and in the engine's sentences. A difference of two scores that is a half is held
  // a little below or above it.
  return Math.round(Math.abs(difference) * 1000 + NOISE) / 10;
}

/** A difference of shares in points, signed with a real minus: -0.015 -> "−1.5". */
export function points(difference: number): string {
  const value = amountOf(difference);
  if (value === 0) return "0.0";
  return `${difference > 0 ? "+" : "−"}${value.toFixed(1)}`;
}
