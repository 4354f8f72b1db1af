import type { RunSummary } from "../api/bindings/RunSummary";
import { shownRun } from "../features/train/run/shown";
import { place } from "../features/train/place.svelte";
import { app } from "./state.svelte";

/** Shows a run on Train, of whichever project it is. */
export function showRun({ project, id }: RunSummary): void {
  if (project !== app.projectId || shownRun() !== id) place.show(project, id);
  if (project === app.projectId) app.navigate("train");
  else void app.openProject(project, "train");
}
