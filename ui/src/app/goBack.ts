import { walk } from "../features/data/edits.svelte";
import { move, nextHistory, nextName } from "./edits.svelte";
import { app } from "./state.svelte";

type Way = "undo" | "redo";

/** A change of the data that was made before the window opened: the data keeps its own history, which Data walks when nothing newer is left. */
function earlier(way: Way): string | null {
  const dataset = app.screen === "data" ? app.project?.dataset : null;
  return (way === "undo" ? dataset?.can_undo : dataset?.can_redo) ?? null;
}

/** What is taken back or made again next, as it is called; null when there is nothing. */
export function goingBack(way: Way): string | null {
  return nextName(nextHistory(way), way) ?? earlier(way);
}

/** Takes back what was done last, wherever it was done, or makes it again; says which. */
export async function goBack(way: Way): Promise<void> {
  const history = nextHistory(way);
  const project = app.projectId;
  if (nextName(history, way) === null && earlier(way) !== null && project !== null)
    await walk(way, project).catch((error: unknown) => app.fail(error));
  else await move(history, way);
}
