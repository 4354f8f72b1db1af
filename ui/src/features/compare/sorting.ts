import type { RunSummary } from "../../api/bindings/RunSummary";

export type Column = "name" | "status" | "baseline" | "validation" | "test" | "calls" | "cost" | "time" | "created";
export type Order = { column: Column; descending: boolean };

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
