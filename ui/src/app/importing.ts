import type { ProjectSummary } from "../api/bindings/ProjectSummary";
import { call, client } from "../api/client";
import { counted } from "../format/count";
import type { Edit } from "./edits.svelte";
import { making } from "../features/home/projectActions";
import { app } from "./state.svelte";
import { offerUndo } from "./undo";

/** Asks for files and opens the import sheet on them, or takes a project in. */
export async function importFiles(): Promise<void> {
  try {
    await receiveFiles(await client().pickFiles());
  } catch (error) {
    app.fail(error);
  }
}

function isProject(path: string): boolean {
  return path.toLowerCase().endsWith(".mlprompt");
}

/** Files that were dropped or chosen: a whole project is taken in, everything else goes to the import sheet. */
export async function receiveFiles(paths: string[]): Promise<void> {
  if (!paths.some(isProject)) {
    app.startImport(paths);
    return;
  }
  if (!paths.every(isProject)) {
    app.notify({ kind: "bad", message: "Drop projects (.mlprompt) and data files one after the other." });
    return;
  }
  for (const path of paths) await takeIn(path);
}

/** A project that was taken in. Its runs came with it and are in its file still; it goes even so, until there is more of them. */
function taking(project: ProjectSummary): Edit {
  return { ...making(project, project.runs), name: `Take in “${project.name}”` };
}

async function takeIn(path: string): Promise<void> {
  try {
    const { view, new_connections } = await call("import_project", { path });
    app.show(view);
    const { name, rows, runs } = view.project;
    const contents = `“${name}” is here, with ${counted(rows, "example")} and ${counted(runs, "run")}.`;
    const keys =
      new_connections.length > 0
        ? ` Enter the keys of ${new_connections.join(", ")} in Connections before a run goes on.`
        : "";
    offerUndo(contents + keys, taking(view.project), "good");
  } catch (error) {
    app.fail(error);
  }
}
