/** The rows of a list that are drawn: from `first` to before `last`. */
export type RowWindow = { first: number; last: number };

export interface RowsInput {
  /** Rows of the whole list. */
  total: number;
  /** Pixels of one row. */
  rowHeight: number;
  /** Pixels that are scrolled away above. */
  offset: number;
  /** Pixels through which rows are seen. */
  room: number;
  /** Rows drawn beyond both ends, so that scrolling finds them there. */
  buffer: number;
}

/** Which rows are seen, with some more on both sides. */
export function rowWindow({ total, rowHeight, offset, room, buffer }: RowsInput): RowWindow {
  const first = Math.max(0, Math.min(total - 1, Math.floor(offset / rowHeight)) - buffer);
  return { first, last: Math.max(first, Math.min(total, Math.ceil((offset + room) / rowHeight) + buffer)) };
}

/** A row that is drawn, and how many before it are not. */
export type DrawnRow = { row: number; skipped: number };

/**
 * What stands in a list whose rows follow one another: those of the window and one that stays wherever it was scrolled to, the one
 * with the focus. `after` rows at the end are not drawn.
 */
export function drawnRows(
  total: number,
  { first, last }: RowWindow,
  kept: number | null,
): { rows: DrawnRow[]; after: number } {
  const places = Array.from({ length: last - first }, (_, at) => first + at);
  if (kept !== null && kept >= 0 && kept < first) places.unshift(kept);
  if (kept !== null && kept >= last && kept < total) places.push(kept);
  let next = 0;
  const rows = places.map((row) => {
    const skipped = row - next;
    next = row + 1;
    return { row, skipped };
  });
  return { rows, after: total - next };
}
