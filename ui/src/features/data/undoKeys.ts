import type { DatasetInfo } from "../../api/bindings/DatasetInfo";
import { edits as changes, move, undoWish } from "../../app/edits.svelte";
import type { Edits } from "./edits.svelte";

/** Ctrl Z, Ctrl Shift Z and Ctrl Y, unless a text field has undo of its own. */
export function onUndoKey(event: KeyboardEvent, dataset: DatasetInfo, edits: Edits): void {
  const wish = undoWish(event);
  if (!wish) return;
  event.preventDefault();
  const possible = wish === "redo" ? dataset.can_redo : dataset.can_undo;
  if (possible !== null) void edits[wish]();
  // What is no change of the examples, as an import or a new name, has its place among all other changes.
  else void move(changes, wish);
}
