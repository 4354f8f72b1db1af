import type { EpochMark } from "../api/bindings/EpochMark";
import type { EpochSummary } from "../api/bindings/EpochSummary";
import type { Phase } from "../api/bindings/Phase";
import type { Progress } from "../api/bindings/Progress";
import type { RunEvent } from "../api/bindings/RunEvent";
import type { RunStatus } from "../api/bindings/RunStatus";
import type { RunSummary } from "../api/bindings/RunSummary";
import type { RunView } from "../api/bindings/RunView";
import type { Usage } from "../api/bindings/Usage";

/** A run as it stands this moment. Values are replaced, never changed in place. */
export interface LiveRun {
  summary: RunSummary;
  epochs: EpochSummary[];
  progress: Progress | null;
  usage: Usage;
  /** Milliseconds it has been driven, pauses left out. */
  activeMs: number;
  /** Milliseconds it will go on at the measured speed; null while nothing has been measured. */
  etaMs: number | null;
  warnings: string[];
  /** The result in a sentence, when it has ended. */
  verdict: string | null;
  /** Epochs that were starred or noted. */
  marks: EpochMark[];
  /** Number of the last kept event that went into this. */
  lastSeq: number;
  /** Where the current phase began, to measure its speed. */
  phaseStart: PhaseStart | null;
  /** The epoch and the moment its first phase began, in milliseconds of driving. */
  epochStart: { epoch: number; activeMs: number } | null;
  /** Prompts of the newest readable proposal: they become the best when it is accepted. */
  proposal: { epoch: number; system_prompt: string; output_prompt: string } | null;
}

interface PhaseStart {
  epoch: number;
  phase: Phase;
  done: number;
  activeMs: number;
}

/** Whether a run with this status can still change by itself. */
export function isMoving(status: RunStatus): boolean {
  return status === "running" || status === "queued";
}

/** Whether a run with this status has ended for good. */
export function hasEnded(status: RunStatus): boolean {
  return status === "completed" || status === "cancelled" || status === "failed";
}

export function liveFrom(view: RunView): LiveRun {
  const { summary } = view;
  const last = view.epochs.at(-1);
  const live: LiveRun = {
    summary,
    epochs: view.epochs,
    progress: summary.progress,
    usage: summary.usage,
    activeMs: summary.active_ms,
    etaMs: null,
    warnings: view.warnings,
    verdict: view.verdict,
    marks: view.marks,
    lastSeq: view.last_seq,
    phaseStart: null,
    epochStart: last ? { epoch: last.epoch + 1, activeMs: last.active_ms } : null,
    proposal: null,
  };
  return { ...live, etaMs: timeLeft(live) };
}

/** The run after one event. An event that went in before changes nothing. */
export function applyEvent(live: LiveRun, seq: number, event: RunEvent): LiveRun {
  if (seq !== 0 && seq <= live.lastSeq) return live;
  const next = { ...change(live, event), lastSeq: Math.max(seq, live.lastSeq) };
  return { ...next, etaMs: timeLeft(next) };
}

function change(live: LiveRun, event: RunEvent): LiveRun {
  switch (event.event) {
    case "started":
      return {
        ...live,
        summary: { ...live.summary, status: "running", stop_reason: null, config: event.config, splits: event.splits },
        phaseStart: null,
      };
    case "progress":
      return progressed(live, event);
    case "proposal":
      if (event.status === "invalid") return live;
      return {
        ...live,
        proposal: { epoch: event.epoch, system_prompt: event.system_prompt, output_prompt: event.output_prompt },
      };
    case "epoch":
      return decided(live, event);
    case "warning":
      return { ...live, warnings: [...live.warnings, event.message] };
    case "paused":
      return { ...live, summary: { ...live.summary, status: "paused", stop_reason: event.reason }, phaseStart: null };
    case "finished":
      return {
        ...live,
        progress: null,
        usage: event.usage,
        summary: {
          ...live.summary,
          status: event.status,
          stop_reason: event.stop_reason,
          baseline: event.baseline,
          best: event.best,
          usage: event.usage,
          progress: null,
        },
      };
  }
}

function progressed(live: LiveRun, event: RunEvent & { event: "progress" }): LiveRun {
  const { epoch, phase, done, total, waiting, usage, active_ms: activeMs } = event;
  const progress = { epoch, phase, done, total, waiting };
  const same = live.phaseStart?.epoch === epoch && live.phaseStart.phase === phase;
  return {
    ...live,
    progress,
    usage,
    activeMs,
    summary: { ...live.summary, status: "running", stop_reason: null, progress, usage, active_ms: activeMs },
    phaseStart: same ? live.phaseStart : { epoch, phase, done, activeMs },
    epochStart: live.epochStart?.epoch === epoch ? live.epochStart : { epoch, activeMs },
  };
}

function decided(live: LiveRun, event: RunEvent & { event: "epoch" }): LiveRun {
  // Fields are named one by one so that the event's own do not end up in the epoch.
  const epoch: EpochSummary = {
    epoch: event.epoch,
    decision: event.decision,
    reason: event.reason,
    train: event.train,
    validation: event.validation,
    bound: event.bound,
    delta: event.delta,
    p: event.p,
    fixed: event.fixed,
    broken: event.broken,
    usage: event.usage,
    decided_at: event.decided_at,
    active_ms: event.active_ms,
  };
  const before = live.summary;
  let { baseline, best } = before;
  if (event.decision === "baseline") {
    baseline = { ...baseline, train: event.train, validation: event.validation };
    best = { ...best, epoch: 0, train: event.train, validation: event.validation };
  } else if (event.decision === "accepted") {
    const prompt = live.proposal?.epoch === event.epoch ? live.proposal : best;
    best = {
      epoch: event.epoch,
      system_prompt: prompt.system_prompt,
      output_prompt: prompt.output_prompt,
      train: event.best_train,
      validation: event.validation,
      test: null,
    };
  } else {
    best = { ...best, train: event.best_train };
  }
  const epochs = [...live.epochs.filter((known) => known.epoch !== epoch.epoch), epoch];
  return {
    ...live,
    epochs,
    usage: event.usage,
    activeMs: event.active_ms,
    epochStart: { epoch: event.epoch + 1, activeMs: event.active_ms },
    summary: {
      ...before,
      baseline,
      best,
      usage: event.usage,
      active_ms: event.active_ms,
      epochs_done: epochs.filter((known) => known.epoch > 0).length,
    },
  };
}

/** Milliseconds of work left in the current phase at its measured speed. */
function phaseLeft(live: LiveRun): number | null {
  const { progress, phaseStart } = live;
  if (!progress || !phaseStart) return null;
  const done = progress.done - phaseStart.done;
  const spent = live.activeMs - phaseStart.activeMs;
  if (done <= 0 || spent <= 0) return null;
  return (spent / done) * (progress.total - progress.done);
}

/** Milliseconds an epoch takes: the mean of those decided, at first what the baseline took, which answers at least as much. */
function epochLength(epochs: readonly EpochSummary[]): number | null {
  const first = epochs[0];
  const last = epochs.at(-1);
  if (!first || !last) return null;
  if (last.epoch === first.epoch) return first.active_ms;
  return (last.active_ms - first.active_ms) / (last.epoch - first.epoch);
}

function timeLeft(live: LiveRun): number | null {
  if (live.summary.status !== "running") return null;
  const { progress, summary } = live;
  const inPhase = phaseLeft(live);
  if (progress?.phase === "test") return inPhase;
  const length = epochLength(live.epochs);
  if (!progress || length === null) return null;
  const spent = live.epochStart?.epoch === progress.epoch ? live.activeMs - live.epochStart.activeMs : 0;
  const current = Math.max(inPhase ?? 0, length - spent, 0);
  const ahead = Math.max(0, summary.config.epochs - progress.epoch);
  const { train, validation, test } = summary.splits;
  const baseline = live.epochs[0];
  const answered = train + validation;
  // The test asks two prompts, baseline and best.
  const testing = baseline && answered > 0 ? (baseline.active_ms / answered) * 2 * test : 0;
  return current + ahead * length + testing;
}
