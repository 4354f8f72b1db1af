import type { DatasetInfo } from "../../api/bindings/DatasetInfo";
import { app } from "../../app/state.svelte";
import { undoLast } from "../../app/undo";
import type { Edits } from "./edits.svelte";

/** Ctrl Z, Ctrl Shift Z and Ctrl Y, unless a text field has undo of its own. */
export function onUndoKey(event: KeyboardEvent, dataset: DatasetInfo, edits: Edits): void {
  if (event.defaultPrevented || event.altKey || !(event.ctrlKey || event.metaKey)) return;
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (target?.isContentEditable || target?.closest("textarea, input:not([type=checkbox]):not([type=radio]), dialog")) {
    return;
  }
  const key = event.key.toLowerCase();
  if (key !== "z" && key !== "y") return;
  event.preventDefault();
  const forward = key === "y" || event.shiftKey;
  const possible = forward ? dataset.can_redo : dataset.can_undo;
  if (possible !== null) void (forward ? edits.redo() : edits.undo());
  // What is no change of the examples, as an import or a new name, is taken back as its message offers.
  else if (!forward && undoLast()) return;
  else app.notify({ kind: "info", message: forward ? "There is nothing to redo." : "There is nothing to undo." });
}
