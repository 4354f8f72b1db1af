import type { RunSummary } from "../api/bindings/RunSummary";
import {
  createProject,
  duplicateProject,
  exportProject,
  putProjectAway,
  renameProject,
} from "../features/home/projectActions";
import type { PaletteCommand } from "./commands";
import { archiveRun, renameRun } from "./runEdits";
import { samples } from "./samples.svelte";
import { app } from "./state.svelte";

/** Asks for a new project's name, and shows the project. */
export function askNewProject(): void {
  app.naming = {
    title: "New project",
    action: "Create",
    value: "",
    hint: "You import its examples next.",
    submit: createProject,
  };
}

/** Where projects come from. */
export function beginningCommands(): PaletteCommand[] {
  return [
    { id: "new-project", name: "New project…", run: askNewProject },
    ...samples.list.map((sample) => ({
      id: `sample-${sample.id}`,
      name: `Open the sample “${sample.name}”`,
      detail: sample.description,
      also: "example demo",
      run: () => void samples.open(sample),
    })),
  ];
}

/** What is done with the open project as a whole. */
export function projectCommands(): PaletteCommand[] {
  const project = app.project?.project;
  if (!project) return [];
  const { name } = project;
  return [
    {
      id: "rename-project",
      name: "Rename project…",
      detail: name,
      run: () =>
        (app.naming = {
          title: "Rename project",
          action: "Rename",
          value: name,
          submit: (wanted) => renameProject(project, wanted),
        }),
    },
    {
      id: "duplicate-project",
      name: "Duplicate project",
      detail: name,
      run: () => void duplicateProject(project, false),
    },
    {
      id: "export-project",
      name: "Export project…",
      detail: "as one file, without keys",
      also: "backup share",
      run: () => void exportProject(project),
    },
    {
      id: "clear-answers",
      name: "Clear kept answers…",
      detail: name,
      also: "cache disk forget buy again",
      run: () => (app.clearing = project),
    },
    {
      id: "archive-project",
      name: "Archive project",
      detail: name,
      run: () => void putProjectAway(project, "archive"),
    },
    { id: "delete-project", name: "Delete project", detail: name, run: () => void putProjectAway(project, "delete") },
  ];
}

/** What is done with a run as a whole. */
export function runKeepingCommands(run: RunSummary): PaletteCommand[] {
  const { id, name, archived } = run;
  return [
    {
      id: `rename-run-${id}`,
      name: `Rename run “${name}”…`,
      run: () =>
        (app.naming = {
          title: "Rename run",
          action: "Rename",
          value: name,
          submit: (wanted) => renameRun(run, wanted),
        }),
    },
    {
      id: `archive-run-${id}`,
      name: `${archived ? "Bring back" : "Archive"} run “${name}”`,
      run: () => void archiveRun(run, !archived),
    },
  ];
}
