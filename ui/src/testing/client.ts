import { useClient } from "../api/client";
import { MemoryClient } from "../api/memory";
import { app } from "../app/state.svelte";
import { connections } from "../app/connections.svelte";
import { inspector } from "../app/inspector.svelte";
import { runs } from "../app/runs.svelte";
import { forgetRunSet } from "../features/compare/runSet.svelte";
import { place } from "../features/train/place.svelte";

/** A client in memory behind a window that shows nothing yet. */
export function freshClient(): MemoryClient {
  const client = new MemoryClient();
  useClient(client);
  runs.reset();
  place.reset();
  forgetRunSet();
  inspector.close();
  app.project = null;
  app.shipping = null;
  app.toasts = [];
  connections.list = client.engine.connections.list;
  connections.loaded = true;
  return client;
}

/** What was asked of a command, in order. */
export function asked(client: MemoryClient, name: string): unknown[] {
  return client.calls.filter((call) => call.name === name).map((call) => call.request);
}
