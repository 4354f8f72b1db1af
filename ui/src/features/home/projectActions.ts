import { call, client, NOTHING } from "../../api/client";
import type { ProjectSummary } from "../../api/bindings/ProjectSummary";
import { runs } from "../../app/runs.svelte";
import { app } from "../../app/state.svelte";
import { edits, type Edit } from "../../app/edits.svelte";
import { sayWritten } from "../../app/saving";
import { make, offerUndo } from "../../app/undo";
import { fileName } from "../../format/fileName";
import { homeLists } from "./homeLists.svelte";

async function named({ id }: ProjectSummary, name: string): Promise<void> {
  await call("rename_project", { project: id, name });
  await homeLists.load();
  if (id === app.projectId) await app.refreshProject();
}

async function put(id: number, how: "archive" | "delete"): Promise<void> {
  await call(`${how}_project`, { project: id });
  if (id === app.projectId) app.closeProject();
  if (how === "delete") runs.forgetProject(id);
  await homeLists.load();
}

async function restore(id: number): Promise<void> {
  await call("restore_project", { project: id });
  await homeLists.load();
}

/** A project that was made, with so many runs: taken back it lies with what is deleted. */
export function making({ id, name }: Pick<ProjectSummary, "id" | "name">, runs = 0): Edit {
  return {
    name: `Make “${name}”`,
    makes: id,
    undo: async () => {
      const made = (await call("list_projects", NOTHING)).find((known) => known.id === id);
      // Runs are more than what was just made.
      if (made && made.runs > runs)
        throw new Error(
          `“${made.name}” has ${runs > 0 ? "further runs" : "runs"} by now, so it stays. Delete it on Home if you do not want it.`,
        );
      await put(id, "delete");
    },
    redo: async () => {
      await restore(id);
      await app.openProject(id, "data");
    },
  };
}

/** Makes a project and shows it; rejects with what is wrong with the name. */
export async function createProject(name: string): Promise<void> {
  const view = await call("create_project", { name });
  app.show(view, "data");
  edits.record(making(view.project));
}

/** Asks where to and writes a whole project there. */
export async function exportProject({ id, name }: ProjectSummary): Promise<void> {
  try {
    const path = await client().exportProject(id, `${fileName(name)}.mlprompt`);
    if (path !== null) sayWritten(path, `The project is in ${path}. No key is in it.`);
  } catch (error) {
    app.fail(error);
  }
}

/** Rejects with what is wrong with the name. */
export async function renameProject(project: ProjectSummary, name: string): Promise<void> {
  await named(project, name);
  offerUndo(`“${project.name}” is now “${name}”.`, {
    name: `Rename “${project.name}”`,
    undo: () => named(project, project.name),
    redo: () => named(project, name),
  });
}

/** Makes a second project: of everything, or of the data alone. */
export async function duplicateProject({ id, name }: ProjectSummary, dataOnly: boolean): Promise<void> {
  try {
    const { project: made } = await call("duplicate_project", { project: id, name: "", data_only: dataOnly });
    await homeLists.load();
    offerUndo(`“${made.name}” is a project of its own.`, {
      name: `Duplicate “${name}”`,
      undo: () => put(made.id, "delete"),
      redo: () => restore(made.id),
    });
  } catch (error) {
    app.fail(error);
  }
}

/** Takes a project off Home, into the archive or to what is deleted. */
export async function putProjectAway({ id, name }: ProjectSummary, how: "archive" | "delete"): Promise<void> {
  const edit = {
    name: `${how === "archive" ? "Archive" : "Delete"} “${name}”`,
    undo: () => restore(id),
    redo: () => put(id, how),
  };
  await make(edit, `“${name}” is ${how === "archive" ? "archived" : "deleted"}.`);
}
