import type { ModelPrice } from "../api/bindings/ModelPrice";

/** A price that was not written. It is never taken for nothing. */
export const UNWRITTEN = Number.NaN;
/** A price that was written and is no number. */
export const UNREADABLE = Number.POSITIVE_INFINITY;

/** A row in which nothing stands yet. */
export const BLANK: ModelPrice = { model: "", input: UNWRITTEN, output: UNWRITTEN, cached_input: null };

export type PriceField = keyof ModelPrice;

function isBlank({ model, input, output, cached_input }: ModelPrice): boolean {
  return model === "" && Number.isNaN(input) && Number.isNaN(output) && cached_input === null;
}

/** What is wrong with a price, said at each of its fields. An empty row is not wrong, it is left out. */
export function priceProblems(prices: readonly ModelPrice[], at: number): Partial<Record<PriceField, string>> {
  const price = prices[at];
  if (!price || isBlank(price)) return {};
  const problems: Partial<Record<PriceField, string>> = {};
  if (price.model === "") problems.model = "Name the model.";
  else if (prices.findIndex(({ model }) => model === price.model) < at) problems.model = "It has a price above.";
  for (const field of ["input", "output", "cached_input"] as const) {
    const figure = price[field];
    if (figure === null) continue;
    if (Number.isNaN(figure)) problems[field] = "A number is needed.";
    else if (!Number.isFinite(figure)) problems[field] = "This is not a number.";
    else if (figure < 0) problems[field] = "At least 0.";
  }
  return problems;
}

/** The prices as they can be kept, without empty rows; null while something is wrong with one. */
export function usablePrices(prices: readonly ModelPrice[]): ModelPrice[] | null {
  const written = prices.filter((price) => !isBlank(price));
  return written.every((_, at) => Object.keys(priceProblems(written, at)).length === 0) ? written : null;
}
