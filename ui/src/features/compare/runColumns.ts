import type { RunSummary } from "../../api/bindings/RunSummary";
import { count } from "../../format/count";
import { duration } from "../../format/duration";
import { halfWidth } from "../../format/interval";
import { money } from "../../format/money";
import { percent, points } from "../../format/percent";
import { STATUS_WORDS } from "../../format/words";
import { describeMetric } from "../train/start/metrics";

/** One column of the runs table. */
export interface RunColumn {
  name: string;
  /** Figures stand on the right and sort from the highest. */
  figure: boolean;
  /** Said by a setting, not by what came out: what "group by" and "differences only" look at. */
  setting: boolean;
  /** What it sorts by and what a file gets; null was not measured. */
  value: (run: RunSummary) => number | string | null;
  text: (run: RunSummary) => string;
  /** Away until somebody wants it. */
  usuallyHidden?: boolean;
}

/** What stands beside the best validation score: half its interval, and the epoch that reached it. */
export function bestBeside({ best }: RunSummary): string {
  if (!best.validation) return "";
  return `${halfWidth(best.validation)}, ${best.epoch === 0 ? "baseline" : `epoch ${best.epoch}`}`;
}

/** Training score of the best minus its validation score: far above 0 it has learnt its examples by heart. */
export function gapOf({ best }: RunSummary): number | null {
  return best.train && best.validation ? best.train.score - best.validation.score : null;
}

function figure(
  name: string,
  value: (run: RunSummary) => number | null,
  write: (value: number) => string,
  none = "–",
): RunColumn {
  const text = (run: RunSummary) => {
    const known = value(run);
    return known === null ? none : write(known);
  };
  return { name, figure: true, setting: false, value, text };
}

function setting(name: string, value: (run: RunSummary) => string | number, usuallyHidden = true): RunColumn {
  const isFigure = false;
  return { name, figure: isFigure, setting: true, value, text: (run) => String(value(run)), usuallyHidden };
}

export function models({ config }: RunSummary): string {
  const { primary, optimizer } = config;
  return primary.model === optimizer.model ? primary.model : `${primary.model}, ${optimizer.model}`;
}

/** Every column beside the name, in the order in which they stand. */
export const RUN_COLUMNS: readonly RunColumn[] = [
  setting("strategy", ({ config }) => config.strategy),
  setting("models", models, false),
  setting("primary model", ({ config }) => config.primary.model),
  setting("optimizer model", ({ config }) => config.optimizer.model),
  setting("dataset", ({ dataset }) => dataset),
  setting("metric", ({ config }) => config.metrics.map(({ metric }) => describeMetric(metric)).join(" + ")),
  setting("examples shown", ({ config }) => config.examples),
  setting("which examples", ({ config }) => config.select),
  setting("accept", ({ config }) => (config.accept === "any" ? "any gain" : `significant, ${config.alpha}`)),
  setting("most epochs", ({ config }) => config.epochs),
  setting("patience", ({ config }) => config.patience),
  setting("answers per example", ({ config }) => config.samples),
  setting("seed", ({ config }) => config.seed),
  figure("baseline", ({ baseline }) => baseline.validation?.score ?? null, percent),
  figure("best validation", ({ best }) => best.validation?.score ?? null, percent),
  { ...figure("train − validation", gapOf, points), usuallyHidden: true },
  figure("test", ({ best }) => best.test?.score ?? null, percent),
  figure("calls", ({ usage }) => usage.calls, count),
  figure("cost", ({ usage }) => usage.cost, money, "unknown"),
  figure("time", ({ active_ms }) => active_ms, duration),
  {
    name: "status",
    figure: false,
    setting: false,
    value: ({ status }) => status,
    text: ({ status }) => STATUS_WORDS[status],
  },
];

/** Names of those that are away until somebody wants them. */
export const USUALLY_HIDDEN = RUN_COLUMNS.filter((column) => column.usuallyHidden).map(({ name }) => name);

/** The longest of some texts; characters are near enough to tell which column is how wide. */
function longest(texts: readonly string[]): string {
  return texts.reduce((long, text) => (text.length > long.length ? text : long), "");
}

/** By column the text that asks for most room in any row, so that columns keep their width whichever rows are drawn. */
export function widestTexts(runs: readonly RunSummary[], columns: readonly RunColumn[]): string[] {
  return columns.map((column) => {
    const beside = column.name === "best validation" ? ` ${longest(runs.map(bestBeside))}` : "";
    return longest(runs.map((run) => column.text(run))) + beside;
  });
}

/** The columns that are shown. With differences only, every setting in which the runs differ and no other one. */
export function shownColumns(
  runs: readonly RunSummary[],
  hidden: readonly string[],
  differencesOnly: boolean,
): RunColumn[] {
  return RUN_COLUMNS.filter((column) => {
    if (!differencesOnly || !column.setting) return !hidden.includes(column.name);
    // "models" says in one column what two others say apart.
    return column.name !== "models" && new Set(runs.map((run) => column.text(run))).size > 1;
  });
}
