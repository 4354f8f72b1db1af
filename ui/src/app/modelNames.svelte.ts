import { SvelteMap } from "svelte/reactivity";
import { call } from "../api/client";

const known = new SvelteMap<number, string[]>();
const asked = new Set<number>();

/** Models a server lists, as suggestions. Empty until it has answered, and when it lists none. */
export function modelNames(connection: number): string[] {
  return known.get(connection) ?? [];
}

/** Asks a server for its models, once. A server that does not answer is no reason to stop: the name can be typed. */
export async function askModelNames(connection: number): Promise<void> {
  if (asked.has(connection)) return;
  asked.add(connection);
  try {
    known.set(connection, await call("list_models", { connection }));
  } catch {
    asked.delete(connection);
  }
}
