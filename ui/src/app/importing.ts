import { client } from "../api/client";
import { app } from "./state.svelte";

/** Asks for files and opens the import sheet on them. */
export async function importFiles(): Promise<void> {
  try {
    app.startImport(await client().pickFiles());
  } catch (error) {
    app.fail(error);
  }
}
