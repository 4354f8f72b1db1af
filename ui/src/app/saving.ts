import { call, client, NOTHING } from "../api/client";
import { app } from "./state.svelte";

/** What a file is called in its folder. */
function nameIn(path: string): string {
  return path.split(/[\\/]/).pop() ?? path;
}

/** Shows where a file went. */
export function showFolder(path: string): void {
  client()
    .showFolder(path)
    .catch((error: unknown) => app.fail(error));
}

/** Says that a file was written, by the name that the user gave it, and offers its folder. */
export function sayWritten(path: string, message = `Saved ${nameIn(path)}.`): void {
  app.notify({ kind: "good", message, action: { name: "Show in folder", run: () => showFolder(path) } });
}

/** Asks where to, writes a text there and says so. */
export async function saveText(suggestedName: string, text: string): Promise<void> {
  const path = await client().saveText(suggestedName, text);
  if (path !== null) sayWritten(path);
}

/** The same for a picture. */
export async function saveBytes(suggestedName: string, bytes: Uint8Array): Promise<void> {
  const path = await client().saveBytes(suggestedName, bytes);
  if (path !== null) sayWritten(path);
}

/** Asks where to, writes a copy of the database there and says so. */
export async function saveCopy(): Promise<void> {
  const path = await client().saveCopy();
  if (path !== null) sayWritten(path, `The copy is ${path}. It holds no keys.`);
}

/** Makes a backup in the folder beside the database and says so. */
export async function backUpNow(): Promise<void> {
  const { path } = await call("back_up_now", NOTHING);
  app.notify({ kind: "good", message: `${nameIn(path)} is made, in the folder of the backups. It holds no keys.` });
}
