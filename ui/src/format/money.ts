/** Dollars: 0.42 -> "$0.42", 0.0031 -> "$0.0031", 0 -> "$0.00". */
export function money(dollars: number): string {
  if (dollars > 0 && dollars < 0.01) return `$${dollars.toPrecision(2)}`;
  return `$${dollars.toFixed(2)}`;
}
