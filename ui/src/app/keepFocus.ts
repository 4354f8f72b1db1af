/**
 * The focus is always somewhere. A control that goes away or is disabled while it has the focus drops it on the body, where no ring is
 * drawn and from where the keys begin anew. So it is remembered where the focused control stood, and what stands there now gets it.
 */
import { tick } from "svelte";

const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [contenteditable="true"], [tabindex]';
/** Each has a focus of its own: what passes by itself is none of the screen behind it. */
const PARTS = "dialog, main, nav, .toasts";
/** What is disabled only while it works gets the focus back, and nothing else has it meanwhile. */
const WORKS_MS = 200;

interface Place {
  element: HTMLElement;
  part: Element;
  /** From the nearest one to the part. */
  around: readonly Element[];
  before: readonly HTMLElement[];
  after: readonly HTMLElement[];
}

function partOf(element: Element): Element {
  return element.closest(PARTS) ?? document.body;
}

function placeOf(element: HTMLElement): Place {
  const part = partOf(element);
  const around: Element[] = [];
  for (let over = element.parentElement; over && over !== part; over = over.parentElement) around.push(over);
  const all = [...part.querySelectorAll<HTMLElement>(FOCUSABLE)];
  const at = all.indexOf(element);
  return { element, part, around: [...around, part], before: all.slice(0, Math.max(0, at)), after: all.slice(at + 1) };
}

function isGone(element: Element): boolean {
  return !element.isConnected || element.matches(":disabled");
}

function canFocus(element: HTMLElement): boolean {
  if (isGone(element) || Number(element.getAttribute("tabindex") ?? 0) < 0 || element.closest("[inert]")) return false;
  // A line between two parts is nothing to go on with.
  if (element.matches("[role=separator]")) return false;
  // Older web views can not be asked; there what is not shown just does not take the focus.
  return !("checkVisibility" in element) || element.checkVisibility({ visibilityProperty: true });
}

/** What stands there now: something new in the same place, else the next one, else the one before. */
function standsAt({ part, around, before, after }: Place): HTMLElement | null {
  const rest = around.find((over) => over.isConnected);
  // Of a screen that is another one nothing stands in the place of anything.
  if (!rest || (rest === part && !part.matches("dialog, .toasts"))) return null;
  const here = [...part.querySelectorAll<HTMLElement>(FOCUSABLE)].filter((el) => partOf(el) === part && canFocus(el));
  const known = new Set(here);
  const last = before.findLast((element) => known.has(element));
  const next = after.find((element) => known.has(element));
  const between = here.slice(last ? here.indexOf(last) + 1 : 0, next ? here.indexOf(next) : here.length);
  return between.find((element) => rest.contains(element)) ?? next ?? last ?? null;
}

/** Watches until it is ended by what it gives. */
export function keepFocus(): () => void {
  /** The last place in each part, the newest at the end. */
  let places: readonly Place[] = [];
  /** What has the focus, or had it when it went away. */
  let held: HTMLElement | null = null;
  /** Disabled for longer than a moment: gets the focus back where nobody pressed a key since. */
  let lent: { from: HTMLElement; to: Element | null } | null = null;
  /** Who works with the keys has to see where they are, whatever was clicked before. */
  let byKeys = false;
  let waiting = false;
  let ended = false;

  function isNowhere(): boolean {
    const { activeElement } = document;
    return activeElement === null || activeElement === document.body || activeElement === held;
  }

  function focusIn({ target }: FocusEvent) {
    if (!(target instanceof HTMLElement) || target === document.body) return;
    held = target;
    const place = placeOf(target);
    places = [...places.filter(({ part }) => part !== place.part && part.isConnected), place];
  }

  /** Who clicks on an empty place wants no focus: what had it is there and could have it still. */
  function focusOut({ target }: FocusEvent) {
    queueMicrotask(() => {
      if (target === held && held && !isGone(held) && document.activeElement === document.body) held = null;
    });
  }

  function wanted(): HTMLElement | null {
    const dialog = [...document.querySelectorAll<HTMLElement>("dialog[open]")].at(-1);
    for (const place of places.toReversed()) {
      if (!place.part.isConnected || (dialog && !dialog.contains(place.part))) continue;
      const found = canFocus(place.element) ? place.element : standsAt(place);
      if (found) return found;
      // The next screen begins at its heading, wherever the keys were before.
      if (place.part.matches("main")) break;
    }
    return dialog ?? document.querySelector<HTMLElement>("main h1");
  }

  async function settle(lost: HTMLElement) {
    waiting = true;
    // The code that changed the page may be about to move the focus itself.
    await tick();
    await new Promise(requestAnimationFrame);
    if (lost.isConnected && isGone(lost)) await new Promise((done) => setTimeout(done, WORKS_MS));
    waiting = false;
    if (ended || !isNowhere()) return;
    // Meanwhile another control had it, which may be gone as well.
    if (held !== lost) return look();
    const target = isGone(lost) ? wanted() : lost;
    if (!target) return;
    if (!target.matches(FOCUSABLE)) target.tabIndex = -1;
    target.focus(byKeys ? { focusVisible: true } : {});
    if (lost.isConnected && isGone(lost)) lent = { from: lost, to: document.activeElement };
  }

  function look() {
    if (lent && !isGone(lent.from)) {
      const { from, to } = lent;
      lent = null;
      if (document.activeElement === to) from.focus(byKeys ? { focusVisible: true } : {});
    }
    if (!waiting && held && isGone(held) && isNowhere()) void settle(held);
  }

  function use({ type }: Event) {
    byKeys = type === "keydown";
    lent = null;
  }

  // Of each change of the page only this is asked: is what has the focus still there?
  const observer = new MutationObserver(look);
  observer.observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["disabled"] });
  document.addEventListener("focusin", focusIn);
  document.addEventListener("focusout", focusOut);
  document.addEventListener("keydown", use, true);
  document.addEventListener("pointerdown", use, true);
  return () => {
    ended = true;
    observer.disconnect();
    document.removeEventListener("focusin", focusIn);
    document.removeEventListener("focusout", focusOut);
    document.removeEventListener("keydown", use, true);
    document.removeEventListener("pointerdown", use, true);
  };
}
