import { call } from "../../api/client";
import { EVERY_EXAMPLE } from "../../api/filter";
import type { Example } from "../../api/bindings/Example";
import type { SplitSizes } from "../../api/bindings/SplitSizes";

const PAGE = 100;

/** Test examples stay sealed until the end of a run, so they are never offered for trying. */
function mayBeTried(example: Example): boolean {
  return example.split === "train" || example.split === "validation";
}

/** One example at random out of train and validation; null when both are empty. `draw` gives a number in [0, 1). */
export async function randomExample(project: number, sizes: SplitSizes, draw: () => number): Promise<Example | null> {
  const total = sizes.train + sizes.validation;
  if (total === 0) return null;
  const at = Math.min(total - 1, Math.floor(draw() * total));
  const split = at < sizes.train ? "train" : "validation";
  const offset = at < sizes.train ? at : at - sizes.train;
  const page = await call("list_examples", {
    project,
    filter: { ...EVERY_EXAMPLE, split, excluded: false },
    sort: null,
    offset,
    limit: 1,
  });
  return page.rows[0] ?? null;
}

/** The first example that may be tried, in order of the dataset. */
export function firstExample(project: number, rows: number): Promise<Example | null> {
  return neighbour(project, rows, 0, 1);
}

export type NumberedExample =
  { kind: "found"; example: Example } | { kind: "sealed" } | { kind: "in_no_split" } | { kind: "none" };

/** The example with this number, unless it is sealed. */
export async function exampleNumbered(project: number, rows: number, number: number): Promise<NumberedExample> {
  if (!Number.isInteger(number) || number < 1 || rows === 0) return { kind: "none" };
  const page = await call("list_examples", {
    project,
    filter: { ...EVERY_EXAMPLE, number },
    sort: null,
    offset: 0,
    limit: 1,
  });
  const example = page.rows[0];
  if (!example) return { kind: "none" };
  if (example.split === "test") return { kind: "sealed" };
  return mayBeTried(example) ? { kind: "found", example } : { kind: "in_no_split" };
}

/** Where the example with this number stands among `rows`, or would stand: numbers have gaps once examples were deleted. */
async function placeOf(project: number, rows: number, number: number): Promise<number> {
  const numberAt = async (offset: number) => {
    const page = await call("list_examples", { project, filter: EVERY_EXAMPLE, sort: null, offset, limit: 1 });
    return page.rows[0]?.number ?? Infinity;
  };
  let [low, high] = [0, Math.min(number, rows)];
  // Without gaps the first look finds it.
  if (number >= 1 && number <= rows && (await numberAt(number - 1)) === number) return number - 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await numberAt(middle)) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The next example that may be tried after `number` (before it for -1), going round at the end; null when there is none. */
export async function neighbour(project: number, rows: number, number: number, by: 1 | -1): Promise<Example | null> {
  let passed = 0;
  // Where the next page begins, from 0, seen in the direction of travel.
  const here = number === 0 ? -1 : await placeOf(project, rows, number);
  let at = here + by;
  while (passed < rows) {
    if (at >= rows) at = 0;
    if (at < 0) at = rows - 1;
    const offset = by === 1 ? at : Math.max(0, at - PAGE + 1);
    const limit = by === 1 ? PAGE : at - offset + 1;
    const page = await call("list_examples", { project, filter: EVERY_EXAMPLE, sort: null, offset, limit });
    if (page.rows.length === 0) return null;
    const found = by === 1 ? page.rows.find(mayBeTried) : page.rows.findLast(mayBeTried);
    if (found) return found;
    passed += page.rows.length;
    at = by === 1 ? offset + page.rows.length : offset - 1;
  }
  return null;
}
