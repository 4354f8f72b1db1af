import type { Plugin } from "vite";

const WIDE = "wrapping ? 10000 /* LG.MarginWrap */";
const NARROW = "wrapping ? 2000";

/**
 * In a line of many thousand characters the editor keeps as text what is near the view and leaves a gap for the rest; in wrapped lines
 * "near" are 10,000 characters to either side, all of which the browser lays out again with every key. With 2,000 it is a third as much in a
 * line of 20,000; what the view shows comes on top of it. The editor has no setting for it.
 */
export function narrowGaps(): Plugin {
  let found = false;
  return {
    name: "narrow-gaps",
    apply: "build",
    transform(code, id) {
      if (!id.includes("@codemirror/view/dist/index.js")) return null;
      if (!code.includes(WIDE))
        this.error("The margin of long lines is not where it was in the editor: see narrow-gaps.ts.");
      found = true;
      return { code: code.replace(WIDE, NARROW), map: null };
    },
    generateBundle() {
      if (!found) this.error("The editor's view was not met in this build: see narrow-gaps.ts.");
    },
  };
}
