/** The colours charts draw with, read from the style sheet so that one place defines them. */
export interface Colours {
  panel: string;
  sunken: string;
  line: string;
  lineStrong: string;
  ink: string;
  ink2: string;
  ink3: string;
  accent: string;
  good: string;
  bad: string;
  warn: string;
  train: string;
  validation: string;
  font: string;
  /** The dark theme is on. */
  dark: boolean;
}

export function readColours(element: Element): Colours {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    panel: read("--panel"),
    sunken: read("--sunken"),
    line: read("--line"),
    lineStrong: read("--line-strong"),
    ink: read("--ink"),
    ink2: read("--ink-2"),
    ink3: read("--ink-3"),
    accent: read("--accent"),
    good: read("--good"),
    bad: read("--bad"),
    warn: read("--warn"),
    train: read("--train"),
    validation: read("--val"),
    // Names of fonts are written into attributes of pictures, between double quotes that nothing there escapes.
    font: read("--font").replaceAll('"', "'") || "sans-serif",
    dark: document.documentElement.dataset.theme === "dark",
  };
}

/** Calls back when the theme or its contrast may have changed. Gives a function that ends it. */
export function onThemeChange(changed: () => void): () => void {
  const contrast = window.matchMedia("(prefers-contrast: more)");
  window.addEventListener("themechange", changed);
  contrast.addEventListener("change", changed);
  return () => {
    window.removeEventListener("themechange", changed);
    contrast.removeEventListener("change", changed);
  };
}
