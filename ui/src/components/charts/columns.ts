import type { Frame } from "./axis";

/** The columns of the shared x axis: where each epoch stands, in pixels. */
export interface Columns {
  slots: number;
  left: number;
  width: number;
}

export function columnsOf(width: number, frame: Frame, slots: number): Columns {
  return { slots, left: frame.left, width: Math.max(0, width - frame.left - frame.right) / Math.max(1, slots) };
}

/** The column under a position, or null beside them. */
export function columnAt(columns: Columns, x: number): number | null {
  if (columns.width <= 0) return null;
  const slot = Math.floor((x - columns.left) / columns.width);
  return slot >= 0 && slot < columns.slots ? slot : null;
}
