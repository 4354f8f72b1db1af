import { call } from "../../api/client";
import { app } from "../../app/state.svelte";
import { offerUndo } from "../../app/undo";
import { showDataset } from "./edits.svelte";

/** Rejects with what is wrong with the name. */
export async function renameDataset(project: number, before: string, name: string): Promise<void> {
  const rename = async (to: string) => showDataset(project, await call("rename_dataset", { project, name: to }));
  await rename(name);
  offerUndo(`“${before}” is now “${name}”.`, () => rename(before));
}

/** Makes a project of its own with the same examples. */
export async function duplicateDataset(project: number): Promise<void> {
  try {
    const view = await call("duplicate_project", { project, name: "", data_only: true });
    app.show(view, "data");
    offerUndo(`“${view.project.name}” is a project of its own with the same examples.`, async () => {
      await call("delete_project", { project: view.project.id });
      await app.openProject(project, "data");
    });
  } catch (error) {
    app.fail(error);
  }
}

/** Takes the dataset out of its project, into the archive or to what is deleted. */
export async function putDatasetAway(project: number, how: "archive" | "delete"): Promise<void> {
  try {
    const { id, name } = await call(`${how}_dataset`, { project });
    await refresh(project);
    offerUndo(`“${name}” is ${how === "archive" ? "archived" : "deleted"}. Runs keep their examples.`, async () => {
      await call("restore_dataset", { dataset: id });
      await refresh(project);
    });
  } catch (error) {
    app.fail(error);
  }
}

async function refresh(project: number): Promise<void> {
  if (app.projectId === project) await app.refreshProject();
}
