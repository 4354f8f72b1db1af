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
