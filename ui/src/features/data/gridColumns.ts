import type { DatasetInfo } from "../../api/bindings/DatasetInfo";
import type { Example } from "../../api/bindings/Example";
import type { ExampleSort } from "../../api/bindings/ExampleSort";
import { fill, type GrowingColumn } from "../../components/grid/columns";
import { count } from "../../format/count";

/** A column of the dataset in the grid; `at` is its place among the columns. */
export type DataColumn = GrowingColumn & { column?: string; at?: number; role?: "input" | "truth" };

const TRUTH_REM = 12;
const OTHER_REM = 7;
const INPUT_REM = [11, 60] as const;
/** Other columns that are given room before the input is as wide as it likes. */
const SEEN_OTHERS = 3;
/** On a display with room for all of them the input gets so much of what is left, for one part of each other column. */
const INPUT_SHARE = 4;
/** So that the sum never asks for a scroll bar. */
const SPARE_REM = 0.1;

/** The grid's columns: number and split, input and ground truth, then the others as the file has them. */
export function gridColumns(
  dataset: DatasetInfo,
  room: number,
  widthOf: (column: string) => number | undefined,
  sort: ExampleSort | null,
): DataColumn[] {
  const number = 1.2 + count(dataset.rows).length * 0.5;
  const fixed: DataColumn[] = [
    { id: "choose", name: "Chosen", width: 2.2, frozen: true, fixed: true },
    { id: "number", name: "Number", width: Math.max(2.4, number), frozen: true, fixed: true },
    { id: "split", name: "Split", width: 6, frozen: true, fixed: true },
  ];
  const others = dataset.columns
    .map((column, at) => ({ column, at }))
    .filter(({ column }) => column !== dataset.roles.input && column !== dataset.roles.truth);
  const taken =
    fixed.reduce((sum, one) => sum + one.width, 0) +
    (widthOf(dataset.roles.truth ?? "") ?? TRUTH_REM) +
    others.slice(0, SEEN_OTHERS).reduce((sum, { column }) => sum + (widthOf(column) ?? OTHER_REM), 0);
  const left = Math.floor(Math.max(INPUT_REM[0], Math.min(INPUT_REM[1], room - taken - SPARE_REM)) * 100) / 100;
  const data = (column: string, at: number, width: number, role?: "input" | "truth"): DataColumn => {
    const chosen = widthOf(column);
    const made: DataColumn = { id: `column ${column}`, name: column, column, at, width: chosen ?? width };
    // Nothing changes a width that the user gave.
    if (chosen === undefined) made.grow = role === "input" ? INPUT_SHARE : 1;
    if (role) made.role = role;
    if (sort?.column === column) made.sort = sort.descending ? "descending" : "ascending";
    return made;
  };
  const { input, truth } = dataset.roles;
  const columns = [
    ...fixed,
    ...(input === null ? [] : [data(input, dataset.columns.indexOf(input), left, "input")]),
    ...(truth === null ? [] : [data(truth, dataset.columns.indexOf(truth), TRUTH_REM, "truth")]),
    ...others.map(({ column, at }) => data(column, at, OTHER_REM)),
  ];
  return fill(columns, room - SPARE_REM);
}

/** The text of a cell. */
export function cellText(example: Example, column: DataColumn): string {
  if (column.role === "input") return example.user_input;
  if (column.role === "truth") return example.ground_truth_output;
  return example.variables[column.at ?? -1] ?? "";
}
