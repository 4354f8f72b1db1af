import { call } from "../../api/client";
import { app } from "../../app/state.svelte";
import { make, offerUndo } from "../../app/undo";
import { showDataset } from "./edits.svelte";

/** Rejects with what is wrong with the name. */
export async function renameDataset(project: number, before: string, name: string): Promise<void> {
  const rename = async (to: string) => showDataset(project, await call("rename_dataset", { project, name: to }));
  await rename(name);
  offerUndo(`“${before}” is now “${name}”.`, {
    name: `Rename the data “${before}”`,
    project,
    undo: () => rename(before),
    redo: () => rename(name),
  });
}

/** Makes a project of its own with the same examples. */
export async function duplicateDataset(project: number): Promise<void> {
  try {
    const view = await call("duplicate_project", { project, name: "", data_only: true });
    const made = view.project;
    app.show(view, "data");
    offerUndo(`“${made.name}” is a project of its own with the same examples.`, {
      name: "Duplicate the data",
      undo: async () => {
        await call("delete_project", { project: made.id });
        await app.openProject(project, "data");
      },
      redo: async () => {
        await call("restore_project", { project: made.id });
        await app.openProject(made.id, "data");
      },
    });
  } catch (error) {
    app.fail(error);
  }
}

/** Takes the dataset out of its project, into the archive or to what is deleted. */
export async function putDatasetAway(project: number, dataset: string, how: "archive" | "delete"): Promise<void> {
  let id = 0;
  const redo = async () => {
    ({ id } = await call(`${how}_dataset`, { project }));
    await refresh(project);
  };
  const undo = async () => {
    await call("restore_dataset", { dataset: id });
    await refresh(project);
  };
  const name = `${how === "archive" ? "Archive" : "Delete"} the data “${dataset}”`;
  const message = `“${dataset}” is ${how === "archive" ? "archived" : "deleted"}. Runs keep their examples.`;
  await make({ name, project, redo, undo }, message);
}

async function refresh(project: number): Promise<void> {
  if (app.projectId === project) await app.refreshProject();
}
