export interface CostPoint {
  run: number;
  /** What it cost, in dollars or calls. */
  cost: number;
  score: number;
}

/** The runs that no other beats in both: cheaper ones first, each better than all before it. */
export function paretoFront<T extends CostPoint>(points: readonly T[]): T[] {
  const front: T[] = [];
  for (const point of [...points].sort((a, b) => a.cost - b.cost || b.score - a.score)) {
    const best = front.at(-1);
    if (!best || point.score > best.score) front.push(point);
  }
  return front;
}
