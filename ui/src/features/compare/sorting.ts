import type { RunSummary } from "../../api/bindings/RunSummary";
import { differentFigures } from "./comparable";
import { RUN_COLUMNS, type RunColumn } from "./runColumns";
import { differs } from "./settings";

/** By the name of a column, "run" for the name of the run, "created" for the time it was started. */
export type Order = { column: string; descending: boolean };

/** Whether something that was kept is an order by a column that is there. */
export function isOrder(value: unknown): value is Order {
  const { column, descending } = (value ?? {}) as Partial<Order>;
  const known = ["run", "created", ...RUN_COLUMNS.map(({ name }) => name)];
  return typeof descending === "boolean" && known.some((name) => name === column);
}

export interface RunGroup {
  /** Value of the setting; null where nothing is grouped. */
  value: string | null;
  runs: RunSummary[];
  /** Mean of the best validation scores; null without any, and where they are no figures of one kind. */
  mean: number | null;
  /** So many of its runs have a best validation score. */
  scored: number;
  /** In what its scores are figures of different kinds. */
  unlike: string[];
}

/** What runs can be grouped by: every setting. "models" says in one what two others say apart. */
const GROUPS: readonly RunColumn[] = RUN_COLUMNS.filter(({ setting, name }) => setting && name !== "models");

/** What it says something to group these runs by; what is chosen stays in the list. */
export function groupsOf(runs: readonly RunSummary[], chosen: string): string[] {
  return GROUPS.filter((column) => column.name === chosen || differs(runs, column)).map(({ name }) => name);
}

/** The runs in groups of one value, in the order in which the values come up. */
export function groupRuns(runs: readonly RunSummary[], by: string): RunGroup[] {
  const column = GROUPS.find(({ name }) => name === by);
  // All of them are no group of which anything is said.
  if (!column) return [{ value: null, runs: [...runs], mean: null, scored: 0, unlike: [] }];
  const found = new Map<string, RunSummary[]>();
  for (const run of runs) {
    const value = column.text(run);
    const members = found.get(value);
    if (members) members.push(run);
    else found.set(value, [run]);
  }
  return [...found].map(([value, members]) => {
    const scored = members.filter((run) => run.best.validation !== null);
    const unlike = differentFigures(scored);
    const sum = scored.reduce((total, run) => total + (run.best.validation?.score ?? 0), 0);
    const mean = scored.length > 0 && unlike.length === 0 ? sum / scored.length : null;
    return { value, runs: members, mean, scored: scored.length, unlike };
  });
}

function valueOf(column: string): (run: RunSummary) => number | string | null {
  if (column === "run") return (run) => run.name;
  if (column === "created") return (run) => run.created_at;
  return RUN_COLUMNS.find(({ name }) => name === column)?.value ?? (() => null);
}

/** Run 2 stands before Run 10. */
const words = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Runs in the wanted order. What was not measured stands last either way. */
export function sortRuns(runs: readonly RunSummary[], { column, descending }: Order): RunSummary[] {
  const value = valueOf(column);
  return [...runs].sort((a, b) => {
    const [left, right] = [value(a), value(b)];
    if (left === null || right === null) return Number(left === null) - Number(right === null) || b.id - a.id;
    const order =
      typeof left === "string" && typeof right === "string" ? words.compare(left, right) : Number(left) - Number(right);
    return (descending ? -order : order) || b.id - a.id;
  });
}

/** The order after a click on a column: figures begin with the highest, words with the first. */
export function nextOrder(order: Order, column: string): Order {
  if (order.column === column) return { column, descending: !order.descending };
  return { column, descending: RUN_COLUMNS.find(({ name }) => name === column)?.figure ?? column === "created" };
}
