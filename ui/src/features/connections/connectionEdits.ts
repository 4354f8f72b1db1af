import { call } from "../../api/client";
import type { Connection } from "../../api/bindings/Connection";
import { connections } from "../../app/connections.svelte";
import type { Edit } from "../../app/edits.svelte";

async function read(): Promise<void> {
  await connections.load();
  // What the keychain does not say stays unsaid.
  await connections.loadKeys().catch(() => {});
}

/** The key goes and comes back with its connection. */
async function takeOff(connection: number): Promise<void> {
  await call("delete_connection", { connection });
  await connections.load();
}

async function bringBack(connection: number): Promise<void> {
  await call("restore_connection", { connection });
  await read();
}

/** Keeps a connection as it is here. The key stays the one in the keychain: it never comes back to the page. */
async function keep(connection: Connection): Promise<void> {
  await call("save_connection", { connection, secret: null });
  await read();
}

export function addition({ id, name }: Connection): Edit {
  return { name: `Add “${name}”`, undo: () => takeOff(id), redo: () => bringBack(id) };
}

export function deletion({ id, name }: Connection): Edit {
  return { name: `Delete “${name}”`, undo: () => bringBack(id), redo: () => takeOff(id) };
}

export function change(before: Connection, after: Connection): Edit {
  return { name: `Change “${before.name}”`, undo: () => keep(before), redo: () => keep(after) };
}
