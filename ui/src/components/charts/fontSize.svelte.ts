import { onMount } from "svelte";

const USUAL = 13;

/** The size of body text in pixels, kept current: the text size setting reaches charts through it. */
export function rootFontSize(): { readonly current: number } {
  let current = $state(USUAL);
  const measure = () => {
    const size = Number.parseFloat(getComputedStyle(document.body).fontSize);
    current = Number.isFinite(size) && size > 0 ? size : USUAL;
  };
  onMount(() => {
    measure();
    const observer = new MutationObserver(measure);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
    return () => observer.disconnect();
  });
  return {
    get current() {
      return current;
    },
  };
}
