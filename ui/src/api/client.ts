import type { ApiError } from "./bindings/ApiError";
import type { Backup } from "./bindings/Backup";
import type { Commands } from "./bindings/Commands";
import type { ExportDataset } from "./bindings/ExportDataset";
import type { ExportJob } from "./bindings/ExportJob";
import type { ErrorCode } from "./bindings/ErrorCode";
import type { NumberedEvent } from "./bindings/NumberedEvent";

export type CommandName = keyof Commands;
export type Request<K extends CommandName> = Commands[K]["request"];
export type Response<K extends CommandName> = Commands[K]["response"];

/** A file dragged over the window. */
export type FileDrop = { type: "enter" | "over" | "leave" } | { type: "drop"; paths: string[] };

/** What to do with active runs when the window closes. */
export type CloseChoice = "close" | "keep_running" | "pause" | "stop" | "cancel";

/** A line of a menu; one without an id is a line between others. */
export type MenuBarItem = {
  id: string;
  name: string;
  /** Keys that the menu takes, such as `CmdOrCtrl+K`. */
  keys: string | null;
  /** Keys that the page takes, such as `Ctrl Z`: the line shows them. */
  said: string | null;
  enabled: boolean;
};

/** The native menu bar. */
export type MenuBar = { menus: { name: string; items: MenuBarItem[] }[] };

/** Ends a subscription. */
export type Unsubscribe = () => void;

/** Everything the window asks of the engine and of the desktop. */
export interface Client {
  call<K extends CommandName>(name: K, request: Request<K>): Promise<Response<K>>;
  /**
   * Replays the kept events after `afterSeq`, then follows the run. `onLost` is told once when nothing more will come, though nobody ended
   * it and no event said why.
   */
  watchRun(run: number, afterSeq: number, onEvent: (event: NumberedEvent) => void, onLost: () => void): Unsubscribe;
  onFileDrop(handler: (drop: FileDrop) => void): Unsubscribe;
  /** Absolute paths, none when the user backed out. */
  pickFiles(): Promise<string[]>;
  /** Writes a text where the user says, and gives its path; null when the user backed out. */
  saveText(suggestedName: string, text: string): Promise<string | null>;
  /** The same for a picture. */
  saveBytes(suggestedName: string, bytes: Uint8Array): Promise<string | null>;
  /** Shows the folder of a file that was written in this session; no other path is taken. */
  showFolder(path: string): Promise<void>;
  /** Shows the folder of the database in the desktop's file manager. */
  openDataFolder(): Promise<void>;
  /** Writes a copy of the database where the user says, and gives its path; null when the user backed out. */
  saveCopy(): Promise<string | null>;
  /** Asks for a copy of the database and says what it is; null when the user backed out. */
  pickCopy(): Promise<Backup | null>;
  /** Puts a backup in the place of the database; the program starts again, so nothing follows when it worked. */
  restoreBackup(path: string): Promise<void>;
  /** Asks where to and begins to write examples there; null when the user backed out. */
  exportDataset(request: ExportDataset, suggestedName: string): Promise<ExportJob | null>;
  /** Writes a whole project where the user says, and gives its path; null when the user backed out. */
  exportProject(project: number, suggestedName: string): Promise<string | null>;
  /** The window wants to close while `runs` runs are active; without one it waits some seconds for the answer. */
  onCloseRequested(handler: (request: { runs: number }) => void): Unsubscribe;
  /** Ends the program as the window's cross does: what is not saved is kept, and the user is asked while a run goes on. */
  quit(): Promise<void>;
  answerClose(choice: CloseChoice): Promise<void>;
  /** Gives what the system draws of the window, its frame and menu bar, this theme; null is the system's own. */
  setTheme(theme: "light" | "dark" | null): Promise<void>;
  /** Shows the native menu bar, or brings it up to date. */
  setMenu(bar: MenuBar): Promise<void>;
  /** A line of the menu bar was chosen. */
  onMenu(handler: (id: string) => void): Unsubscribe;
}

/** What every failing call rejects with. */
export class ApiFailure extends Error {
  readonly code: ErrorCode;

  constructor(error: ApiError) {
    super(error.message);
    this.name = "ApiFailure";
    this.code = error.code;
  }

  /** Whatever was thrown, as an ApiFailure. */
  static from(thrown: unknown): ApiFailure {
    if (thrown instanceof ApiFailure) return thrown;
    if (isApiError(thrown)) return new ApiFailure(thrown);
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    return new ApiFailure({ code: "internal", message: text });
  }
}

/** A request that the engine cannot read is a defect of the page, whatever the user did. */
export function unreadable(reason: string): ApiError {
  const message = `Something in MLprompt broke: the engine could not read what the window asked (${reason}). Nothing was changed; please report this.`;
  return { code: "internal", message };
}

function isApiError(value: unknown): value is ApiError {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as ApiError).code === "string" &&
    typeof (value as ApiError).message === "string"
  );
}

let current: Client | undefined;

/** Chooses the client; called once before the window is mounted, and by tests. */
export function useClient(client: Client): void {
  current = client;
}

/** The client in use. */
export function client(): Client {
  if (!current) throw new Error("useClient has to come first");
  return current;
}

/** Shorthand for `client().call`. */
export function call<K extends CommandName>(name: K, request: Request<K>): Promise<Response<K>> {
  return client().call(name, request);
}

/** The request of commands that take none. */
export const NOTHING: Record<symbol, never> = {};
