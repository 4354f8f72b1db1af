import { ApiFailure, call, NOTHING } from "../api/client";
import type { AppInfo } from "../api/bindings/AppInfo";
import type { ExampleFilter } from "../api/bindings/ExampleFilter";
import type { ProjectView } from "../api/bindings/ProjectView";
import type { ShipSource } from "../api/bindings/ShipSource";
import type { Restored } from "../api/bindings/Restored";
import type { Settings } from "../api/bindings/Settings";
import { applySettings } from "./theme";

export type Screen = "home" | "data" | "prompts" | "train" | "compare";
export type Sheet = "connections" | "settings" | "palette" | "shortcuts";
/** What is to be imported: files, or cells pasted from a spreadsheet. */
export type ImportSource = { paths: string[]; pasted: string | null };
export type ToastKind = "info" | "good" | "bad";
/** What a toast offers to do about what it says. */
export type ToastAction = {
  name: string;
  run: () => void;
  /** Whether there is still something to do: else nobody has to read it. Without it there is. */
  possible?: () => boolean;
};
/** A part of the Prompts screen. */
export type PromptsTab = "prompts" | "origins" | "optimizer";
/** A place of a sheet or screen that a command leads to. */
export type SheetPlace =
  | "local-servers"
  | "integrity"
  | "data-folder"
  | "keys"
  | "backups"
  | "notifications"
  | "single-keys"
  | "presets"
  | "doubts"
  | "leaks"
  | "preflight"
  | "random-rows"
  | "lock"
  | "save-version"
  | `prompts-${PromptsTab}`
  | "compare-versions"
  | "go-on"
  | "marks"
  | "finish";
/** A project by its name. */
export type Named = { id: number; name: string };
/** What is asked a name for; `submit` rejects with what is wrong with it. */
export type Naming = {
  title: string;
  /** Word on the button. */
  action: string;
  value: string;
  hint?: string;
  submit: (name: string) => Promise<void>;
};
/** A later toast takes the place of an earlier one about the same topic. */
export type Toast = {
  id: number;
  kind: ToastKind;
  message: string;
  action?: ToastAction;
  topic?: string;
  /** Until it is dismissed. */
  stays?: boolean;
};

/** The screens of a project in the order of the sidebar; keys 1 to 4 open them. */
export const PROJECT_SCREENS: readonly { screen: Screen; name: string }[] = [
  { screen: "data", name: "Data" },
  { screen: "prompts", name: "Prompts" },
  { screen: "train", name: "Train" },
  { screen: "compare", name: "Compare" },
];

const REMEMBERED = "mlprompt.place";
const TOAST_MS = 7000;
/** What can be taken back stays long enough to be read, thought about and reached by keyboard. */
const OFFER_MS = 20_000;

/** What the window shows, apart from live runs. */
class AppState {
  screen = $state<Screen>("home");
  /** The open project; replaced as a whole, never changed in place. */
  project = $state.raw<ProjectView | null>(null);
  sheet = $state<Sheet | null>(null);
  /** The Connections sheet is to begin with a new connection; it takes the wish away. */
  addingConnection = $state(false);
  /** The place that the sheet or screen about to open is to show; it takes the wish away. */
  wantedPlace = $state<SheetPlace | null>(null);
  /** What waits in the import sheet; null when it is closed. */
  importing = $state.raw<ImportSource | null>(null);
  /** A form that holds what is kept nowhere: nothing takes its place without being asked. */
  unkept = $state<string | null>(null);
  /** An import is being written: another one has to wait. */
  importRuns = $state(false);
  /** A prompt version that the Prompts screen is to show against what is being edited; it takes the wish away. */
  wantedVersion = $state<number | null>(null);
  /** What the export sheet is open on; null when it is closed. */
  exporting = $state.raw<ExampleFilter | null>(null);
  /** The prompt that the ship sheet is open on; null when it is closed. */
  shipping = $state.raw<ShipSource | null>(null);
  /** What a name is asked for; null when none is. */
  naming = $state.raw<Naming | null>(null);
  /** The project whose kept answers are to be cleared, when the user is asked about it. */
  clearing = $state.raw<Named | null>(null);
  /** The run that the user is asked about stopping. */
  stopping = $state<number | null>(null);
  toasts = $state<Toast[]>([]);
  settings = $state.raw<Settings>({ theme: "system", text_size: 100, notify: true, backups: 3, single_keys: true });
  info = $state.raw<AppInfo | null>(null);

  #toastId = 0;
  readonly #toastTimers = new Map<number, ReturnType<typeof setTimeout>>();

  /** Id of the open project. */
  get projectId(): number | null {
    return this.project?.project.id ?? null;
  }

  /** Opens a project on a screen; Data when it has no dataset yet. */
  async openProject(id: number, screen?: Screen): Promise<void> {
    try {
      this.show(await call("open_project", { project: id }), screen);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Makes an already loaded project the open one. */
  show(view: ProjectView, screen?: Screen): void {
    this.project = view;
    this.navigate(screen ?? (view.dataset && view.runs.length > 0 ? "train" : "data"));
  }

  /** Reads the open project again, for instance after an import or the end of a run. */
  async refreshProject(): Promise<void> {
    const id = this.projectId;
    if (id === null) return;
    try {
      const view = await call("open_project", { project: id });
      if (this.projectId === id) this.project = view;
    } catch (error) {
      this.fail(error);
    }
  }

  /** Leaves the open project, because it was deleted. */
  closeProject(): void {
    this.project = null;
    this.navigate("home");
  }

  navigate(screen: Screen): void {
    this.screen = this.project || screen === "home" ? screen : "home";
    this.#remember();
  }

  /** Opens the import sheet on files; a second drop replaces the first. */
  startImport(paths: string[]): void {
    if (paths.length > 0) this.#import({ paths, pasted: null });
  }

  /** Opens the import sheet on pasted cells; one line of one cell is no table. */
  startPaste(text: string): void {
    if (!/[\t\n\r]/.test(text.trim())) {
      const message =
        "The clipboard holds no table. Copy cells with their header in a spreadsheet, then paste them here.";
      this.notify({ kind: "info", message });
      return;
    }
    this.#import({ paths: [], pasted: text });
  }

  #import(source: ImportSource): void {
    if (this.importRuns) {
      this.notify({ kind: "info", message: "An import is under way. Wait for its end or cancel it first." });
      return;
    }
    if (this.unkept !== null) {
      const message = `“${this.unkept}” holds what is kept nowhere yet. Save it or leave it, then bring the data again.`;
      this.notify({ kind: "bad", message });
      return;
    }
    this.sheet = null;
    this.importing = source;
  }

  /** Opens the export sheet on the examples that a filter leaves. */
  startExport(filter: ExampleFilter): void {
    this.sheet = null;
    this.exporting = filter;
  }

  /** Opens the ship sheet on a prompt. */
  ship(source: ShipSource): void {
    this.sheet = null;
    this.shipping = source;
  }

  notify(toast: Omit<Toast, "id">): void {
    this.#toastId += 1;
    const id = this.#toastId;
    // What goes wrong again in the same words is said again, and stands there once.
    const earlier = this.toasts.filter(({ kind, message, topic }) =>
      toast.topic === undefined ? kind === "bad" && message === toast.message : topic === toast.topic,
    );
    for (const { id: old } of earlier) this.dismiss(old);
    this.toasts.push({ id, ...toast });
    this.release(id);
  }

  /** Keeps a toast while somebody is at it. */
  hold(id: number): void {
    clearTimeout(this.#toastTimers.get(id));
  }

  /** Lets a toast go after a while; what went wrong stays until it is read. */
  release(id: number): void {
    this.hold(id);
    const toast = this.toasts.find((known) => known.id === id);
    if (!toast || toast.kind === "bad" || toast.stays) return;
    const timer = setTimeout(() => this.dismiss(id), toast.action ? OFFER_MS : TOAST_MS);
    this.#toastTimers.set(id, timer);
  }

  dismiss(id: number): void {
    this.hold(id);
    this.#toastTimers.delete(id);
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }

  /** Shows a failure in its own words. */
  fail(error: unknown): void {
    this.notify({ kind: "bad", message: ApiFailure.from(error).message });
  }

  /** Loads settings and reopens the last place. */
  async start(): Promise<void> {
    try {
      const [info, settings] = await Promise.all([call("app_info", NOTHING), call("get_settings", NOTHING)]);
      this.info = info;
      this.settings = settings;
      applySettings(settings);
      if (info.restored) this.#sayRestored(info.restored);
    } catch (error) {
      this.fail(error);
    }
    const place = remembered(this.#placeKey()) ?? (await firstPlace());
    if (place.project === null) return;
    try {
      this.project = await call("open_project", { project: place.project });
      this.screen = place.screen;
    } catch {
      // The project is gone since the last time: Home is the right place.
      this.navigate("home");
    }
  }

  /** A restore ends with the program starting again: only now can it be said that it happened. */
  #sayRestored({ from, kept }: Restored): void {
    const what = from === null ? "The backup is restored." : `Restored from ${from}.`;
    const before = kept === null ? "" : ` The database before it lies at ${kept}.`;
    this.notify({ kind: "good", message: what + before, stays: true });
  }

  async saveSettings(settings: Settings): Promise<void> {
    applySettings(settings);
    this.settings = settings;
    try {
      await call("save_settings", settings);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Another database has other projects under the same numbers. */
  #placeKey(): string {
    return `${REMEMBERED}:${this.info?.database ?? ""}`;
  }

  #remember(): void {
    try {
      localStorage.setItem(this.#placeKey(), JSON.stringify({ project: this.projectId, screen: this.screen }));
    } catch {
      // Storage can be full or forbidden; the place is a convenience.
    }
  }
}

type Place = { project: number | null; screen: Screen };
const HOME: Place = { project: null, screen: "home" };

/** Where the window was left; null when it never was. */
function remembered(key: string): Place | null {
  try {
    const place: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    if (typeof place !== "object" || place === null) return null;
    const { project, screen } = place as { project?: unknown; screen?: unknown };
    const known = screen === "home" || PROJECT_SCREENS.some((entry) => entry.screen === screen);
    return typeof project === "number" && known ? { project, screen: screen as Screen } : HOME;
  } catch {
    return HOME;
  }
}

/** On the very first start a single project (the sample) is opened, ready to train. */
async function firstPlace(): Promise<Place> {
  const [project, another] = await call("list_projects", NOTHING).catch(() => []);
  return project && !another && project.rows > 0 ? { project: project.id, screen: "train" } : HOME;
}

export const app = new AppState();
