import preferences from "./styles/preferences.css?raw";
import { describe, expect, it } from "vitest";

/** Everything the window is made of, by file. */
const SOURCES = import.meta.glob<string>(["./**/*.svelte", "./**/*.ts", "./**/*.css", "!./**/*.test.ts", "!./api/**"], {
  query: "?raw",
  import: "default",
  eager: true,
});

function found(pattern: RegExp): string[] {
  return Object.entries(SOURCES).flatMap(([file, text]) => (pattern.test(text) ? [file] : []));
}

/** The rules inside a media query, without blanks. */
function inside(query: string): string {
  const start = preferences.indexOf(`@media ${query} {`);
  expect(start, query).toBeGreaterThanOrEqual(0);
  const end = preferences.indexOf("\n}", start);
  return preferences.slice(start, end).replace(/\s+/g, "");
}

describe("reduced motion", () => {
  it("ends every transition, animation and smooth scroll of the style sheets, also those of components", () => {
    const rules = inside("(prefers-reduced-motion: reduce)");
    // Forced and on everything: a component's own rule is more specific.
    expect(rules).toContain("*,*::before,*::after{");
    for (const declared of ["transition-duration:0s", "animation-duration:0s", "scroll-behavior:auto"])
      expect(rules).toContain(`${declared}!important;`);
  });

  it("has nothing else to end: no script moves anything by itself", () => {
    expect(found(/svelte\/(transition|animate|motion)/)).toEqual([]);
    expect(found(/\.animate\(|behavior:\s*["'`]smooth|startViewTransition/)).toEqual([]);
    // A sheet that forces its own movement could not be ended.
    expect(found(/(transition|animation)[\w-]*:[^;{}]*!important/)).toEqual(["./styles/preferences.css"]);
    expect(Object.keys(SOURCES).length).toBeGreaterThan(200);
  });

  it("holds for charts: they are drawn at once, to the page and to a picture", () => {
    expect(found(/animation:\s*true|animationDuration/)).toEqual([]);
  });
});
