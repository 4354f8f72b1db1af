/** One column of a grid. Widths are rem, so that they follow the text size. */
export type GridColumn = {
  id: string;
  /** What assistive technology calls it. */
  name: string;
  width: number;
  /** Stays at the left while the others scroll. */
  frozen?: boolean;
  /** Its width can not be changed. */
  fixed?: boolean;
  sort?: "ascending" | "descending";
};

/** The narrowest a column can be made, in rem. */
export const NARROWEST = 3;
/** The widest a column can be made, in rem. */
const WIDEST = 80;

/** A width within its bounds, in rem. */
export function bounded(width: number): number {
  return Math.round(Math.max(NARROWEST, Math.min(WIDEST, width)) * 100) / 100;
}

/** A column that shares what the others leave; `width` is the least it gets. */
export type GrowingColumn = GridColumn & { grow?: number };

/** Columns as wide as `room` rem allows: what is left over goes to those that grow, by their shares. */
export function fill<Column extends GrowingColumn>(columns: readonly Column[], room: number): Column[] {
  const shares = columns.reduce((sum, { grow = 0 }) => sum + grow, 0);
  const left = room - columns.reduce((sum, { width }) => sum + width, 0);
  if (shares === 0 || left <= 0) return [...columns];
  return columns.map((column) => {
    // Rounded down, so that the sum never asks for a scroll bar.
    const more = Math.floor(((left * (column.grow ?? 0)) / shares) * 100) / 100;
    return { ...column, width: column.width + more };
  });
}

/** The scrolling columns in view, and how much room the others take on both sides. */
export type ColumnWindow = { first: number; last: number; before: number; after: number };

/** Which of `widths` are seen through `room` pixels from `offset` on, with one more on each side. */
export function columnWindow(widths: readonly number[], offset: number, room: number): ColumnWindow {
  let first = 0;
  let left = 0;
  while (first < widths.length - 1 && left + (widths[first] ?? 0) < offset) left += widths[first++] ?? 0;
  let last = first;
  let right = left;
  while (last < widths.length && right < offset + room) right += widths[last++] ?? 0;
  if (first > 0) left -= widths[--first] ?? 0;
  if (last < widths.length) right += widths[last++] ?? 0;
  const all = widths.reduce((sum, width) => sum + width, 0);
  return { first, last, before: left, after: Math.max(0, all - right) };
}
