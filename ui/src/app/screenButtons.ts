import { tick } from "svelte";
import type { PaletteCommand } from "./commands";

/** More than this is a list of things, not of what can be done. */
const MOST = 300;
/** A longer text is what a row says, not what it is called. */
const MOST_CHARS = 90;

/** Tabs and menus lend their own entries; keys are no part of a name. */
const BUTTONS = 'button:not(:disabled):not([role="tab"]):not([aria-hidden="true"])';

/** What a button is called: its label, or the words on it. */
function called(button: HTMLElement): string {
  const label = button.getAttribute("aria-label");
  if (label !== null) return label.trim();
  const copy = button.cloneNode(true) as HTMLElement;
  for (const aside of copy.querySelectorAll('kbd, [aria-hidden="true"], svg')) aside.remove();
  return (copy.textContent ?? "").replace(/\s+/g, " ").trim();
}

/** The part of the screen it stands in, by its name. */
function partOf(button: HTMLElement): string {
  const part = button.parentElement?.closest("section[aria-label], section[aria-labelledby]");
  const label = part?.getAttribute("aria-label");
  if (label) return label;
  const heading = part?.getAttribute("aria-labelledby");
  return (heading ? document.getElementById(heading)?.textContent?.trim() : "") ?? "";
}

function isShown(button: HTMLElement): boolean {
  return typeof button.checkVisibility === "function" ? button.checkVisibility() : true;
}

function all(): { button: HTMLElement; name: string }[] {
  const found: { button: HTMLElement; name: string }[] = [];
  const names = new Set<string>();
  for (const button of document.querySelectorAll<HTMLElement>(
    `main ${BUTTONS}, aside[aria-label="Row inspector"] ${BUTTONS}`,
  )) {
    if (found.length === MOST) break;
    const name = called(button);
    // Figures and signs are reached in what they stand in; of two of the same name no one could tell which it is.
    if (!/\p{L}/u.test(name) || name.length > MOST_CHARS || names.has(name) || !isShown(button)) continue;
    names.add(name);
    found.push({ button, name });
  }
  return found;
}

/** Presses a button as it stands once the palette is gone: a list that was drawn anew since has another one in its place. */
async function press(button: HTMLElement, name: string): Promise<void> {
  await tick();
  const now = button.isConnected ? button : all().find((known) => known.name === name)?.button;
  if (!now) return;
  now.focus();
  // A menu opens by the pointer or by a key, and a click that nobody made is neither.
  if (now.getAttribute("aria-haspopup") === "menu") {
    now.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true, cancelable: true }));
  } else now.click();
}

/**
 * Every button that the screen shows now, under its own words: who has read them reaches it, without each part having to lend it. Further
 * words that one is looked for by stand beside it, in `data-also`.
 */
export function screenButtons(): PaletteCommand[] {
  return all().map(({ button, name }) => {
    const part = partOf(button);
    return {
      id: `button-${name}`,
      name,
      ...(part === "" || part === name ? {} : { detail: part }),
      also: [button.dataset.also ?? "", button.title].join(" "),
      run: () => void press(button, name),
    };
  });
}
