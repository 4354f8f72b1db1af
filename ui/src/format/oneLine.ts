import { markOf } from "./marks";

const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/**
 * A cell on one line, cut at `most` characters. Blanks at its ends, line ends and control characters are made visible:
 * they reach the model, and a browser would swallow them.
 */
export function oneLine(text: string, most: number): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return cut
    .replace(/^[ \t]+|[ \t]+$/g, (blanks) => blanks.replaceAll(" ", "·").replaceAll("\t", "⇥"))
    .replace(/\r\n|\r|\n/g, "⏎")
    .replace(CONTROLS, markOf);
}
