import { call } from "../../api/client";
import type { Edit } from "../../app/edits.svelte";
import { app } from "../../app/state.svelte";
import { versionEdit } from "../data/edits.svelte";

/** An import into a project, with the prompts of the file that were taken: taken back it is as if the file had never come. */
export function importEdit(project: number, replaced: number | null, imported: number, taken: Edit | null): Edit {
  const data = replaced === null ? firstData(project, imported) : versionEdit("Import", project, replaced, imported);
  return {
    name: "Import",
    project,
    undo: () => Promise.all([data.undo(), taken?.undo()]),
    redo: () => Promise.all([data.redo(), taken?.redo()]),
    get dataset() {
      return data.dataset;
    },
    get from() {
      return data.from;
    },
  };
}

/** The first data of a project: before it there was none. */
function firstData(project: number, imported: number): Edit {
  let dataset = imported;
  const refresh = () => (app.projectId === project ? app.refreshProject() : undefined);
  return {
    name: "Import",
    project,
    undo: async () => {
      dataset = (await call("delete_dataset", { project })).id;
      await refresh();
    },
    redo: async () => {
      dataset = (await call("restore_dataset", { dataset })).id;
      await refresh();
    },
    get dataset() {
      return dataset;
    },
  };
}
