import type { EpochSummary } from "../../api/bindings/EpochSummary";
import { countAxis, frameFor, moneyAxis, timeAxis, type Axis, type Frame } from "./axis";

/** What the x axis counts. */
export type XBy = "epoch" | "calls" | "cost" | "time";

/** What an epoch had come to on that axis when it was decided; null where a price is unknown. */
export function xOf(epoch: EpochSummary, by: XBy): number | null {
  switch (by) {
    case "epoch":
      return epoch.epoch;
    case "calls":
      return epoch.usage.calls;
    case "cost":
      return epoch.usage.cost;
    case "time":
      return epoch.active_ms;
  }
}

export function axisOf(values: readonly number[], by: XBy): Axis {
  return by === "time" ? timeAxis(values) : by === "cost" ? moneyAxis(values) : countAxis(values);
}

/** Where an epoch stands, in pixels: what it took, and where its point is. */
export interface Place {
  from: number;
  to: number;
  at: number;
}

/** The shared x axis of chart and timeline. */
export interface Layout {
  by: XBy;
  frame: Frame;
  /** By epoch; those that are still to come have a place by epoch alone. */
  places: readonly Place[];
  /** The value axis; none by epoch. */
  axis: Axis | null;
}

export interface LayoutInput {
  by: XBy;
  width: number;
  fontSize: number;
  /** Columns by epoch. */
  slots: number;
  /** Of the decided epochs, by epoch; a last one more is the epoch under way. */
  values: readonly number[];
}

/** By epoch every epoch has a column; by calls, dollars or time it is as wide as what it took, with its point at the end. The first ones
    that took nothing stand left of the axis. */
export function layoutOf({ by, width, fontSize, slots, values }: LayoutInput): Layout {
  // The last value of a scale stands at its end and needs room for its other half.
  const frame = by === "epoch" ? frameFor(fontSize) : { ...frameFor(fontSize), right: Math.round(fontSize * 2.4) };
  const room = Math.max(0, width - frame.left - frame.right);
  if (by === "epoch") {
    const column = room / Math.max(1, slots);
    const places = Array.from({ length: slots }, (_, slot) => {
      const from = frame.left + slot * column;
      return { from, to: from + column, at: from + column / 2 };
    });
    return { by, frame, places, axis: null };
  }
  const axis = axisOf(values, by);
  const pixel = (value: number) => frame.left + (value / (axis.max || 1)) * room;
  // What took nothing at the start, because every answer was known, has no width on the axis: it stands before it, below the axis' names.
  const taken = values.findIndex((value) => value > 0);
  const free = taken < 0 ? values.length : taken;
  let from = frame.left;
  const edge = fontSize * 0.2;
  const share = (frame.left - edge) / Math.max(1, free);
  const places = values.map((value, epoch) => {
    if (epoch < free) return { from: edge + epoch * share, to: edge + (epoch + 1) * share, at: frame.left };
    const at = pixel(value);
    const place = { from, to: Math.max(from, at), at };
    from = place.to;
    return place;
  });
  return { by, frame, places, axis };
}

/** The epoch under a position, or null beside all of them. */
export function epochAt(layout: Layout, x: number): number | null {
  const epoch = layout.places.findIndex((place) => x >= place.from && x < place.to);
  return epoch < 0 ? null : epoch;
}
