import { call } from "../api/client";
import { connections } from "./connections.svelte";
import { runs } from "./runs.svelte";
import { app } from "./state.svelte";

/** Milliseconds from one look to the next. */
const EVERY = 3_000;

/** Whether another program, the command line most likely, gave the open project a run or data since it was read. */
async function hasMore(): Promise<boolean> {
  const shown = app.project;
  if (!shown) return false;
  const known = await call("known_runs", { project: shown.project.id });
  // It may have been read anew, or left, while this was on its way.
  if (app.project !== shown) return false;
  const newest = shown.runs.reduce((last, run) => Math.max(last, run.id), 0);
  return (
    known.count !== shown.runs.length || (known.last ?? 0) !== newest || known.dataset !== (shown.dataset?.id ?? null)
  );
}

async function lookAtProject(): Promise<void> {
  await runs.lookAfterSilent();
  if (!(await hasMore())) return;
  await connections.load();
  await app.refreshProject();
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
  return keepLooking(lookAtProject);
}
