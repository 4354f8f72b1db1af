import type { EpochMark } from "../api/bindings/EpochMark";
import type { EpochSummary } from "../api/bindings/EpochSummary";
import type { Progress } from "../api/bindings/Progress";
import type { RunEvent } from "../api/bindings/RunEvent";
import type { RunStatus } from "../api/bindings/RunStatus";
import type { RunSummary } from "../api/bindings/RunSummary";
import type { RunView } from "../api/bindings/RunView";
import type { Usage } from "../api/bindings/Usage";
import { paceOf, sentSince, timeLeft, type Pace } from "./timeLeft";

/** A run as it stands this moment. Values are replaced, never changed in place. */
export interface LiveRun {
  summary: RunSummary;
  epochs: EpochSummary[];
  progress: Progress | null;
  usage: Usage;
  /** Milliseconds it has been driven, pauses left out. */
  activeMs: number;
  /** Milliseconds it will go on, about, if no rule ends it before; null while nothing tells. */
  etaMs: number | null;
  /** It told nothing for a while: calls are under way that are not answered. */
  silent: boolean;
  warnings: string[];
  /** The result in a sentence, when it has ended. */
  verdict: string | null;
  /** Epochs that were starred or noted. */
  marks: EpochMark[];
  /** Number of the last kept event that went into this. */
  lastSeq: number;
  /** How fast calls that are really sent are answered. */
  pace: Pace;
  /** Prompts of the newest readable proposal: they become the best when it is accepted. */
  proposal: { epoch: number; system_prompt: string; output_prompt: string } | null;
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
  const live: LiveRun = {
    summary,
    epochs: view.epochs,
    progress: summary.progress,
    usage: summary.usage,
    activeMs: summary.active_ms,
    etaMs: null,
    silent: false,
    warnings: view.warnings,
    verdict: view.verdict,
    marks: view.marks,
    lastSeq: view.last_seq,
    pace: paceOf(view.epochs),
    proposal: null,
  };
  return { ...live, etaMs: timeLeft(live) };
}

/** The run after one event. An event that went in before changes nothing. */
export function applyEvent(live: LiveRun, seq: number, event: RunEvent): LiveRun {
  if (seq !== 0 && seq <= live.lastSeq) return live;
  const next = { ...change(live, event), lastSeq: Math.max(seq, live.lastSeq) };
  return { ...next, etaMs: timeLeft(next), silent: false };
}

function change(live: LiveRun, event: RunEvent): LiveRun {
  switch (event.event) {
    case "started":
      return {
        ...live,
        summary: { ...live.summary, status: "running", stop_reason: null, config: event.config, splits: event.splits },
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
      return { ...live, summary: { ...live.summary, status: "paused", stop_reason: event.reason } };
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
  return {
    ...live,
    progress,
    usage,
    activeMs,
    summary: { ...live.summary, status: "running", stop_reason: null, progress, usage, active_ms: activeMs },
    pace: sentSince(live.pace, live, { usage, activeMs }),
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
  const { restated } = event;
  if (restated) baseline = { ...baseline, validation: restated.validation };
  const earlier = live.epochs.filter((known) => known.epoch !== epoch.epoch);
  const epochs = [...earlier.map((known) => (known.epoch === restated?.epoch ? restated : known)), epoch];
  return {
    ...live,
    epochs,
    usage: event.usage,
    activeMs: event.active_ms,
    pace: sentSince(live.pace, live, { usage: event.usage, activeMs: event.active_ms }),
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
