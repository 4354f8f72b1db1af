import { call } from "../../api/client";
import type { ProjectSummary } from "../../api/bindings/ProjectSummary";
import { app } from "../../app/state.svelte";
import { offerUndo } from "../../app/undo";
import { homeLists } from "./homeLists.svelte";

async function named({ id }: ProjectSummary, name: string): Promise<void> {
  await call("rename_project", { project: id, name });
  await homeLists.load();
  if (id === app.projectId) await app.refreshProject();
}

/** Rejects with what is wrong with the name. */
export async function renameProject(project: ProjectSummary, name: string): Promise<void> {
  await named(project, name);
  offerUndo(`“${project.name}” is now “${name}”.`, () => named(project, project.name));
}

/** Makes a second project: of everything, or of the data alone. */
export async function duplicateProject({ id }: ProjectSummary, dataOnly: boolean): Promise<void> {
  try {
    const { project: made } = await call("duplicate_project", { project: id, name: "", data_only: dataOnly });
    offerUndo(`“${made.name}” is a project of its own.`, async () => {
      await call("delete_project", { project: made.id });
      if (made.id === app.projectId) app.closeProject();
      await homeLists.load();
    });
    await homeLists.load();
  } catch (error) {
    app.fail(error);
  }
}

/** Takes a project off Home, into the archive or to what is deleted. */
export async function putProjectAway({ id, name }: ProjectSummary, how: "archive" | "delete"): Promise<void> {
  try {
    await call(`${how}_project`, { project: id });
    if (id === app.projectId) app.closeProject();
    offerUndo(`“${name}” is ${how === "archive" ? "archived" : "deleted"}.`, async () => {
      await call("restore_project", { project: id });
      await homeLists.load();
    });
    await homeLists.load();
  } catch (error) {
    app.fail(error);
  }
}
