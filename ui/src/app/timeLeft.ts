/**
 * How long a run goes on: the calls that are still to be sent, at the pace of those that were. Answers from disk are there at once, so they
 * say nothing of the pace; where nothing tells it, no time is named.
 */
import type { EpochSummary } from "../api/bindings/EpochSummary";
import type { Progress } from "../api/bindings/Progress";
import type { RunSummary } from "../api/bindings/RunSummary";
import type { Usage } from "../api/bindings/Usage";

/** Calls that were sent, and the milliseconds of driving they took. */
export interface Pace {
  calls: number;
  ms: number;
}

/** What a run had used at a moment. */
interface Moment {
  usage: Usage;
  activeMs: number;
}

/** Fewer calls say nothing: the first are all under way at once. */
const LEAST_CALLS = 8;
/** A shorter time would be written as none, while the run still goes on. */
const LEAST_MS = 1000;
/** Older calls count less: of so many, half are forgotten, so that the pace follows a server that changes. */
const REMEMBERED = 600;

const START: Moment = { usage: { calls: 0, cached: 0 } as Usage, activeMs: 0 };

/** The pace after what happened between two moments. Time in which answers came from disk alone is none of it. */
export function sentSince(pace: Pace, before: Moment, now: Moment): Pace {
  const calls = now.usage.calls - before.usage.calls;
  const ms = now.activeMs - before.activeMs;
  const cached = now.usage.cached - before.usage.cached;
  if (ms < 0 || calls < 0 || (calls === 0 && cached > 0)) return pace;
  const sum = { calls: pace.calls + calls, ms: pace.ms + ms };
  return sum.calls > REMEMBERED ? { calls: sum.calls / 2, ms: sum.ms / 2 } : sum;
}

/** The pace of the epochs that are decided. */
export function paceOf(epochs: readonly EpochSummary[]): Pace {
  return moments(epochs).reduce((pace, now, at, all) => sentSince(pace, all[at - 1] ?? START, now), {
    calls: 0,
    ms: 0,
  });
}

function moments(epochs: readonly EpochSummary[]): Moment[] {
  return epochs.map(({ usage, active_ms: activeMs }) => ({ usage, activeMs }));
}

/** Calls that each example takes: a judge is asked about every answer. */
function callsOfOne({ config }: RunSummary): number {
  return Math.max(1, config.samples) * (config.metrics.some(({ metric }) => metric.kind === "judge") ? 2 : 1);
}

/** Calls of an epoch: what those took that sent any; else what those asked that came from disk; else what it can take at most. */
function callsOfEpoch(summary: RunSummary, epochs: readonly EpochSummary[]): number {
  const all = moments(epochs);
  const mean = (part: (usage: Usage) => number) => {
    const each = all.slice(1).map((now, at) => part(now.usage) - part((all[at] ?? START).usage));
    const some = each.filter((calls) => calls > 0);
    return some.length === 0 ? null : some.reduce((sum, calls) => sum + calls, 0) / some.length;
  };
  const { train, validation } = summary.splits;
  return mean(({ calls }) => calls) ?? mean(({ cached }) => cached) ?? (train + validation) * callsOfOne(summary) + 1;
}

/** Calls that were sent or found on disk since the last decision. */
function askedSince(epochs: readonly EpochSummary[], usage: Usage): number {
  const last = epochs.at(-1)?.usage ?? START.usage;
  return usage.calls + usage.cached - last.calls - last.cached;
}

/** Calls that the run goes on to send, about, if no rule ends it before. */
function callsLeft(summary: RunSummary, epochs: readonly EpochSummary[], progress: Progress, usage: Usage): number {
  const each = callsOfOne(summary);
  const inPhase = Math.max(0, progress.total - progress.done) * each;
  if (progress.phase === "test") return inPhase;
  const { train, validation, test } = summary.splits;
  const ofEpoch = callsOfEpoch(summary, epochs);
  const whole = progress.epoch === 0 ? (train + validation) * each : ofEpoch;
  const current = Math.max(inPhase, whole - askedSince(epochs, usage));
  const ahead = Math.max(0, summary.config.epochs - progress.epoch);
  // The test asks two prompts, baseline and best.
  return current + ahead * ofEpoch + 2 * test * each;
}

export function timeLeft(live: {
  summary: RunSummary;
  epochs: readonly EpochSummary[];
  progress: Progress | null;
  usage: Usage;
  activeMs: number;
  pace: Pace;
}): number | null {
  const { summary, epochs, progress, usage, activeMs, pace } = live;
  // How long the server or a limit makes it wait is told beside it, and says nothing of the calls after that.
  if (
    summary.status !== "running" ||
    !progress ||
    progress.waiting !== null ||
    pace.calls < LEAST_CALLS ||
    pace.ms <= 0
  )
    return null;
  const { max_calls: maxCalls, max_seconds: maxSeconds } = summary.config.budget;
  const calls = Math.min(
    callsLeft(summary, epochs, progress, usage),
    maxCalls === null ? Infinity : Math.max(0, maxCalls - usage.calls),
  );
  const byPace = calls * (pace.ms / pace.calls);
  const ms = maxSeconds === null ? byPace : Math.min(byPace, Math.max(0, maxSeconds * 1000 - activeMs));
  return ms < LEAST_MS ? null : ms;
}
