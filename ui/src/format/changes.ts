import type { EpochSummary } from "../api/bindings/EpochSummary";
import { count } from "./count";
import { realMinus } from "./sentence";

/** Half of the last digit that is shown of a score: two ways to one difference that are no further apart say the same. */
const ROUNDING = 0.0005;

/** Validation examples were answered under the epoch's proposal and under the best before it: what it fixed and broke is known. */
export function isCompared(epoch: EpochSummary): boolean {
  return epoch.delta !== null || epoch.bound !== null;
}

/** Validation examples were answered under its prompts, all of them or a part. */
export function isMeasured(epoch: EpochSummary): boolean {
  return epoch.validation !== null || epoch.bound !== null;
}

/** Of which part a validation that was stopped early tells: "of 31 of 54 answered"; empty for a whole one. */
export function partWords({ bound }: EpochSummary): string {
  return bound ? `of ${count(bound.n)} of ${count(bound.of)} answered` : "";
}

/** The epoch whose prompts were the best when this one began. */
function bestBefore(epochs: readonly EpochSummary[], { epoch }: EpochSummary): EpochSummary | undefined {
  return epochs.findLast(
    (known) => known.epoch < epoch && (known.decision === "accepted" || known.decision === "baseline"),
  );
}

/**
 * Over which examples a difference is, where the epoch and the best before it do not have the same answers: "on the 48 that both
 * answered". Such a difference is not that of their two scores. Empty where it is.
 */
export function commonWords(
  epochs: readonly EpochSummary[],
  epoch: EpochSummary,
  common: number | null = null,
): string {
  const [before, after] = [bestBefore(epochs, epoch)?.validation, epoch.validation];
  if (epoch.delta === null || !before || !after) return "";
  const apart = Math.abs(after.score - before.score - epoch.delta) > ROUNDING;
  if (before.n === after.n && !apart) return "";
  // Where one side has all its answers, the other side's are those that both have.
  const both = common ?? (before.missing === 0 ? after.n : after.missing === 0 ? before.n : null);
  return both === null ? "on those that both answered" : `on the ${count(both)} that both answered`;
}

/** Why an epoch has nothing to show of validation. */
export function unmeasuredWords(epoch: EpochSummary): string {
  const because = epoch.reason === "" ? "" : ` ${realMinus(epoch.reason)}`;
  return isMeasured(epoch)
    ? `No validation example was answered both before this epoch and under it.${because}`
    : `Not measured: no validation example was asked in this epoch.${because}`;
}

/** A reason short enough for a card: its first clause. */
export function firstClause(reason: string): string {
  const end = /[:;]\s|\.(\s|$)|\s\(/.exec(reason);
  return end ? reason.slice(0, end.index) : reason;
}

/** What the epoch alone took, where figures are those of the run until it. */
export function ownCalls(epochs: readonly EpochSummary[], at: number): number {
  return (epochs[at]?.usage.calls ?? 0) - (epochs[at - 1]?.usage.calls ?? 0);
}
