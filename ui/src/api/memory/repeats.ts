import type { RepeatSummary } from "../bindings/RepeatSummary";
import type { RunSummary } from "../bindings/RunSummary";
import type { Score } from "../bindings/Score";
import type { Spread } from "../bindings/Spread";

/** Groups of repeats with mean and spread over their completed runs. */
export function groupsOf(runs: readonly RunSummary[]): RepeatSummary[] {
  const groups = new Set(runs.flatMap((run) => (run.config.repeat ? [run.config.repeat.group] : [])));
  return [...groups].map((group) => summary(group, runs));
}

function summary(group: number, runs: readonly RunSummary[]): RepeatSummary {
  const members = runs
    .filter((run) => run.config.repeat?.group === group)
    .sort((a, b) => (a.config.repeat?.number ?? 0) - (b.config.repeat?.number ?? 0));
  const done = members.filter((run) => run.status === "completed");
  const over = (figure: (run: RunSummary) => number | null) => spreadOf(done.flatMap((run) => figure(run) ?? []));
  const of = (score: Score | null) => score?.score ?? null;
  const gain = (before: Score | null, after: Score | null) => (before && after ? after.score - before.score : null);
  return {
    group,
    name: members[0]?.name.split(", repeat ")[0] ?? "",
    runs: members.map((run) => run.id),
    of: members[0]?.config.repeat?.of ?? members.length,
    completed: done.length,
    better: done.filter((run) => run.best.epoch > 0).length,
    baseline_validation: over((run) => of(run.baseline.validation)),
    best_validation: over((run) => of(run.best.validation)),
    gain_validation: over((run) => gain(run.baseline.validation, run.best.validation)),
    baseline_test: over((run) => of(run.baseline.test)),
    best_test: over((run) => of(run.best.test)),
    gain_test: over((run) => gain(run.baseline.test, run.best.test)),
  };
}

function spreadOf(figures: number[]): Spread | null {
  if (figures.length === 0) return null;
  const mean = figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
  const squares = figures.reduce((sum, figure) => sum + (figure - mean) ** 2, 0);
  const spread = figures.length > 1 ? Math.sqrt(squares / (figures.length - 1)) : null;
  return { mean, spread, low: Math.min(...figures), high: Math.max(...figures), n: figures.length };
}
