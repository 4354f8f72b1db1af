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
