import type { ModelConfig } from "../../api/bindings/ModelConfig";
import type { RunSummary } from "../../api/bindings/RunSummary";
import { connections } from "../../app/connections.svelte";
import { count } from "../../format/count";
import { money } from "../../format/money";
import { percent } from "../../format/percent";
import { describeExtract, describeMetric } from "../train/start/metrics";

/** One thing that a run was told. */
export interface RunSetting {
  name: string;
  /** What it sorts by, where it stands on an axis, and what a file gets; null where the run was told nothing. */
  value: (run: RunSummary) => number | string | null;
  text: (run: RunSummary) => string;
}

/** One setting with its value in each run. */
export interface Setting {
  name: string;
  values: string[];
  /** The same for a file: plain numbers. */
  plain: (number | string)[];
  differs: boolean;
}

const UNSET = "not set";
const NO_LIMIT = "no limit";

function words(name: string, read: (run: RunSummary) => string): RunSetting {
  return { name, value: read, text: read };
}

function figure(
  name: string,
  value: (run: RunSummary) => number | null,
  none = UNSET,
  write: (value: number) => string = count,
): RunSetting {
  const text = (run: RunSummary) => {
    const known = value(run);
    return known === null ? none : write(known);
  };
  return { name, value, text };
}

/** A number of rows, of which 0 is all. */
function rows(name: string, read: (run: RunSummary) => number): RunSetting {
  return figure(name, (run) => read(run) || null, "all");
}

function prompt(value: string): string {
  return value === "" ? "(empty)" : value;
}

/** What a run is scored by. */
export function metricOf({ config }: RunSummary): string {
  const { metrics } = config;
  return metrics
    .map(({ metric, weight }) => describeMetric(metric) + (metrics.length > 1 ? ` × ${weight}` : ""))
    .join(", ");
}

/** The search, with the parts of it that are off. */
function strategyOf({ config }: RunSummary): string {
  if (config.strategy === "greedy") return config.strategy;
  const off = Object.entries(config.parts).flatMap(([name, on]) => (on ? [] : [name]));
  return [config.strategy, ...(off.length > 0 ? [`without ${off.join(", ")}`] : [])].join(" ");
}

function connectionName(id: number | null): string {
  if (id === null) return UNSET;
  return connections.names.get(id) ?? `connection ${id}`;
}

function model(name: string, of: (run: RunSummary) => ModelConfig | null): RunSetting[] {
  return [
    words(`${name} model`, (run) => of(run)?.model ?? "none"),
    words(`${name} connection`, (run) => connectionName(of(run)?.connection ?? null)),
    figure(`${name} temperature`, (run) => of(run)?.temperature ?? null, UNSET, String),
    figure(`${name} most output tokens`, (run) => of(run)?.max_output_tokens ?? null),
    figure(`${name} sampling seed`, (run) => of(run)?.seed ?? null, UNSET, String),
  ];
}

/** Everything a run is told. */
export const RUN_SETTINGS: readonly RunSetting[] = [
  words("dataset", (run) => run.dataset),
  figure("training examples", ({ splits }) => splits.train),
  figure("validation examples", ({ splits }) => splits.validation),
  figure("test examples", ({ splits }) => splits.test),
  figure("seed of the division", ({ config }) => config.repeat?.split_seed ?? null, "the dataset's", String),
  words("starting system prompt", (run) => prompt(run.config.prompt.system_prompt)),
  words("starting output prompt", (run) => prompt(run.config.prompt.output_prompt)),
  words("locked texts", ({ config }) => config.locked.map(({ text }) => text).join(" · ") || "none"),
  words("optimizer instructions", (run) => prompt(run.config.optimizer_system_prompt)),
  ...model("primary", (run) => run.config.primary),
  ...model("optimizer", (run) => run.config.optimizer),
  ...model("judge", (run) => run.config.judge),
  words("metric", metricOf),
  figure("match from", (run) => run.config.match_threshold, UNSET, String),
  words("answer", (run) => describeExtract(run.config.extract)),
  words("strategy", strategyOf),
  words("early stop of a validation", ({ config }) =>
    config.accept === "any" ? (config.early_stop ? "on" : "off") : "not under this rule",
  ),
  words("accept", ({ config }) => (config.accept === "any" ? "any gain" : `significant, alpha ${config.alpha}`)),
  figure("most epochs", (run) => run.config.epochs),
  figure("examples shown", (run) => run.config.examples),
  words("which examples", (run) => run.config.select),
  figure("patience", (run) => run.config.patience || null, NO_LIMIT),
  figure("target", (run) => run.config.target_score, UNSET, percent),
  figure("calls at once", (run) => run.config.concurrency),
  figure("answers per example", (run) => run.config.samples),
  figure("seed", (run) => run.config.seed, UNSET, String),
  words("uses bought answers", (run) => (run.config.use_cache ? "yes" : "no")),
  figure("most calls", (run) => run.config.budget.max_calls, NO_LIMIT),
  figure("most tokens", (run) => run.config.budget.max_tokens, NO_LIMIT),
  figure("most dollars", (run) => run.config.budget.max_cost, NO_LIMIT, money),
  figure("most seconds", (run) => run.config.budget.max_seconds, NO_LIMIT),
  rows("most training examples", (run) => run.config.train_rows),
  rows("most validation examples", (run) => run.config.validation_rows),
  rows("most test examples", (run) => run.config.test_rows),
  figure("longest prompt", (run) => run.config.max_prompt_chars),
];

/** Whether these runs were told different things in this regard. */
export function differs(runs: readonly RunSummary[], { text }: Pick<RunSetting, "text">): boolean {
  const [first, ...others] = runs;
  if (!first) return false;
  const one = text(first);
  return others.some((run) => text(run) !== one);
}

/** Every setting of these runs, and whether it differs between them. */
export function settingsOf(runs: readonly RunSummary[]): Setting[] {
  return RUN_SETTINGS.map((setting) => {
    const values = runs.map(setting.text);
    const plain = runs.map((run, at) => setting.value(run) ?? values[at] ?? "");
    return { name: setting.name, values, plain, differs: differs(runs, setting) };
  });
}
