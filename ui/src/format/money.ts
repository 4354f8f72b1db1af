/** Dollars: 0.42 -> "$0.42", 0.0031 -> "$0.0031", 0 -> "$0.00". Among others so far apart, with the places that tell them apart. */
export function money(dollars: number, apart = 0.01): string {
  if (dollars > 0 && apart < 0.01) return `$${dollars.toFixed(-Math.floor(Math.log10(apart)))}`;
  if (dollars > 0 && dollars < 0.01) return `$${dollars.toPrecision(2)}`;
  return `$${dollars.toFixed(2)}`;
}

/** What something has cost: nothing and unknown are two things, and neither is left out. */
export function costWords(cost: number | null): string {
  if (cost === null) return "cost unknown";
  return cost === 0 ? "costs nothing" : money(cost);
}
