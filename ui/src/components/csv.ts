export type Cell = string | number | null;

/**
 * Rows as CSV (RFC 4180): a cell is quoted where it has to be, and otherwise as it stands. Marks of direction stay what they are, unlike
 * in pictures and reports: a file of rows is data, and whoever joins it with other data needs its names letter by letter.
 */
export function csvOf(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => row.map(cellText).join(",")).join("\r\n") + "\r\n";
}

function cellText(cell: Cell): string {
  const text = cell === null ? "" : String(cell);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
