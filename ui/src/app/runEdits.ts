import { call } from "../api/client";
import type { EpochMark } from "../api/bindings/EpochMark";
import type { RunSummary } from "../api/bindings/RunSummary";
import { runs } from "./runs.svelte";
import { app } from "./state.svelte";
import { make } from "./undo";

/** Gives a run another name. */
export async function renameRun(run: RunSummary, wanted: string): Promise<void> {
  const name = wanted.trim();
  if (name === "" || name === run.name) return;
  const to = async (name: string) => {
    runs.replace(await call("rename_run", { run: run.id, name }));
    await app.refreshProject();
  };
  const { project } = run;
  await make({ name: `Rename “${run.name}”`, project, redo: () => to(name), undo: () => to(run.name) });
}

/** Puts a run out of sight, or brings it back; `too` is what the screen does with it, and takes back with it. */
export async function archiveRun(
  run: RunSummary,
  archived: boolean,
  too?: { redo: () => void; undo: () => void; says: string },
): Promise<void> {
  const to = async (wanted: boolean) => {
    runs.replace(await call("archive_run", { run: run.id, archived: wanted }));
    if (wanted === archived) too?.redo();
    else too?.undo();
    await app.refreshProject();
  };
  const name = `${archived ? "Archive" : "Bring back"} “${run.name}”`;
  const edit = { name, project: run.project, redo: () => to(archived), undo: () => to(!archived) };
  const said = [`“${run.name}” is archived: out of sight, nothing is lost.`, too?.says ?? ""].filter(Boolean).join(" ");
  await make(edit, archived ? said : undefined);
}

/** Deletes an ended run; `after` is what the screen does once it is gone. */
export async function deleteRun(run: RunSummary, after: () => void): Promise<void> {
  const redo = async () => {
    await call("delete_run", { run: run.id });
    runs.forget(run.id);
    after();
    await app.refreshProject();
  };
  const undo = async () => {
    await call("restore_run", { run: run.id });
    await app.refreshProject();
  };
  await make({ name: `Delete “${run.name}”`, project: run.project, redo, undo }, `“${run.name}” is deleted.`);
}

/** Stars an epoch of a run of the open project, or notes something beside it. */
export function markEpoch(run: number, before: EpochMark, after: EpochMark): Promise<boolean> {
  const what = before.starred === after.starred ? "Note on" : after.starred ? "Star" : "Take the star from";
  const name = `${what} epoch ${after.epoch}`;
  return make({ name, ...here(), redo: () => runs.mark(run, after), undo: () => runs.mark(run, before) });
}

function here(): { project?: number } {
  return app.projectId === null ? {} : { project: app.projectId };
}
