import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { getCurrentWebview } from "@tauri-apps/api/webview";
import { getCurrentWindow, type Theme } from "@tauri-apps/api/window";
import type { Backup } from "./bindings/Backup";
import type { ExportJob } from "./bindings/ExportJob";
import type { NumberedEvent } from "./bindings/NumberedEvent";
import { ApiFailure, unreadable, type Client, type Unsubscribe } from "./client";

async function ask<T>(name: string, args: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(name, args);
  } catch (thrown) {
    // The engine's own refusals have a code; a bare text is what the bridge says of a request it could not take apart.
    throw typeof thrown === "string" ? new ApiFailure(unreadable(thrown)) : ApiFailure.from(thrown);
  }
}

/** Listeners register asynchronously; a handler dropped before that must not stay behind. */
function subscription(registering: Promise<Unsubscribe>): Unsubscribe {
  let dropped = false;
  let unlisten: Unsubscribe | undefined;
  void registering.then((done) => {
    if (dropped) done();
    else unlisten = done;
  });
  return () => {
    dropped = true;
    unlisten?.();
  };
}

/** This load of the page: the shell ends the watches of an earlier one. */
const PAGE = `${Date.now()}-${Math.random()}`;

/** What the system drew before a theme was asked for. */
let ownTheme: Theme | null | undefined;

/** The client of the desktop window. */
export const tauriClient: Client = {
  call: (name, request) => ask(name, { request }),

  watchRun(run, afterSeq, onEvent, onLost) {
    let watching = true;
    let end = () => {};
    const follow = async () => {
      const watch = await ask<number>("watch_run", { request: { run, after_seq: afterSeq, page: PAGE } });
      end = () => void ask<unknown>("end_watch", { watch }).catch(() => undefined);
      if (!watching) end();
      while (watching) {
        const events = await ask<NumberedEvent[]>("next_events", { watch });
        if (events.length === 0) return;
        for (const event of events) if (watching) onEvent(event);
      }
    };
    // Who was told of the run's end has let go of it by now.
    const lost = () => {
      if (watching) onLost();
    };
    void follow().then(lost, lost);
    return () => {
      watching = false;
      end();
    };
  },

  onFileDrop(handler) {
    return subscription(
      getCurrentWebview().onDragDropEvent(({ payload }) => {
        if (payload.type === "drop") handler({ type: "drop", paths: payload.paths });
        else handler({ type: payload.type });
      }),
    );
  },

  // Dialogs belong to the shell: the page never names a path to write to.
  pickFiles: () => ask<string[]>("pick_files", {}),
  exportDataset: (request, suggestedName) => ask<ExportJob | null>("export_dataset", { request, suggestedName }),
  exportProject: (project, suggestedName) =>
    ask<string | null>("export_project", { request: { project }, suggestedName }),
  async openDataFolder() {
    await ask<unknown>("open_data_folder", {});
  },
  async restoreBackup(path) {
    await ask<unknown>("restore_backup", { request: { path } });
  },
  pickCopy: () => ask<Backup | null>("pick_copy", {}),
  saveCopy: () => ask<string | null>("save_copy", {}),
  saveText: (suggestedName, text) =>
    ask<string | null>("save_text", { request: { suggested_name: suggestedName, text } }),

  saveBytes: (suggestedName, bytes) =>
    ask<string | null>("save_bytes", { request: { suggested_name: suggestedName, bytes: [...bytes] } }),

  async showFolder(path) {
    await ask<unknown>("show_folder", { request: { path } });
  },

  onCloseRequested: (handler) =>
    subscription(listen<{ runs: number }>("close-requested", ({ payload }) => handler(payload))),

  async setTheme(theme) {
    const frame = getCurrentWindow();
    // As long as the system's own is never left, it is followed when it changes. Left once, it is the one that was met.
    if (theme === null && ownTheme === undefined) return;
    ownTheme ??= await frame.theme();
    await frame.setTheme(theme ?? ownTheme);
  },

  setMenu: (bar) => ask("set_menu", { request: bar }),

  onMenu: (handler) => subscription(listen<string>("menu", ({ payload }) => handler(payload))),

  async quit() {
    await ask<unknown>("quit", {});
  },

  async answerClose(choice) {
    await ask<unknown>("answer_close", { request: { choice } });
  },
};
