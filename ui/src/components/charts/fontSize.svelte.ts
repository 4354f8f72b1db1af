import { onMount } from "svelte";

const USUAL = 13;

let size = $state(USUAL);
let watched = false;

function measure(): void {
  const found = Number.parseFloat(getComputedStyle(document.body).fontSize);
  size = Number.isFinite(found) && found > 0 ? found : USUAL;
}

/**
 * The size of body text in pixels, kept current: the text size setting reaches charts through it. Measured once for all, since every
 * measuring makes the browser work out the styles of what a screen has just put on the page.
 */
export function rootFontSize(): { readonly current: number } {
  onMount(() => {
    if (watched) return;
    watched = true;
    measure();
    new MutationObserver(measure).observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
  });
  return {
    get current() {
      return size;
    },
  };
}
