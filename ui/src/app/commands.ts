import { call, client } from "../api/client";
import { EVERY_EXAMPLE } from "../api/filter";
import type { ProjectSummary } from "../api/bindings/ProjectSummary";
import type { RunSummary } from "../api/bindings/RunSummary";
import type { PromptVersion } from "../api/bindings/PromptVersion";
import { place } from "../features/train/place.svelte";
import { counted } from "../format/count";
import { fileName } from "../format/fileName";
import { percent } from "../format/percent";
import { STATUS_WORDS } from "../format/words";
import { edits, move } from "./edits.svelte";
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

/** What the palette knows beside the open project: read when it opens. */
export interface PaletteData {
  projects: readonly ProjectSummary[];
  versions: readonly PromptVersion[];
}

function attempt(work: Promise<unknown>): void {
  work.catch((error: unknown) => app.fail(error));
}

/** Runs that go on, the one of the open project first. */
function inOrder() {
  const own = runs.active.find(({ summary }) => summary.project === app.projectId);
  return own ? [own, ...runs.active.filter((live) => live !== own)] : [...runs.active];
}

/** What can be done with further runs that go on, and a way to every run of the project. */
function runCommands(): PaletteCommand[] {
  const list: PaletteCommand[] = [];
  const [, ...others] = inOrder();
  for (const { summary } of others) {
    const { id, name, status } = summary;
    const paused = status === "paused";
    const resume = () => attempt(call("resume_run", { run: id }).then(() => runs.watch(id)));
    list.push({
      id: `steer-${id}`,
      name: `${paused ? "Resume" : "Pause"} run “${name}”`,
      run: paused ? resume : () => attempt(call("pause_run", { run: id })),
    });
  }
  const project = app.projectId;
  const measured = project === null ? undefined : measuredRun(project);
  for (const known of app.project?.runs ?? []) {
    const run = runs.summary(known);
    const best = run.best.validation ? `, ${percent(run.best.validation.score)}` : "";
    if (run.best.validation && run.id !== measured?.id) {
      list.push({
        id: `ship-${run.id}`,
        name: `Ship the best prompts of “${run.name}”…`,
        detail: `#${run.id}, as text, code or configuration`,
        run: () => app.ship({ kind: "run", point: { run: run.id, epoch: null } }),
      });
    }
    list.push({
      id: `run-${run.id}`,
      name: `Open run “${run.name}”`,
      detail: `#${run.id}, ${STATUS_WORDS[run.status].toLowerCase()}${best}${run.archived ? ", archived" : ""}`,
      run: () => {
        place.show(run.project, run.id);
        app.navigate("train");
      },
    });
  }
  return list;
}

/** Epochs of the run that Train shows. */
function epochCommands(project: number): PaletteCommand[] {
  const shown = place.run(project);
  const live = typeof shown === "number" ? runs.get(shown) : undefined;
  return (live?.epochs ?? []).map((epoch) => ({
    id: `epoch-${epoch.epoch}`,
    name: `Go to ${epoch.epoch === 0 ? "the baseline" : `epoch ${epoch.epoch}`} of “${live?.summary.name ?? ""}”`,
    detail: epoch.decision,
    run: () => {
      place.show(project, live!.summary.id, epoch.epoch);
      app.navigate("train");
    },
  }));
}

function versionCommands(versions: readonly PromptVersion[]): PaletteCommand[] {
  return versions.map((version) => ({
    id: `version-${version.number}`,
    name: `Show prompt version ${version.number}`,
    detail: [
      version.run_name === null ? "by hand" : `epoch ${version.epoch} of ${version.run_name}`,
      ...(version.validation ? [percent(version.validation.score)] : []),
      ...(version.note === "" ? [] : [version.note]),
    ].join(", "),
    run: () => {
      app.wantedVersion = version.number;
      app.navigate("prompts");
    },
  }));
}

const THEMES = [
  { theme: "light", words: "Use the light theme" },
  { theme: "dark", words: "Use the dark theme" },
  { theme: "contrast", words: "Use high contrast" },
  { theme: "system", words: "Use the system's theme" },
];

function windowCommands(): PaletteCommand[] {
  const { settings } = app;
  const resize = (by: number) => {
    const text_size = Math.min(200, Math.max(80, settings.text_size + by));
    void app.saveSettings({ ...settings, text_size });
  };
  return [
    { id: "home", name: "Go to all projects", run: () => app.navigate("home") },
    { id: "import", name: "Import files…", keys: "Ctrl O", run: () => void importFiles() },
    { id: "connections", name: "Connections…", run: () => (app.sheet = "connections") },
    { id: "settings", name: "Settings…", run: () => (app.sheet = "settings") },
    ...THEMES.filter(({ theme }) => theme !== settings.theme).map(({ theme, words }) => ({
      id: `theme-${theme}`,
      name: words,
      run: () => void app.saveSettings({ ...settings, theme }),
    })),
    { id: "larger", name: "Make text larger", detail: `${settings.text_size} percent`, run: () => resize(10) },
    { id: "smaller", name: "Make text smaller", detail: `${settings.text_size} percent`, run: () => resize(-10) },
    { id: "copy", name: "Save a copy of the database…", run: () => attempt(client().saveCopy()) },
    { id: "shortcuts", name: "Show the shortcuts", keys: "?", run: () => (app.sheet = "shortcuts") },
  ];
}

/** What the run that goes on, or the shown one, can be told; the menu bar has them as well. */
function currentRunCommands(project: number | null): PaletteCommand[] {
  const list: PaletteCommand[] = [];
  const [active] = inOrder();
  if (active) {
    const { id, name, status } = active.summary;
    const steer =
      status === "paused"
        ? () => attempt(call("resume_run", { run: id }).then(() => runs.watch(id)))
        : () => attempt(call("pause_run", { run: id }));
    list.push({ id: "steer", name: `${status === "paused" ? "Resume" : "Pause"} run “${name}”`, run: steer });
    list.push({ id: "stop", name: `Stop run “${name}”…`, run: () => (app.stopping = id) });
  }
  const shown = project === null ? undefined : measuredRun(project);
  if (shown) {
    const point = { run: shown.id, epoch: null };
    list.push({
      id: "ship",
      name: `Ship the best prompts of “${shown.name}”…`,
      detail: "as text, code or configuration",
      run: () => app.ship({ kind: "run", point }),
    });
    list.push({
      id: "report",
      name: `Save report of “${shown.name}” (HTML page)`,
      run: () => attempt(saveReport(shown.id, shown.name)),
    });
  }
  return list;
}

/** The run that Train shows, or the first one with a score. */
function measuredRun(project: number): RunSummary | undefined {
  const scored = (app.project?.runs ?? []).map((known) => runs.summary(known)).filter((run) => run.best.validation);
  return scored.find((run) => run.id === place.run(project)) ?? scored[0];
}

async function saveReport(run: number, name: string): Promise<void> {
  const { text } = await call("export_run", { run, format: "html" });
  const file = `${fileName(name)}.html`;
  if (await client().saveText(file, text)) app.notify({ kind: "good", message: `Saved ${file}.` });
}

/** What the screens offer as they stand. */
function screenCommands(project: number | null): PaletteCommand[] {
  const all: PaletteCommand[] = [];
  if (project !== null) {
    PROJECT_SCREENS.forEach(({ screen, name }, index) =>
      all.push({ id: screen, name: `Go to ${name}`, keys: String(index + 1), run: () => app.navigate(screen) }),
    );
    all.push({
      id: "new-run",
      name: "New run…",
      run: () => {
        place.startNew(project);
        app.navigate("train");
      },
    });
  }
  if (project !== null && app.project?.dataset) {
    all.push({ id: "export-examples", name: "Export examples…", run: () => app.startExport(EVERY_EXAMPLE) });
  }
  if (edits.toUndo !== null) {
    all.push({ id: "undo", name: `Undo: ${edits.toUndo}`, keys: "Ctrl Z", run: () => void move(edits, "undo") });
  }
  if (edits.toRedo !== null) {
    all.push({ id: "redo", name: `Redo: ${edits.toRedo}`, keys: "Ctrl Shift Z", run: () => void move(edits, "redo") });
  }
  return [...all, ...currentRunCommands(project)];
}

/**
 * What the menu bar offers: nothing that grows with the data, for it is made anew whenever anything of it changes, in a live run five
 * times a second.
 */
export function menuCommands(): PaletteCommand[] {
  return [...screenCommands(app.projectId), ...windowCommands()];
}

/** As many lines as anyone reads; typing more narrows them down. */
const MOST = 100;

/** Everything the palette can do for what was typed, best first. */
export function paletteCommands(query: string, { projects, versions }: PaletteData, most = MOST): PaletteCommand[] {
  const all: PaletteCommand[] = [];
  const number = /^#?(\d+)$/.exec(query.trim());
  const rows = app.project?.dataset?.rows ?? 0;
  if (number && Number(number[1]) >= 1 && Number(number[1]) <= rows) {
    all.push({ id: "example", name: `Show example ${number[1]}`, run: () => void showExample(Number(number[1])) });
  }
  const project = app.projectId;
  all.push(...screenCommands(project), ...runCommands());
  for (const known of projects) {
    if (known.id === project) continue;
    all.push({
      id: `project-${known.id}`,
      name: `Open ${known.name}`,
      detail: known.rows > 0 ? counted(known.rows, "example") : "no examples yet",
      run: () => void app.openProject(known.id),
    });
  }
  all.push(...windowCommands());
  if (project !== null) all.push(...versionCommands(versions), ...epochCommands(project));
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (command: PaletteCommand) => `${command.name} ${command.detail ?? ""}`.toLowerCase();
  const found = all.filter(
    (command) => command.id === "example" || words.every((word) => text(command).includes(word)),
  );
  // A name that holds the words comes before a detail that does.
  const inName = (command: PaletteCommand) => words.every((word) => command.name.toLowerCase().includes(word));
  return [...found.filter(inName), ...found.filter((command) => !inName(command))].slice(0, most);
}
