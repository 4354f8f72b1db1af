import type { RunSummary } from "../../api/bindings/RunSummary";

export type Column =
  "name" | "status" | "baseline" | "validation" | "gap" | "test" | "calls" | "cost" | "time" | "created";
export type Order = { column: Column; descending: boolean };

/** Training score of the best minus its validation score: far above 0 it has learnt its examples by heart. */
export function gapOf({ best }: RunSummary): number | null {
  return best.train && best.validation ? best.train.score - best.validation.score : null;
}

/** What runs can be grouped by, with the value of each run. */
export const GROUPS: { name: string; of: (run: RunSummary) => string }[] = [
  { name: "strategy", of: ({ config }) => config.strategy },
  { name: "primary model", of: ({ config }) => config.primary.model },
  { name: "optimizer model", of: ({ config }) => config.optimizer.model },
  { name: "examples shown", of: ({ config }) => String(config.examples) },
  { name: "dataset", of: ({ dataset }) => dataset },
];

export interface RunGroup {
  /** Value of the setting; null where nothing is grouped. */
  value: string | null;
  runs: RunSummary[];
  /** Mean of the best validation scores; null without any. */
  mean: number | null;
}

/** The runs in groups of one value, in the order in which the values come up. */
export function groupRuns(runs: readonly RunSummary[], by: string): RunGroup[] {
  const group = GROUPS.find(({ name }) => name === by);
  const found = new Map<string | null, RunSummary[]>();
  for (const run of runs) {
    const value = group ? group.of(run) : null;
    found.set(value, [...(found.get(value) ?? []), run]);
  }
  return [...found].map(([value, members]) => {
    const scores = members.flatMap((run) => (run.best.validation ? [run.best.validation.score] : []));
    const mean = scores.length > 0 ? scores.reduce((sum, score) => sum + score, 0) / scores.length : null;
    return { value, runs: members, mean };
  });
}

function value(run: RunSummary, column: Column): number | string | null {
  switch (column) {
    case "name":
      return run.name.toLowerCase();
    case "status":
      return run.status;
    case "baseline":
      return run.baseline.validation?.score ?? null;
    case "validation":
      return run.best.validation?.score ?? null;
    case "gap":
      return gapOf(run);
    case "test":
      return run.best.test?.score ?? null;
    case "calls":
      return run.usage.calls;
    case "cost":
      return run.usage.cost;
    case "time":
      return run.active_ms;
    case "created":
      return run.created_at;
  }
}

/** Runs in the wanted order. What was not measured stands last either way. */
export function sortRuns(runs: readonly RunSummary[], { column, descending }: Order): RunSummary[] {
  return [...runs].sort((a, b) => {
    const [left, right] = [value(a, column), value(b, column)];
    if (left === null || right === null) return Number(left === null) - Number(right === null) || b.id - a.id;
    const order = left < right ? -1 : left > right ? 1 : 0;
    return (descending ? -order : order) || b.id - a.id;
  });
}

/** The order after a click on a column: figures begin with the highest, words with the first. */
export function nextOrder(order: Order, column: Column): Order {
  if (order.column === column) return { column, descending: !order.descending };
  return { column, descending: column !== "name" && column !== "status" };
}
