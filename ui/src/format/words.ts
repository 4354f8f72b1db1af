import type { MissingCause } from "../api/bindings/MissingCause";
import type { Outcome } from "../api/bindings/Outcome";
import type { Phase } from "../api/bindings/Phase";
import type { RunStatus } from "../api/bindings/RunStatus";
import type { Split } from "../api/bindings/Split";

/** What a run is doing, as a verb. */
export const PHASE_WORDS: Record<Phase, string> = {
  train: "running training examples",
  propose: "writing a proposal",
  validate: "validating",
  decide: "deciding",
  test: "opening the test split",
};

/** A run status as a word with a capital. */
export const STATUS_WORDS: Record<RunStatus, string> = {
  queued: "Queued",
  running: "Running",
  paused: "Paused",
  completed: "Completed",
  cancelled: "Cancelled",
  failed: "Failed",
  interrupted: "Interrupted",
};

/** The class of a status tag. */
export const STATUS_TAG: Record<RunStatus, string> = {
  queued: "",
  running: "a",
  paused: "w",
  completed: "g",
  cancelled: "",
  failed: "b",
  interrupted: "w",
};

/** The splits in their order. */
export const SPLITS: readonly Split[] = ["train", "validation", "test"];

/** How one example ended, in words. */
export const OUTCOME_WORDS: Record<Outcome, string> = { match: "match", no_match: "no match", missing: "missing" };

/** The class of an outcome tag. */
export const OUTCOME_TAG: Record<Outcome, string> = { match: "g", no_match: "b", missing: "w" };

/** Why an example has no answer, in a sentence. */
export const MISSING_WORDS: Record<MissingCause, string> = {
  content_filter: "The provider's content filter withheld the answer.",
  too_long: "The input is too long for the model.",
  rate_limited: "The provider refused for its rate limit until the retries were used up.",
  timeout: "No answer came within the timeout.",
  server_error: "The server failed.",
  network: "The server could not be reached.",
  unreadable_body: "The answer could not be read.",
  refused: "The server refused the request.",
  judge_failed: "The judge gave no score.",
};

/** What a run is doing, in one word. */
export const PHASE_DOING: Record<Phase, string> = {
  train: "training",
  propose: "proposing",
  validate: "validating",
  decide: "deciding",
  test: "testing",
};

/** What the test split is called beside figures on it: it is sealed only as long as no earlier run has opened it. */
export function testName(openedBefore: number): string {
  return openedBefore > 0 ? "test, opened before" : "sealed test";
}
