import type { LiveRun } from "./liveRun";

/** What becomes of the test split of a run that is stopped now. */
export function testIfStopped({ progress }: LiveRun): string {
  return progress?.phase === "test"
    ? "Its test split is being measured: the examples count as opened, and stopped now they give no result. Let it go on, or pause it, to have one."
    : "The run does not open its test split.";
}
