/** Dollars: 0.42 -> "$0.42", 0.0031 -> "$0.0031", 0 -> "$0.00". */
export function money(dollars: number): string {
  if (dollars > 0 && dollars < 0.01) return `$${dollars.toPrecision(2)}`;
  return `$${dollars.toFixed(2)}`;
}

/** What something has cost: nothing and unknown are two things, and neither is left out. */
export function costWords(cost: number | null): string {
  if (cost === null) return "cost unknown";
  return cost === 0 ? "costs nothing" : money(cost);
}
