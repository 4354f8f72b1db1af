/**
 * Names of runs, models, files and labels stand among words and figures of our own. A mark of direction in one of them would turn round
 * what is beside it, and no style can switch it off. So it is watched where every text of the page arrives, and shown by its sign. Tooltips,
 * which nothing breaks, get their lines here for the same reason: whoever sets one need not think of it.
 */
import { showInvisible } from "../format/marks";
import { tooltip } from "../format/tooltip";

/** Texts that stand alone and can be copied stay letter by letter, as does what is typed into. */
const VERBATIM = "pre, style, textarea, [contenteditable], [data-verbatim]";
/** Attributes that are read to or shown to somebody. */
const SHOWN = ["title", "aria-label", "aria-valuetext", "aria-roledescription", "placeholder", "alt"];

function showText(node: Node): void {
  const text = node.nodeValue ?? "";
  const shown = showInvisible(text);
  if (shown !== text && !node.parentElement?.closest(VERBATIM)) node.nodeValue = shown;
}

function showAttribute(element: Element, name: string): void {
  const text = element.getAttribute(name);
  if (text === null) return;
  const shown = name === "title" ? tooltip(showInvisible(text)) : showInvisible(text);
  if (shown !== text) element.setAttribute(name, shown);
}

function showAll(root: Node): void {
  if (root.nodeType === Node.TEXT_NODE) return showText(root);
  if (!(root instanceof Element)) return;
  for (const name of SHOWN) showAttribute(root, name);
  for (const child of root.childNodes) showAll(child);
}

/** Shows marks of direction and control characters by their signs, and long tooltips in lines, now and whenever something changes. Gives what ends it. */
export function keepMarksVisible(root: HTMLElement): () => void {
  showAll(root);
  const observer = new MutationObserver((changes) => {
    for (const { type, target, attributeName, addedNodes } of changes) {
      if (type === "characterData") showText(target);
      else if (type === "attributes") showAttribute(target as Element, attributeName ?? "");
      else for (const node of addedNodes) showAll(node);
    }
  });
  observer.observe(root, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: SHOWN,
  });
  return () => observer.disconnect();
}
