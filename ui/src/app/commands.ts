import { call, client } from "../api/client";
import { EVERY_EXAMPLE } from "../api/filter";
import type { FoundElsewhere } from "../api/bindings/FoundElsewhere";
import type { ProjectSummary } from "../api/bindings/ProjectSummary";
import type { RunSummary } from "../api/bindings/RunSummary";
import type { PromptVersion } from "../api/bindings/PromptVersion";
import { showDataset } from "../features/data/edits.svelte";
import { place } from "../features/train/place.svelte";
import { counted } from "../format/count";
import { fileName } from "../format/fileName";
import { percent } from "../format/percent";
import { STATUS_WORDS } from "../format/words";
import { edits, move } from "./edits.svelte";
import { importFiles } from "./importing";
import { beginningCommands, projectCommands, runKeepingCommands } from "./keepingCommands";
import { inspector } from "./inspector.svelte";
import { offered, offeredToMenuBar } from "./offers.svelte";
import { recalled } from "./recalled.svelte";
import { resizeText } from "./textSize";
import { runs } from "./runs.svelte";
import { backUpNow, saveCopy, saveText } from "./saving";
import { app, PROJECT_SCREENS } from "./state.svelte";
import { pauseRun, resumeRun, wishOf } from "./steering.svelte";

/** One line of the palette. */
export type PaletteCommand = {
  id: string;
  name: string;
  detail?: string;
  keys?: string;
  /** Further words that it is looked for by. */
  also?: string;
  run: () => void;
};

async function showExample(number: number, elsewhere?: number): Promise<void> {
  if (elsewhere !== undefined) await app.openProject(elsewhere, "data");
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

/** What the palette knows beside the open project: read when it opens, and what is called like this elsewhere with every word. */
export interface PaletteData {
  projects: readonly ProjectSummary[];
  versions: readonly PromptVersion[];
  elsewhere?: FoundElsewhere;
}

/** Nothing of other projects. */
export const NOWHERE: FoundElsewhere = { runs: [], versions: [] };

function attempt(work: Promise<unknown>): void {
  work.catch((error: unknown) => app.fail(error));
}

/** Runs that go on, the one of the open project first. */
function inOrder() {
  const own = runs.active.find(({ summary }) => summary.project === app.projectId);
  return own ? [own, ...runs.active.filter((live) => live !== own)] : [...runs.active];
}

/** What can be done with further runs that go on, and a way to every run of the project. */
function runCommands(asked: boolean): PaletteCommand[] {
  const list: PaletteCommand[] = [];
  const [, ...others] = inOrder();
  for (const { summary } of others) {
    const { id, name, status } = summary;
    if (wishOf(summary) !== null) continue;
    const paused = status === "paused";
    list.push({
      id: `steer-${id}`,
      name: `${paused ? "Resume" : "Pause"} run “${name}”`,
      run: () => void (paused ? resumeRun(id) : pauseRun(id)),
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
    // Of many runs, only for who asks: they would hide everything else.
    if (asked) list.push(...runKeepingCommands(run));
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
    also: `v${version.number}`,
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

/** Runs and versions of other projects, each with its project beside it. */
function elsewhereCommands({ runs: found, versions }: FoundElsewhere): PaletteCommand[] {
  return [
    ...found.map(({ id, name, project, project_name, status, best, archived }) => ({
      id: `run-${id}`,
      name: `Open run “${name}”`,
      detail: [
        project_name,
        `#${id}`,
        STATUS_WORDS[status].toLowerCase(),
        ...(best === null ? [] : [percent(best)]),
        ...(archived ? ["archived"] : []),
      ].join(", "),
      run: () => {
        place.show(project, id);
        void app.openProject(project, "train");
      },
    })),
    ...versions.map(({ number, project, project_name, note }) => ({
      id: `version-${project}-${number}`,
      name: `Show prompt version ${number}`,
      detail: [project_name, ...(note === "" ? [] : [note])].join(", "),
      run: () => {
        app.wantedVersion = number;
        void app.openProject(project, "prompts");
      },
    })),
  ];
}

/** As many projects as are offered for the number of a row. */
const MOST_ROWS = 20;

/** The row of that number: of the open project, and of others whose names hold the words beside it. */
function exampleCommands(query: string, projects: readonly ProjectSummary[]): PaletteCommand[] {
  const asked = /^(?:row|example|show example)?\s*#?(\d+)(?:\s+(.*))?$/i.exec(query.trim());
  if (!asked) return [];
  const number = Number(asked[1]);
  const words = (asked[2] ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const own = app.projectId;
  const list: PaletteCommand[] = [];
  if (number >= 1 && number <= (app.project?.dataset?.rows ?? 0) && words.length === 0) {
    list.push({ id: "example-own", name: `Show example ${number}`, run: () => void showExample(number) });
  }
  const others = projects.filter(
    ({ id, name, rows }) =>
      id !== own && number >= 1 && number <= rows && words.every((word) => name.toLowerCase().includes(word)),
  );
  for (const { id, name } of others.slice(0, MOST_ROWS)) {
    list.push({
      id: `example-${id}`,
      name: `Show example ${number} of “${name}”`,
      run: () => void showExample(number, id),
    });
  }
  return list;
}

/** What tables come in and go out as. */
const TABLES = "csv tsv jsonl json excel xlsx parquet promptfoo openai evals files";

/** What is found on a screen, for who does not know where it is. */
const FOUND_ON: Record<string, string> = {
  data: "examples rows columns splits labels checks doubts",
  prompts: "editor try versions blame",
  train: "run epochs metric budget",
  compare: "runs table columns curves",
};

const THEMES = [
  { theme: "light", words: "Use the light theme" },
  { theme: "dark", words: "Use the dark theme" },
  { theme: "contrast", words: "Use high contrast" },
  { theme: "system", words: "Use the system's theme" },
];

function windowCommands(): PaletteCommand[] {
  const { settings } = app;
  const percents = `${settings.text_size} percent`;
  const openSettings = (page: string) => {
    recalled("settings.page", page).value = page;
    app.sheet = "settings";
  };
  return [
    { id: "home", name: "Go to all projects", run: () => app.navigate("home") },
    { id: "import", name: "Import files…", keys: "Ctrl O", also: TABLES, run: () => void importFiles() },
    { id: "connections", name: "Connections…", run: () => (app.sheet = "connections") },
    {
      id: "add-connection",
      name: "Add a connection…",
      also: "new provider key model server",
      run: () => {
        app.addingConnection = true;
        app.sheet = "connections";
      },
    },
    { id: "settings", name: "Settings…", run: () => (app.sheet = "settings") },
    ...THEMES.map(({ theme, words }) => ({
      id: `theme-${theme}`,
      name: words,
      ...(theme === settings.theme ? { detail: "in use" } : {}),
      run: () => void app.saveSettings({ ...settings, theme }),
    })),
    {
      id: "larger",
      name: "Make text larger",
      detail: percents,
      keys: "Ctrl +",
      also: "zoom in",
      run: () => resizeText("larger"),
    },
    {
      id: "smaller",
      name: "Make text smaller",
      detail: percents,
      keys: "Ctrl -",
      also: "zoom out",
      run: () => resizeText("smaller"),
    },
    {
      id: "usual-size",
      name: "Text as usual",
      detail: percents,
      keys: "Ctrl 0",
      also: "zoom reset 100",
      run: () => resizeText("usual"),
    },
    { id: "copy", name: "Save a copy of the database…", also: "backup export", run: () => attempt(saveCopy()) },
    {
      id: "back-up",
      name: "Back up now",
      detail: "in the folder beside the database",
      run: () => attempt(backUpNow()),
    },
    { id: "backups", name: "Backups…", also: "restore copy data folder", run: () => openSettings("data") },
    { id: "prices", name: "Prices of models…", also: "cost dollars", run: () => openSettings("prices") },
    { id: "shortcuts", name: "Show the shortcuts", keys: "?", also: "keys", run: () => (app.sheet = "shortcuts") },
    { id: "about", name: "About MLprompt", also: "version licences", run: () => openSettings("about") },
    { id: "quit", name: "Quit", keys: "Ctrl Q", also: "exit close", run: () => attempt(client().quit()) },
  ];
}

/** What the run that goes on, or the shown one, can be told; the menu bar has them as well. */
function currentRunCommands(project: number | null): PaletteCommand[] {
  const list: PaletteCommand[] = [];
  const [active] = inOrder();
  if (active) {
    const { id, name, status } = active.summary;
    const wish = wishOf(active.summary);
    const paused = status === "paused";
    if (wish === null) {
      const run = () => void (paused ? resumeRun(id) : pauseRun(id));
      list.push({ id: "steer", name: `${paused ? "Resume" : "Pause"} run “${name}”`, run });
    }
    if (wish !== "stopping") list.push({ id: "stop", name: `Stop run “${name}”…`, run: () => (app.stopping = id) });
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
  await saveText(`${fileName(name)}.html`, text);
}

/** What the screens offer as they stand. */
function screenCommands(project: number | null): PaletteCommand[] {
  const all: PaletteCommand[] = [];
  if (project !== null) {
    PROJECT_SCREENS.forEach(({ screen, name }, index) =>
      all.push({
        id: screen,
        name: `Go to ${name}`,
        keys: String(index + 1),
        also: FOUND_ON[screen] ?? "",
        run: () => app.navigate(screen),
      }),
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
    const run = () => app.startExport(EVERY_EXAMPLE);
    all.push({ id: "export-examples", name: "Export examples…", also: `${TABLES} save download`, run });
  }
  return [
    ...all,
    ...[takingBack("undo"), takingBack("redo")].flatMap((known) => known ?? []),
    ...currentRunCommands(project),
  ];
}

const TAKING_BACK = { undo: { words: "Undo", keys: "Ctrl Z" }, redo: { words: "Redo", keys: "Ctrl Shift Z" } };

/** Who looks for it is told that there is nothing to take back, rather than nothing. */
function takingNothingBack(): PaletteCommand[] {
  return (["undo", "redo"] as const)
    .filter((way) => takingBack(way) === null)
    .map((way) => ({
      id: way,
      name: TAKING_BACK[way].words,
      keys: TAKING_BACK[way].keys,
      run: () => app.notify({ kind: "info", message: `There is nothing to ${way} here.` }),
    }));
}

/** The last change, as Ctrl Z takes it back where the window stands; null when there is none. */
function takingBack(way: "undo" | "redo"): PaletteCommand | null {
  const { words, keys } = TAKING_BACK[way];
  // The examples have a history of their own, which the Data screen walks.
  const { project, dataset } = app.screen === "data" ? (app.project ?? {}) : {};
  const ofData = way === "undo" ? dataset?.can_undo : dataset?.can_redo;
  if (project && ofData) {
    const walk = () => call(`${way}_edit`, { project: project.id }).then((now) => showDataset(project.id, now));
    return { id: way, name: `${words}: ${ofData}`, keys, run: () => attempt(walk()) };
  }
  const other = way === "undo" ? edits.toUndo : edits.toRedo;
  return other === null ? null : { id: way, name: `${words}: ${other}`, keys, run: () => void move(edits, way) };
}

/**
 * What the menu bar offers: nothing that grows with the data, for it is made anew whenever anything of it changes, in a live run five
 * times a second.
 */
export function menuCommands(): PaletteCommand[] {
  return [...screenCommands(app.projectId), ...beginningCommands(), ...windowCommands(), ...offeredToMenuBar()];
}

/** What a command opens, by its name; nothing for one that does something else. */
function opened(name: string): string {
  return /^(?:Open|Show|Go to) (?:run |the )?(.*)$/.exec(name)?.[1] ?? "";
}

/** A name as it is typed: without its quotation marks, in small letters. */
function called(name: string): string {
  return name.replace(/^“|”$/g, "").toLowerCase();
}

/** As many lines as anyone reads; typing more narrows them down. */
const MOST = 100;

/** Everything the palette can do for what was typed, best first. */
export function paletteCommands(
  query: string,
  { projects, versions, elsewhere = NOWHERE }: PaletteData,
  most = MOST,
): PaletteCommand[] {
  const all: PaletteCommand[] = [];
  const project = app.projectId;
  all.push(...exampleCommands(query, projects), ...offered());
  all.push(...screenCommands(project), ...projectCommands(), ...runCommands(query.trim() !== ""));
  for (const known of projects) {
    if (known.id === project) continue;
    all.push({
      id: `project-${known.id}`,
      name: `Open ${known.name}`,
      detail: known.rows > 0 ? counted(known.rows, "example") : "no examples yet",
      run: () => void app.openProject(known.id),
    });
  }
  all.push(...beginningCommands(), ...windowCommands(), ...takingNothingBack());
  if (project !== null) all.push(...versionCommands(versions), ...epochCommands(project));
  const found = elsewhereCommands(elsewhere);
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const holds = (text: string) => words.every((word) => text.toLowerCase().includes(word));
  const typed = words.join(" ");
  /**
   * What is called just that comes first, then opening what has the words in its own name, then a name that holds them, then a detail that
   * does: who types the name of a run wants to see it.
   */
  const rank = ({ id, name, detail = "", also = "" }: PaletteCommand): number | null => {
    if (id.startsWith("example-") || (typed !== "" && also === typed)) return 0;
    if (typed !== "" && holds(opened(name))) return called(opened(name)) === typed ? 1 : 2;
    if (holds(name)) return 3;
    return holds(`${name} ${detail} ${also}`) ? 4 : null;
  };
  const fitting = all.map((command) => ({ command, rank: rank(command) })).filter((entry) => entry.rank !== null);
  // The engine has looked for these words already, in the names of the projects as well.
  fitting.push(...found.map((command) => ({ command, rank: rank(command) ?? 3 })));
  // Of the same rank in the order they have.
  return fitting
    .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0))
    .map(({ command }) => command)
    .slice(0, most);
}
