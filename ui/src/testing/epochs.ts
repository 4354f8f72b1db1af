import type { Decision } from "../api/bindings/Decision";
import type { EpochSummary } from "../api/bindings/EpochSummary";
import type { Score } from "../api/bindings/Score";
import type { Usage } from "../api/bindings/Usage";

export function scoreOf(value: number, n = 100): Score {
  return { score: value, n, missing: 0, low: Math.max(0, value - 0.05), high: Math.min(1, value + 0.05) };
}

export function usageOf(calls: number): Usage {
  const role = {
    calls,
    cached: 0,
    retries: 0,
    prompt_tokens: calls * 100,
    completion_tokens: calls * 5,
    cached_tokens: 0,
    estimated: 0,
    saved: 0,
    cost: 0,
  };
  const none = { ...role, calls: 0, prompt_tokens: 0, completion_tokens: 0 };
  const made = { candidates: 0, proposals: 0, gated: 0, validated: 0 };
  return { ...role, ...made, failed: 0, spared: 0, by_role: { primary: role, optimizer: none, judge: none } };
}

/** An epoch that took ten seconds and a hundred calls, as all before it. */
export function epochOf(epoch: number, decision: Decision, validation: number | null): EpochSummary {
  return {
    epoch,
    decision,
    reason: `because of ${epoch}`,
    train: scoreOf(0.5),
    validation: validation === null ? null : scoreOf(validation),
    bound: null,
    delta: null,
    p: null,
    fixed: 0,
    broken: 0,
    usage: usageOf(100 * (epoch + 1)),
    decided_at: 0,
    active_ms: 10_000 * (epoch + 1),
  };
}
