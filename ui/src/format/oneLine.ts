import { showInvisible } from "./marks";

/**
 * A cell on one line, cut at `most` characters. Blanks at its ends, line ends, control characters and marks of direction are made visible:
 * they reach the model, and a browser would swallow them.
 */
export function oneLine(text: string, most: number): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return showInvisible(
    cut
      .replace(/^[ \t]+|[ \t]+$/g, (blanks) => blanks.replaceAll(" ", "·").replaceAll("\t", "⇥"))
      .replace(/\r\n|\r|\n/g, "⏎"),
  );
}
