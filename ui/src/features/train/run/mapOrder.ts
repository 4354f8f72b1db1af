import type { MapRow } from "../../../api/bindings/MapRow";

export type MapOrder = "flips" | "wrong" | "row";

function wrong(row: MapRow): number {
  return [...row.cells].filter((cell) => cell === "0").length;
}

/** The rows of the map in the wanted order; equals stand as in the dataset. */
export function orderRows(rows: readonly MapRow[], order: MapOrder): MapRow[] {
  const value = { flips: (row: MapRow) => -row.flips, wrong: (row: MapRow) => -wrong(row), row: () => 0 }[order];
  return rows
    .map((row) => ({ row, value: value(row) }))
    .sort((a, b) => a.value - b.value || a.row.number - b.row.number)
    .map(({ row }) => row);
}

const WORDS: Record<string, string> = { "1": "match", "0": "no match", "?": "missing", ".": "not asked" };

/** A row of cells in words: "match in 0 to 3, no match in 4". */
export function cellsInWords(cells: string, epochs: readonly number[]): string {
  const runs: { cell: string; from: number; to: number }[] = [];
  [...cells].forEach((cell, at) => {
    const last = runs.at(-1);
    const epoch = epochs[at] ?? at;
    if (last?.cell === cell) last.to = epoch;
    else runs.push({ cell, from: epoch, to: epoch });
  });
  return runs
    .map(({ cell, from, to }) => `${WORDS[cell] ?? cell} in ${from === to ? from : `${from} to ${to}`}`)
    .join(", ");
}
