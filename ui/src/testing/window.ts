import { useClient } from "../api/client";
import { MemoryClient } from "../api/memory";
import { app } from "../app/state.svelte";
import { connections } from "../app/connections.svelte";
import { inspector } from "../app/inspector.svelte";
import { runs } from "../app/runs.svelte";
import { place } from "../features/train/place.svelte";

/** Where a window over the memory client remembers its place. */
export const PLACE = "mlprompt.place:/home/you/.local/share/mlprompt/mlprompt.db";

/** A client of its own and a window as it is right after the start, left on Home the last time. */
export function freshWindow(): MemoryClient {
  const client = new MemoryClient();
  useClient(client);
  runs.reset();
  place.reset();
  app.project = null;
  app.screen = "home";
  app.sheet = null;
  app.importing = null;
  app.importRuns = false;
  app.exporting = null;
  app.shipping = null;
  app.toasts = [];
  app.info = null;
  app.settings = { theme: "system", text_size: 100, notify: true, backups: 3 };
  connections.list = [];
  inspector.close();
  localStorage.setItem(PLACE, JSON.stringify({ project: null, screen: "home" }));
  return client;
}
