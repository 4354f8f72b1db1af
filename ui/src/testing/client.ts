import { useClient } from "../api/client";
import { MemoryClient } from "../api/memory";
import { connections } from "../app/connections.svelte";

/** A client in memory behind a window that shows nothing yet, and knows the connections. */
export function freshClient(): MemoryClient {
  const client = new MemoryClient();
  useClient(client);
  connections.list = client.engine.connections.list;
  connections.loaded = true;
  return client;
}

/** What was asked of a command, in order. */
export function asked(client: MemoryClient, name: string): unknown[] {
  return client.calls.filter((call) => call.name === name).map((call) => call.request);
}
