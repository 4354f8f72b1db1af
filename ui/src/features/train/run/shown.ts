import { runs } from "../../../app/runs.svelte";
import { app } from "../../../app/state.svelte";
import { place } from "../place.svelte";

/** The run of the open project that is shown where none is chosen: one that goes on, or else the newest. */
export function usualRun(): number | null {
  const { project, runs: known } = app.project ?? {};
  if (!project || !known) return null;
  return runs.active.find(({ summary }) => summary.project === project.id)?.summary.id ?? known[0]?.id ?? null;
}

/** The run that Train shows; null where that is the form of a new one. */
export function shownRun(): number | null {
  const { project, runs: known } = app.project ?? {};
  if (!project || !known) return null;
  const chosen = place.run(project.id);
  if (chosen === "new") return null;
  // A run just started may not be in the list yet.
  const there = chosen !== null && (known.some(({ id }) => id === chosen) || runs.get(chosen) !== undefined);
  return there ? chosen : usualRun();
}
