import { SvelteMap } from "svelte/reactivity";
import { call } from "../api/client";
import type { RunSummary } from "../api/bindings/RunSummary";
import { hasEnded, isMoving } from "./liveRun";
import { runs } from "./runs.svelte";
import { app } from "./state.svelte";

/** What a run was told and has not done yet: calls in flight come to their end first. */
export type Wish = "pausing" | "stopping" | "finishing";

const wishes = new SvelteMap<number, Wish>();

/** What a run is about to do; null when it does nothing but what its status says. */
export function wishOf(run: RunSummary): Wish | null {
  const wish = wishes.get(run.id);
  return wish && IS_OPEN[wish](run) ? wish : null;
}

/** Whether a run has still to do it. */
const IS_OPEN: Record<Wish, (run: RunSummary) => boolean> = {
  pausing: ({ status }) => isMoving(status),
  stopping: ({ status }) => !hasEnded(status),
  // Once the test split is open that is what the run says of itself.
  finishing: ({ status, progress }) => !hasEnded(status) && progress?.phase !== "test",
};

/** Runs with a wish that moved since it was told. */
const underWay = new Set<number>();

// What was done is wished no longer: the run may go on later because another program lets it. One that stood still when it was told
// something stands so until it does it; one that moved has done it when it stands.
$effect.root(() => {
  $effect(() => {
    for (const { summary } of runs.known) {
      const { id, status } = summary;
      const wish = wishes.get(id);
      if (!wish) underWay.delete(id);
      else if (isMoving(status)) underWay.add(id);
      else if (underWay.delete(id) || !IS_OPEN[wish](summary)) wishes.delete(id);
    }
  });
});

/** Forgets every wish; for tests, which share this module. */
export function forgetWishes(): void {
  wishes.clear();
  underWay.clear();
}

type Order = "pause_run" | "resume_run" | "stop_run" | "finish_run" | "retry_missing";

async function tell(command: Order, run: number, wish: Wish | null): Promise<void> {
  if (wish) wishes.set(run, wish);
  else wishes.delete(run);
  try {
    await call(command, { run });
    // One that waited tells nothing by itself.
    await runs.watch(run);
  } catch (error) {
    wishes.delete(run);
    app.fail(error);
  }
}

export const pauseRun = (run: number): Promise<void> => tell("pause_run", run, "pausing");
export const stopRun = (run: number): Promise<void> => tell("stop_run", run, "stopping");
export const finishRun = (run: number): Promise<void> => tell("finish_run", run, "finishing");
export const resumeRun = (run: number): Promise<void> => tell("resume_run", run, null);
export const retryMissing = (run: number): Promise<void> => tell("retry_missing", run, null);

/** A status as it is shown: what was asked for shows at once. */
export const WISH_WORDS: Record<Wish, string> = {
  pausing: "Pausing…",
  stopping: "Stopping…",
  finishing: "Finishing…",
};
