import { recalled } from "./recalled.svelte";

/** How long a screen may take to be as long as it was. */
const PATIENCE = 3000;

/**
 * Keeps how far an element is scrolled, under a name, and scrolls it back to there when it comes again. What is in it may still be on its
 * way: it is tried until there is enough of it, or the user scrolls.
 */
export function keepScroll(name: string) {
  return (element: HTMLElement) => {
    const kept = recalled(`scroll.${name}`, 0);
    const wanted = kept.value;
    let pending = wanted > 0;
    const settle = () => {
      if (!pending) return;
      element.scrollTop = wanted;
      if (Math.abs(element.scrollTop - wanted) < 2) pending = false;
    };
    const give = () => (pending = false);
    const observer = new ResizeObserver(settle);
    for (const child of element.children) observer.observe(child);
    const grown = new MutationObserver(() => {
      for (const child of element.children) observer.observe(child);
      settle();
    });
    grown.observe(element, { childList: true });
    settle();
    const timer = setTimeout(give, PATIENCE);
    // Written when it comes to rest or goes, not with every pixel.
    let resting: ReturnType<typeof setTimeout> | undefined;
    let last = wanted;
    const keep = () => {
      clearTimeout(resting);
      if (kept.value !== last) kept.value = last;
    };
    const onscroll = () => {
      if (pending) return;
      last = element.scrollTop;
      clearTimeout(resting);
      resting = setTimeout(keep, 150);
    };
    const byHand = ["wheel", "pointerdown", "keydown"] as const;
    element.addEventListener("scroll", onscroll, { passive: true });
    for (const event of byHand) element.addEventListener(event, give, { passive: true });
    return () => {
      clearTimeout(timer);
      keep();
      observer.disconnect();
      grown.disconnect();
      element.removeEventListener("scroll", onscroll);
      for (const event of byHand) element.removeEventListener(event, give);
    };
  };
}
