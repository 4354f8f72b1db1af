export interface ScatterPoint {
  run: number;
  /** Along the x axis: what it cost, or its training score. */
  x: number;
  score: number;
}

/** The runs that no other beats in both: cheaper ones first, each better than all before it. */
export function paretoFront<T extends ScatterPoint>(points: readonly T[]): T[] {
  const front: T[] = [];
  for (const point of [...points].sort((a, b) => a.x - b.x || b.score - a.score)) {
    const best = front.at(-1);
    if (!best || point.score > best.score) front.push(point);
  }
  return front;
}

/** Where a run stands to the staircase; one that is measured differently is not ranked among the others. */
export type Standing = "ahead" | "beaten" | "not ranked";

/** By run: ahead is one that no other beats in both. */
export function standings(points: readonly (ScatterPoint & { unlike: readonly string[] })[]): Map<number, Standing> {
  const front = paretoFront(points.filter((point) => point.unlike.length === 0));
  // Of runs on the same spot none beats another: each is on the front.
  const ahead = ({ x, score }: ScatterPoint) => front.some((point) => point.x === x && point.score === score);
  const of = (point: (typeof points)[number]) =>
    point.unlike.length > 0 ? "not ranked" : ahead(point) ? "ahead" : "beaten";
  return new Map(points.map((point) => [point.run, of(point)]));
}
