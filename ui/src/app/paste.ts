import type { Unsubscribe } from "../api/client";
import { app } from "./state.svelte";

/** Fields whose text the user types: a paste into them is theirs. */
const FIELDS = "textarea, input:not([type=checkbox]):not([type=radio]):not([type=button]), [contenteditable]";

function typesText(element: Element | null): boolean {
  return Boolean(element?.closest(FIELDS));
}

/**
 * Opens the import sheet on cells that are pasted while no text field has the focus.
 *
 * A browser sends a paste only where text can be typed, so the key moves the focus into a field nobody sees, and the
 * focus goes back once the paste has arrived.
 */
export function watchPaste(): Unsubscribe {
  const trap = document.createElement("textarea");
  trap.className = "sr";
  trap.tabIndex = -1;
  trap.setAttribute("aria-hidden", "true");
  document.body.append(trap);
  let before: HTMLElement | null = null;

  function giveBack() {
    trap.value = "";
    if (document.activeElement !== trap) return;
    if (before?.isConnected) before.focus({ preventScroll: true });
    // Where nothing had the focus, nothing can take it.
    if (document.activeElement === trap) trap.blur();
  }

  function onkeydown(event: KeyboardEvent) {
    if (event.defaultPrevented || event.shiftKey || event.altKey || !(event.ctrlKey || event.metaKey)) return;
    if (event.key.toLowerCase() !== "v" || typesText(document.activeElement)) return;
    if (document.querySelector("dialog[open]")) return;
    before = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    trap.focus({ preventScroll: true });
  }

  function onpaste(event: ClipboardEvent) {
    if (document.querySelector("dialog[open]")) return;
    if (document.activeElement !== trap && typesText(document.activeElement)) return;
    event.preventDefault();
    giveBack();
    app.startPaste(event.clipboardData?.getData("text/plain") ?? "");
  }

  window.addEventListener("keydown", onkeydown);
  window.addEventListener("keyup", giveBack);
  window.addEventListener("paste", onpaste);
  return () => {
    window.removeEventListener("keydown", onkeydown);
    window.removeEventListener("keyup", giveBack);
    window.removeEventListener("paste", onpaste);
    trap.remove();
  };
}
