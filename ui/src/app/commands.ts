import { call } from "../api/client";
import { EVERY_EXAMPLE } from "../api/filter";
import type { ProjectSummary } from "../api/bindings/ProjectSummary";
import { counted } from "../format/count";
import { importFiles } from "./importing";
import { inspector } from "./inspector.svelte";
import { runs } from "./runs.svelte";
import { app, PROJECT_SCREENS } from "./state.svelte";

/** One line of the palette. */
export type PaletteCommand = { id: string; name: string; detail?: string; keys?: string; run: () => void };

async function showExample(number: number): Promise<void> {
  const view = app.project;
  if (!view?.dataset) return;
  try {
    const page = await call("list_examples", {
      project: view.project.id,
      filter: { ...EVERY_EXAMPLE, number },
      sort: null,
      offset: 0,
      limit: 1,
    });
    const [example] = page.rows;
    if (example) inspector.show({ example, columns: view.dataset.columns, sides: [] });
  } catch (error) {
    app.fail(error);
  }
}

function runCommands(): PaletteCommand[] {
  return runs.active.map((run) => {
    const paused = run.summary.status === "paused";
    return {
      id: `run-${run.summary.id}`,
      name: `${paused ? "Resume" : "Pause"} run “${run.summary.name}”`,
      run: () => {
        const id = run.summary.id;
        const sent = paused
          ? call("resume_run", { run: id }).then(() => runs.watch(id))
          : call("pause_run", { run: id });
        sent.catch((error: unknown) => app.fail(error));
      },
    };
  });
}

/** Everything the palette can do for what was typed, best first. */
export function paletteCommands(query: string, projects: ProjectSummary[]): PaletteCommand[] {
  const all: PaletteCommand[] = [];
  const number = /^#?(\d+)$/.exec(query.trim());
  const rows = app.project?.dataset?.rows ?? 0;
  if (number && Number(number[1]) >= 1 && Number(number[1]) <= rows) {
    all.push({ id: "example", name: `Show example ${number[1]}`, run: () => void showExample(Number(number[1])) });
  }
  if (app.project) {
    PROJECT_SCREENS.forEach(({ screen, name }, index) =>
      all.push({ id: screen, name: `Go to ${name}`, keys: String(index + 1), run: () => app.navigate(screen) }),
    );
  }
  all.push(...runCommands());
  for (const project of projects) {
    if (project.id === app.projectId) continue;
    all.push({
      id: `project-${project.id}`,
      name: `Open ${project.name}`,
      detail: project.rows > 0 ? counted(project.rows, "example") : "no examples yet",
      run: () => void app.openProject(project.id),
    });
  }
  const dark = document.documentElement.dataset.theme === "dark";
  all.push(
    { id: "home", name: "Go to all projects", run: () => app.navigate("home") },
    { id: "import", name: "Import files…", keys: "Ctrl O", run: () => void importFiles() },
    { id: "connections", name: "Connections…", run: () => (app.sheet = "connections") },
    { id: "settings", name: "Settings…", run: () => (app.sheet = "settings") },
    {
      id: "theme",
      name: dark ? "Use the light theme" : "Use the dark theme",
      run: () => void app.saveSettings({ ...app.settings, theme: dark ? "light" : "dark" }),
    },
    { id: "shortcuts", name: "Show the shortcuts", keys: "?", run: () => (app.sheet = "shortcuts") },
  );
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter(
    (command) => command.id === "example" || words.every((word) => command.name.toLowerCase().includes(word)),
  );
}
