import type { Backup } from "./bindings/Backup";
import type { Commands } from "./bindings/Commands";
import type { ExportDataset } from "./bindings/ExportDataset";
import type { ErrorCode } from "./bindings/ErrorCode";
import {
  ApiFailure,
  unreadable,
  type Client,
  type CloseChoice,
  type CommandName,
  type FileDrop,
  type MenuBar,
  type Unsubscribe,
} from "./client";
import { connectBrowser } from "./memory/browser";
import { MemoryEngine } from "./memory/engine";
import { refuse } from "./memory/refusal";
import { fillScenario } from "./memory/scenario";

export type MemoryOptions = {
  /** Milliseconds between two steps of a simulated run; 0: only `advance` moves it. */
  stepMs: number;
  /** Milliseconds every call takes. */
  latencyMs: number;
};

/**
 * The engine's commands over plain objects: what component tests and the preview in a browser talk to.
 * It keeps projects, examples, versions and connections, plays runs through, and fails where it is told to.
 */
export class MemoryClient implements Client {
  readonly engine = new MemoryEngine();
  /** Every call made, in order. */
  readonly calls: { name: CommandName; request: unknown }[] = [];
  /** Texts that were saved, by suggested name. */
  readonly saved = new Map<string, string>();
  /** What was exported, with the name that was suggested; a project has no request. */
  readonly exported: { request: ExportDataset | null; suggestedName: string }[] = [];
  /** What `pickFiles` answers. */
  picks: string[] = [];
  closed: CloseChoice | null = null;
  /** How long it takes to read files to their end. */
  readingMs = 0;

  readonly #options: MemoryOptions;
  readonly #failures = new Map<CommandName, ApiFailure>();
  readonly #held = new Map<CommandName, Promise<void>>();
  readonly #drops = new Set<(drop: FileDrop) => void>();
  readonly #closing = new Set<(request: { runs: number }) => void>();

  constructor(options: Partial<MemoryOptions> = {}) {
    this.#options = { stepMs: 0, latencyMs: 0, ...options };
    if (this.#options.stepMs > 0) setInterval(() => this.advance(1), this.#options.stepMs);
  }

  async call<K extends CommandName>(name: K, request: Commands[K]["request"]): Promise<Commands[K]["response"]> {
    this.calls.push({ name, request });
    const reads = name === "preview_import" && !("first_rows_only" in request && request.first_rows_only);
    const waits = this.#options.latencyMs + (reads ? this.readingMs : 0);
    await new Promise<void>((resolve) => setTimeout(resolve, waits));
    await this.#held.get(name);
    const failure = this.#failures.get(name);
    if (failure) throw failure;
    refuseNoNumbers(request);
    // Callers get copies, as they would over the wire.
    return structuredClone(this.engine.handle(name, request));
  }

  /** Makes a command fail until `heal`. */
  fail(name: CommandName, message: string, code: ErrorCode = "internal"): void {
    this.#failures.set(name, new ApiFailure({ code, message }));
  }

  /** Lets a command wait until what is given back is called. */
  hold(name: CommandName): () => void {
    let resolve = () => {};
    this.#held.set(name, new Promise<void>((done) => (resolve = done)));
    return () => {
      this.#held.delete(name);
      resolve();
    };
  }

  heal(name: CommandName): void {
    this.#failures.delete(name);
  }

  /** Moves every running run by some steps. */
  advance(steps: number): void {
    for (let step = 0; step < steps; step += 1) this.engine.tick(this.#options.stepMs || 350);
  }

  readonly #watches = new Set<{ end: Unsubscribe; onLost: () => void }>();

  watchRun: Client["watchRun"] = (run, afterSeq, onEvent, onLost) => {
    const watch = { end: this.engine.run(run).watch(afterSeq, onEvent), onLost };
    this.#watches.add(watch);
    return () => {
      this.#watches.delete(watch);
      watch.end();
    };
  };

  /** Breaks off the following of every run, as a database that can not be read does. */
  loseWatches(): void {
    for (const watch of [...this.#watches]) {
      this.#watches.delete(watch);
      watch.end();
      watch.onLost();
    }
  }

  onFileDrop: Client["onFileDrop"] = (handler) => {
    this.#drops.add(handler);
    return () => this.#drops.delete(handler);
  };

  /** Acts as if files were dragged over the window. */
  drop(drop: FileDrop): void {
    for (const handler of this.#drops) handler(drop);
  }

  async pickFiles(): Promise<string[]> {
    return this.picks;
  }

  /** How often the data folder was opened. */
  foldersOpened = 0;

  async openDataFolder(): Promise<void> {
    this.foldersOpened += 1;
  }

  /** Where the user of a test saves copies; null backs out. */
  copyPath: string | null = "/home/you/mlprompt-copy.db";

  saveCopy(): Promise<string | null> {
    return Promise.resolve(this.copyPath);
  }

  /** The copy that the user of a test chooses; null backs out. */
  copyPick: Backup | null = null;

  pickCopy(): Promise<Backup | null> {
    return Promise.resolve(this.copyPick);
  }

  /** Backups that were put in the place of the database. */
  readonly restored: string[] = [];

  async restoreBackup(path: string): Promise<void> {
    if (this.engine.activeRuns().length > 0) throw refuse("A run is active. Pause or stop it first.");
    this.restored.push(path);
  }

  /** Where the user of a test saves exports; null backs out. */
  exportPath: string | null = "/home/you/export";

  exportDataset: Client["exportDataset"] = async (request, suggestedName) => {
    this.exported.push({ request, suggestedName });
    return this.exportPath === null ? null : this.engine.sharing.export(request, this.exportPath);
  };

  exportProject: Client["exportProject"] = async (_project, suggestedName) => {
    this.exported.push({ request: null, suggestedName });
    return this.exportPath === null ? null : `/home/you/${suggestedName}`;
  };

  /** Where the user of a test saves what is offered under a name; null backs out. */
  savedAs: (suggestedName: string) => string | null = (suggestedName) => `/home/you/${suggestedName}`;

  async saveText(suggestedName: string, text: string): Promise<string | null> {
    this.saved.set(suggestedName, text);
    return this.savedAs(suggestedName);
  }

  /** Files whose folders were shown. */
  readonly foldersShown: string[] = [];

  async showFolder(path: string): Promise<void> {
    this.foldersShown.push(path);
  }

  /** Pictures that were saved, by suggested name. */
  readonly pictures = new Map<string, Uint8Array>();

  async saveBytes(suggestedName: string, bytes: Uint8Array): Promise<string | null> {
    this.pictures.set(suggestedName, bytes);
    return this.savedAs(suggestedName);
  }

  onCloseRequested: Client["onCloseRequested"] = (handler) => {
    this.#closing.add(handler);
    return () => this.#closing.delete(handler);
  };

  /** The menu bar as it was last shown. */
  menu: MenuBar | null = null;
  readonly #menuHandlers = new Set<(id: string) => void>();

  /** What the system was told last. */
  frameTheme: "light" | "dark" | null | undefined;

  async setTheme(theme: "light" | "dark" | null): Promise<void> {
    this.frameTheme = theme;
  }

  async setMenu(bar: MenuBar): Promise<void> {
    this.menu = bar;
  }

  onMenu: Client["onMenu"] = (handler) => {
    this.#menuHandlers.add(handler);
    return () => this.#menuHandlers.delete(handler);
  };

  /** Acts as if a line of the menu bar was chosen. */
  chooseMenu(id: string): void {
    for (const handler of this.#menuHandlers) handler(id);
  }

  /** Acts as if the window was asked to close. */
  requestClose(): void {
    const runs = this.engine.activeRuns().length;
    for (const handler of this.#closing) handler({ runs });
  }

  async quit(): Promise<void> {
    this.requestClose();
  }

  async answerClose(choice: CloseChoice): Promise<void> {
    this.closed = choice;
  }
}

/** Over the wire such a number would be none at all, and the engine could not read the request. */
function refuseNoNumbers(value: unknown): void {
  if (typeof value === "number" && !Number.isFinite(value)) throw new ApiFailure(unreadable(`${value} is no number`));
  if (typeof value === "object" && value !== null) Object.values(value).forEach(refuseNoNumbers);
}

/** The client of the preview in a browser, filled with one of the scenarios. */
export function memoryClient(scenario: string): MemoryClient {
  const client = new MemoryClient({ stepMs: 350, latencyMs: 40 });
  fillScenario(client, scenario);
  connectBrowser(client);
  return client;
}
