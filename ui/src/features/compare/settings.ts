import type { ModelConfig } from "../../api/bindings/ModelConfig";
import type { RunSummary } from "../../api/bindings/RunSummary";
import { count } from "../../format/count";
import { money } from "../../format/money";
import { percent } from "../../format/percent";
import { describeExtract, describeMetric } from "../train/start/metrics";

/** One setting with its value in each run. */
export interface Setting {
  name: string;
  values: string[];
  differs: boolean;
}

const UNSET = "not set";

function text(value: number | null): string {
  return value === null ? UNSET : String(value);
}

function limit(value: number | null): string {
  return value === null ? "no limit" : count(value);
}

function rows(value: number): string {
  return value === 0 ? "all" : count(value);
}

function prompt(value: string): string {
  return value === "" ? "(empty)" : value;
}

type Read = (run: RunSummary) => string;

function model(name: string, of: (run: RunSummary) => ModelConfig | null): [string, Read][] {
  return [
    [`${name} model`, (run) => of(run)?.model ?? "none"],
    [`${name} connection`, (run) => text(of(run)?.connection ?? null)],
    [`${name} temperature`, (run) => text(of(run)?.temperature ?? null)],
    [`${name} most output tokens`, (run) => text(of(run)?.max_output_tokens ?? null)],
    [`${name} sampling seed`, (run) => text(of(run)?.seed ?? null)],
  ];
}

const SETTINGS: [string, Read][] = [
  ["dataset", (run) => run.dataset],
  ["train, validation, test", ({ splits }) => [splits.train, splits.validation, splits.test].map(count).join(", ")],
  ["starting system prompt", (run) => prompt(run.config.prompt.system_prompt)],
  ["starting output prompt", (run) => prompt(run.config.prompt.output_prompt)],
  ["optimizer instructions", (run) => prompt(run.config.optimizer_system_prompt)],
  ...model("primary", (run) => run.config.primary),
  ...model("optimizer", (run) => run.config.optimizer),
  ...model("judge", (run) => run.config.judge),
  [
    "metric",
    ({ config }) =>
      config.metrics
        .map(({ metric, weight }) => describeMetric(metric) + (config.metrics.length > 1 ? ` × ${weight}` : ""))
        .join(", "),
  ],
  ["match from", (run) => String(run.config.match_threshold)],
  ["answer", (run) => describeExtract(run.config.extract)],
  ["strategy", (run) => run.config.strategy],
  [
    "early stop of a validation",
    ({ config }) => (config.accept === "any" ? (config.early_stop ? "on" : "off") : "not under this rule"),
  ],
  ["accept", ({ config }) => (config.accept === "any" ? "any gain" : `significant, alpha ${config.alpha}`)],
  ["most epochs", (run) => count(run.config.epochs)],
  ["examples shown", (run) => count(run.config.examples)],
  ["which examples", (run) => run.config.select],
  ["patience", (run) => count(run.config.patience)],
  ["target", ({ config }) => (config.target_score === null ? UNSET : percent(config.target_score))],
  ["calls at once", (run) => count(run.config.concurrency)],
  ["answers per example", (run) => count(run.config.samples)],
  ["seed", (run) => String(run.config.seed)],
  ["uses bought answers", (run) => (run.config.use_cache ? "yes" : "no")],
  ["most calls", (run) => limit(run.config.budget.max_calls)],
  ["most tokens", (run) => limit(run.config.budget.max_tokens)],
  ["most dollars", ({ config }) => (config.budget.max_cost === null ? "no limit" : money(config.budget.max_cost))],
  ["most seconds", (run) => limit(run.config.budget.max_seconds)],
  ["most training examples", (run) => rows(run.config.train_rows)],
  ["most validation examples", (run) => rows(run.config.validation_rows)],
  ["most test examples", (run) => rows(run.config.test_rows)],
  ["longest prompt", (run) => count(run.config.max_prompt_chars)],
];

/** Every setting of these runs, and whether it differs between them. */
export function settingsOf(runs: readonly RunSummary[]): Setting[] {
  return SETTINGS.map(([name, read]) => {
    const values = runs.map(read);
    return { name, values, differs: new Set(values).size > 1 };
  });
}
