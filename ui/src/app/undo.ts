import { edits, type Edit } from "./edits.svelte";
import { app, type ToastKind } from "./state.svelte";

/** Takes note of a change that was made, says it, and offers to take back this one. */
export function offerUndo(message: string, edit: Edit, kind: ToastKind = "info"): void {
  edits.record(edit);
  const run = () => void edits.take(edit);
  app.notify({ kind, message, action: { name: "Undo", run, possible: () => edits.has(edit) } });
}

/** Makes a change and takes note of how it is taken back; a failure is said. With a message it is said with the offer to take it back. */
export async function make(edit: Edit, message?: string): Promise<boolean> {
  try {
    await edit.redo();
  } catch (error) {
    app.fail(error);
    return false;
  }
  if (message === undefined) edits.record(edit);
  else offerUndo(message, edit);
  return true;
}
