import { app, PROJECT_SCREENS } from "./state.svelte";
import { undoWish } from "./edits.svelte";
import { goBack } from "./goBack";
import { resizeText, textSizeWish } from "./textSize";
import { importFiles } from "./importing";

/** True while keys belong to a text field, a menu or a dialog. */
function keysAreTaken(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable || target.closest("input, textarea, select, [role=menu], [role=textbox], dialog") !== null
  );
}

/** The keys that work on every screen. */
export function onWindowKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  // The size of the text belongs to the window, whatever is open in it.
  const size = command && !event.altKey ? textSizeWish(event.key) : null;
  if (size) {
    event.preventDefault();
    resizeText(size);
    return;
  }
  // A modal dialog is one deep: nothing opens above it.
  if (document.querySelector("dialog[open]") && app.sheet !== "palette") return;
  if (command && key === "k") {
    event.preventDefault();
    app.sheet = app.sheet === "palette" ? null : "palette";
    return;
  }
  if (command && key === "o") {
    event.preventDefault();
    void importFiles();
    return;
  }
  const wish = undoWish(event);
  if (wish) {
    event.preventDefault();
    void goBack(wish);
    return;
  }
  if (command || event.altKey || keysAreTaken(event) || !app.settings.single_keys) return;
  if (event.key === "?") {
    event.preventDefault();
    app.sheet = "shortcuts";
    return;
  }
  const entry = PROJECT_SCREENS[Number(event.key) - 1];
  if (entry && app.project) {
    event.preventDefault();
    app.navigate(entry.screen);
  }
}
