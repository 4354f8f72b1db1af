import { showInvisible } from "../format/marks";
import { EVERY_EXAMPLE } from "../api/filter";
import type { FoundElsewhere } from "../api/bindings/FoundElsewhere";
import type { ProjectSummary } from "../api/bindings/ProjectSummary";
import type { RunSummary } from "../api/bindings/RunSummary";
import type { PromptVersion } from "../api/bindings/PromptVersion";
import { place } from "../features/train/place.svelte";
import { counted } from "../format/count";
import { percent } from "../format/percent";
import { STATUS_WORDS } from "../format/words";
import { goBack, goingBack } from "./goBack";
import { beginningCommands, projectCommands, runKeepingCommands } from "./keepingCommands";
import { showExample } from "./showExample";
import { goOnCommands, leadingCommands, saveRun, versionKeepingCommands } from "./leads";
import { offered, offeredToMenuBar } from "./offers.svelte";
import { projectNames } from "./projectNames.svelte";
import { ranked } from "./ranking";
import { runs } from "./runs.svelte";
import { app, PROJECT_SCREENS } from "./state.svelte";
import { pauseRun, resumeRun, wishOf } from "./steering.svelte";
import { attempt, FIRST_OF_WINDOW, TABLES, windowCommands } from "./windowCommands";

/** One line of the palette. */
export type PaletteCommand = {
  id: string;
  name: string;
  detail?: string;
  keys?: string;
  /** Further words that it is looked for by. */
  also?: string;
  /** What it is called as well, whole, in small letters. */
  exactly?: readonly string[];
  run: () => void;
};

/** What the palette knows beside the open project: read when it opens, and what is called like this elsewhere with every word. */
export interface PaletteData {
  projects: readonly ProjectSummary[];
  versions: readonly PromptVersion[];
  elsewhere?: FoundElsewhere;
  /** The buttons of the screen below. */
  buttons?: readonly PaletteCommand[];
}

/** Nothing of other projects. */
export const NOWHERE: FoundElsewhere = { runs: [], versions: [] };

/** Runs that go on, the one of the open project first. */
function inOrder() {
  const own = runs.active.find(({ summary }) => summary.project === app.projectId);
  return own ? [own, ...runs.active.filter((live) => live !== own)] : [...runs.active];
}

/** Beside a run of another project than the open one: which project that is. */
function projectOf(run: RunSummary): { detail?: string } {
  const name = projectNames.elsewhere(run);
  return name === undefined ? {} : { detail: showInvisible(name) };
}

/** What a thing with a number is called by it. */
function calledByNumber(what: string, id: number): string[] {
  return [`#${id}`, `${what} ${id}`, `${what} #${id}`];
}

/** What can be done with further runs that go on, and a way to every run of the project. */
function runCommands(asked: boolean): PaletteCommand[] {
  const list: PaletteCommand[] = [];
  const [, ...others] = inOrder();
  for (const { summary } of others) {
    const { id, name, status } = summary;
    const wish = wishOf(summary);
    const paused = status === "paused";
    if (wish === null) {
      list.push({
        id: `steer-${id}`,
        name: `${paused ? "Resume" : "Pause"} run “${name}”`,
        ...projectOf(summary),
        run: () => void (paused ? resumeRun(id) : pauseRun(id)),
      });
    }
    if (wish !== "stopping") {
      const stop = { name: `Stop run “${name}”…`, ...projectOf(summary), run: () => (app.stopping = id) };
      list.push({ id: `stop-${id}`, ...stop });
    }
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
      exactly: calledByNumber("run", run.id),
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
    exactly: [`v${version.number}`, `version ${version.number}`],
    also: "diff compare",
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
      exactly: calledByNumber("run", id),
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
      also: `v${number}`,
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
  const called = (name: string) => words.every((word) => name.toLowerCase().includes(word));
  const list: PaletteCommand[] = [];
  const here = app.project?.project.name ?? "";
  if (number >= 1 && number <= (app.project?.dataset?.rows ?? 0) && called(here)) {
    list.push({
      id: "example-own",
      name: words.length > 0 ? `Show example ${number} of “${here}”` : `Show example ${number}`,
      ...(words.length > 0 ? { also: `${query} #${number} row` } : {}),
      exactly: [`row ${number}`, `${number}`, `#${number}`],
      run: () => void showExample(number),
    });
  }
  const others = projects.filter(({ id, name, rows }) => id !== own && number >= 1 && number <= rows && called(name));
  for (const { id, name } of others.slice(0, MOST_ROWS)) {
    list.push({
      id: `example-${id}`,
      name: `Show example ${number} of “${name}”`,
      also: `${query} #${number} row`,
      run: () => void showExample(number, id),
    });
  }
  return list;
}

/** What is found on a screen, for who does not know where it is. */
const FOUND_ON: Record<string, string> = {
  data: "examples rows columns splits labels checks doubts divide draw anew duplicates exclude filter",
  prompts: "editor try versions blame origins optimizer instructions",
  train: "run epochs metric budget learning map failures confusion calls cost",
  compare: "runs table columns curves baseline parallel scatter",
};

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
      list.push({
        id: "steer",
        name: `${paused ? "Resume" : "Pause"} run “${name}”`,
        ...projectOf(active.summary),
        run,
      });
    }
    if (wish !== "stopping") {
      const run = () => (app.stopping = id);
      list.push({ id: "stop", name: `Stop run “${name}”…`, ...projectOf(active.summary), run });
    }
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
      run: () => attempt(saveRun(shown.id, shown.name, "html")),
    });
  }
  return list;
}

/** The run that Train shows, or the first one with a score. */
function measuredRun(project: number): RunSummary | undefined {
  const scored = (app.project?.runs ?? []).map((known) => runs.summary(known)).filter((run) => run.best.validation);
  return scored.find((run) => run.id === place.run(project)) ?? scored[0];
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
    all.push(
      {
        id: "presets",
        name: "Presets of run settings…",
        detail: "New run",
        also: "save use delete preset",
        run: () => {
          app.wantedPlace = "presets";
          place.startNew(project);
          app.navigate("train");
        },
      },
      {
        id: "doubts",
        name: "Examples in doubt…",
        detail: "Data",
        also: "resolve doubts suspect labels correct keep exclude",
        run: () => {
          app.wantedPlace = "doubts";
          app.navigate("data");
        },
      },
    );
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
  const next = goingBack(way);
  return next === null ? null : { id: way, name: `${words}: ${next}`, keys, run: () => void goBack(way) };
}

/**
 * What the menu bar offers: nothing that grows with the data, for it is made anew whenever anything of it changes, in a live run five
 * times a second.
 */
export function menuCommands(): PaletteCommand[] {
  return [...screenCommands(app.projectId), ...beginningCommands(), ...windowCommands(), ...offeredToMenuBar()];
}

/** As many lines as anyone reads; typing more narrows them down. */
const MOST = 100;

/** Of projects and runs, where nothing was typed. */
const FEW = 5;

/** Where one is and where one goes from there, for who has typed nothing yet: what the parts of a screen offer is found by typing. */
function firstCommands(projects: readonly ProjectSummary[], versions: readonly PromptVersion[]): PaletteCommand[] {
  const project = app.projectId;
  const ofRuns = project === null ? [] : runCommands(false).filter(({ id }) => id.startsWith("run-"));
  const window = windowCommands().filter(({ id }) => FIRST_OF_WINDOW.has(id));
  return [
    ...screenCommands(project),
    ...offeredToMenuBar().slice(0, FEW),
    ...ofRuns.slice(0, FEW),
    ...(project === null ? [] : versionCommands(versions.slice(0, 1))),
    ...projectsCommands(projects.filter(({ id }) => id !== project).slice(0, FEW)),
    ...beginningCommands(),
    ...window,
  ];
}

function projectsCommands(projects: readonly ProjectSummary[]): PaletteCommand[] {
  return projects.map(({ id, name, rows }) => ({
    id: `project-${id}`,
    name: `Open ${name}`,
    detail: `project, ${rows > 0 ? counted(rows, "example") : "no examples yet"}`,
    exactly: [name.toLowerCase(), `project ${name.toLowerCase()}`],
    run: () => void app.openProject(id),
  }));
}

/** A name without what tells a command from a button. */
function bare(name: string): string {
  return name.toLowerCase().replace(/^open (?:run )?|[…“”]/g, "");
}

/** Buttons of the screen that do what no command does by that name. */
function otherButtons(known: readonly PaletteCommand[], buttons: readonly PaletteCommand[]): PaletteCommand[] {
  const names = new Set(known.map(({ name }) => bare(name)));
  return buttons.filter(({ name }) => !names.has(bare(name)));
}

/** Ways to what stands on other screens, where this one does not show it. */
function otherLeads(known: readonly PaletteCommand[], versions: readonly PromptVersion[]): PaletteCommand[] {
  const view = app.project;
  if (!view) return [];
  const run = measuredRun(view.project.id);
  const leads = [
    ...leadingCommands(view),
    ...(run ? goOnCommands(view, run) : []),
    ...versionKeepingCommands(view, versions),
  ];
  const names = known.map(({ name }) => bare(name));
  const shown = new Set(names);
  const begun = (name: string) => names.some((other) => other.startsWith(name));
  return leads.filter(({ name }) => !shown.has(bare(name)) && !(name.endsWith("…") && begun(bare(name))));
}

/** Everything the palette can do for what was typed, best first. */
export function paletteCommands(
  query: string,
  { projects, versions, elsewhere = NOWHERE, buttons = [] }: PaletteData,
  most = MOST,
): PaletteCommand[] {
  if (query.trim() === "") return firstCommands(projects, versions);
  const all: PaletteCommand[] = [];
  const project = app.projectId;
  all.push(...screenCommands(project), ...projectCommands(), ...runCommands(true), ...exampleCommands(query, projects));
  all.push(...projectsCommands(projects.filter(({ id }) => id !== project)), ...offered());
  all.push(...beginningCommands(), ...windowCommands(), ...takingNothingBack());
  if (project !== null) all.push(...versionCommands(versions), ...epochCommands(project));
  all.push(...otherButtons(all, buttons));
  all.push(...otherLeads(all, versions));
  const found = elsewhereCommands(elsewhere);
  const rank = ranked(query);
  // Of two with the same number the first stands for both.
  const byId = new Map<string, { command: PaletteCommand; rank: number }>();
  const add = (command: PaletteCommand, known: number | null) => {
    if (known !== null && !byId.has(command.id)) byId.set(command.id, { command, rank: known });
  };
  for (const command of all) add(command, rank(command));
  // The engine has looked for these words already, in the names of the projects as well.
  for (const command of found) add(command, rank(command) ?? 0);
  // Of the same rank in the order they have.
  return [...byId.values()]
    .sort((a, b) => b.rank - a.rank)
    .map(({ command }) => command)
    .slice(0, most);
}
