import { SvelteMap } from "svelte/reactivity";
import { call } from "../api/client";

const known = new SvelteMap<number, string[]>();
const asked = new Set<number>();

const order = new Intl.Collator("en", { numeric: true });

/** Names as a reader looks for them: numbers in them by their value. Servers list in any order. */
export function inOrder(names: readonly string[]): string[] {
  return [...names].sort(order.compare);
}

/** Models a server lists, as suggestions. Empty until it has answered, and when it lists none. */
export function modelNames(connection: number): string[] {
  return known.get(connection) ?? [];
}

/** Asks a server for its models, once. A server that does not answer is no reason to stop: the name can be typed. */
export async function askModelNames(connection: number): Promise<void> {
  if (asked.has(connection)) return;
  asked.add(connection);
  try {
    known.set(connection, inOrder(await call("list_models", { connection })));
  } catch {
    asked.delete(connection);
  }
}
