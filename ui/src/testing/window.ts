import { useClient } from "../api/client";
import { MemoryClient } from "../api/memory";

/** Where a window over the memory client remembers its place. */
export const PLACE = "mlprompt.place:/home/you/.local/share/mlprompt/mlprompt.db";

/** A client of its own, for a window as it is right after the start, left on Home the last time. */
export function freshWindow(): MemoryClient {
  const client = new MemoryClient();
  useClient(client);
  localStorage.setItem(PLACE, JSON.stringify({ project: null, screen: "home" }));
  return client;
}
