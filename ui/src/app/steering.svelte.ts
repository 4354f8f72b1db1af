import { SvelteMap } from "svelte/reactivity";
import { call } from "../api/client";
import type { RunSummary } from "../api/bindings/RunSummary";
import { hasEnded, isMoving } from "./liveRun";
import { runs } from "./runs.svelte";
import { app } from "./state.svelte";

/** What a run was told and has not done yet: calls in flight come to their end first. */
export type Wish = "pausing" | "stopping";

const wishes = new SvelteMap<number, Wish>();

/** What a run is about to do; null when it does nothing but what its status says. */
export function wishOf({ id, status }: RunSummary): Wish | null {
  const wish = wishes.get(id);
  const open = wish === "pausing" ? isMoving(status) : wish === "stopping" && !hasEnded(status);
  return open && wish ? wish : null;
}

/** Forgets every wish; for tests, which share this module. */
export function forgetWishes(): void {
  wishes.clear();
}

async function tell(command: "pause_run" | "resume_run" | "stop_run", run: number, wish: Wish | null): Promise<void> {
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
export const resumeRun = (run: number): Promise<void> => tell("resume_run", run, null);

/** A status as it is shown: what was asked for shows at once. */
export const WISH_WORDS: Record<Wish, string> = { pausing: "Pausing…", stopping: "Stopping…" };
