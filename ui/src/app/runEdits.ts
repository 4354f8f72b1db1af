import { call } from "../api/client";
import type { EpochMark } from "../api/bindings/EpochMark";
import type { RunSummary } from "../api/bindings/RunSummary";
import { edits, move } from "./edits.svelte";
import { runs } from "./runs.svelte";
import { app } from "./state.svelte";

/** Makes a change and takes note of how it is taken back; a failure is said. */
async function make(name: string, redo: () => Promise<void>, undo: () => Promise<void>): Promise<boolean> {
  try {
    await redo();
    edits.record({ name, redo, undo });
    return true;
  } catch (error) {
    app.fail(error);
    return false;
  }
}

/** Gives a run another name. */
export async function renameRun(run: RunSummary, wanted: string): Promise<void> {
  const name = wanted.trim();
  if (name === "" || name === run.name) return;
  const to = async (name: string) => {
    runs.replace(await call("rename_run", { run: run.id, name }));
    await app.refreshProject();
  };
  await make(
    `Rename “${run.name}”`,
    () => to(name),
    () => to(run.name),
  );
}

/** Puts a run out of sight, or brings it back. */
export async function archiveRun(run: RunSummary, archived: boolean): Promise<void> {
  const to = async (archived: boolean) => {
    runs.replace(await call("archive_run", { run: run.id, archived }));
    await app.refreshProject();
  };
  const name = `${archived ? "Archive" : "Bring back"} “${run.name}”`;
  const done = await make(
    name,
    () => to(archived),
    () => to(!archived),
  );
  if (done && archived) {
    app.notify({
      kind: "info",
      message: `“${run.name}” is archived: out of sight, nothing is lost.`,
      action: { name: "Undo", run: () => void move(edits, "undo") },
    });
  }
}

/** Stars an epoch, or notes something beside it. */
export async function markEpoch(run: number, before: EpochMark, after: EpochMark): Promise<void> {
  const what = before.starred === after.starred ? "Note on" : after.starred ? "Star" : "Take the star from";
  await make(
    `${what} epoch ${after.epoch}`,
    () => runs.mark(run, after),
    () => runs.mark(run, before),
  );
}
