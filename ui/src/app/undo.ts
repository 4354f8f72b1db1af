import { app } from "./state.svelte";

const UNDO = "Undo";

/** Says what was done and offers to take it back. The offer outlives the screen it was made on. */
export function offerUndo(message: string, undo: () => Promise<unknown>): void {
  const run = () => void undo().catch((error: unknown) => app.fail(error));
  app.notify({ kind: "info", message, action: { name: UNDO, run } });
}

/** Takes back what was done last, as long as that is offered. */
export function undoLast(): boolean {
  const offer = app.toasts.findLast((toast) => toast.action?.name === UNDO);
  if (!offer) return false;
  app.dismiss(offer.id);
  offer.action?.run();
  return true;
}
