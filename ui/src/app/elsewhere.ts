import { call } from "../api/client";
import type { KnownRuns } from "../api/bindings/KnownRuns";
import type { RunSummary } from "../api/bindings/RunSummary";
import { connections } from "./connections.svelte";
import { hasEnded, isMoving } from "./liveRun";
import { runs } from "./runs.svelte";
import { app } from "./state.svelte";

/** Milliseconds from one look to the next. */
const EVERY = 3_000;
/** What reading the project anew did not put right is tried again after so long, not at every look. */
const AGAIN = 30_000;

/** Whether a run moves, waits or has ended as it is shown. One that is followed tells its changes by itself. */
function isAsShown(run: RunSummary, { moving, waiting }: KnownRuns): boolean {
  if (runs.isFollowed(run.id)) return true;
  const { status } = runs.summary(run);
  const waits = !isMoving(status) && !hasEnded(status);
  return moving.includes(run.id) === isMoving(status) && waiting.includes(run.id) === waits;
}

/**
 * What the open project has, where another program, the command line most likely, gave it a run or data since it was read, or let a run go
 * on, stand still or end; null where it is as it is shown.
 */
async function newsOfProject(): Promise<KnownRuns | null> {
  const shown = app.project;
  if (!shown) return null;
  const known = await call("known_runs", { project: shown.project.id });
  // It may have been read anew, or left, while this was on its way.
  if (app.project !== shown) return null;
  const newest = (part: (run: RunSummary) => number | null) =>
    shown.runs.reduce((last, run) => Math.max(last, part(run) ?? 0), 0);
  const same =
    known.count === shown.runs.length &&
    (known.last ?? 0) === newest(({ id }) => id) &&
    known.dataset === (shown.dataset?.id ?? null) &&
    // A run that was retried and has ended again stands as it did.
    (known.ended_at ?? 0) === newest(({ ended_at: endedAt }) => endedAt) &&
    shown.runs.every((run) => isAsShown(run, known));
  return same ? null : known;
}

function lookingAtProject(): () => Promise<void> {
  /** The news that the project was read anew for, and when; null once it is as it is shown. */
  let told: { news: string; at: number } | null = null;
  return async () => {
    await runs.lookAfterSilent();
    const found = await newsOfProject();
    const news = JSON.stringify(found);
    if (found && told?.news === news && Date.now() - told.at < AGAIN) return;
    told = found && { news, at: Date.now() };
    if (!found) return;
    await connections.load();
    await app.refreshProject();
  };
}

/** Looks for what other programs add every few seconds while the window is seen, and when it comes to the front, until told to stop. */
export function keepLooking(look: () => Promise<void>): () => void {
  let looking = false;
  const now = async () => {
    if (document.hidden || looking) return;
    looking = true;
    try {
      await look();
    } catch {
      // Whoever asks next says what is wrong.
    } finally {
      looking = false;
    }
  };
  const onnow = () => void now();
  const timer = setInterval(onnow, EVERY);
  addEventListener("focus", onnow);
  document.addEventListener("visibilitychange", onnow);
  return () => {
    clearInterval(timer);
    removeEventListener("focus", onnow);
    document.removeEventListener("visibilitychange", onnow);
  };
}

/** Keeps the open project up to date with what other programs add to it, until told to stop. */
export function watchElsewhere(): () => void {
  return keepLooking(lookingAtProject());
}
