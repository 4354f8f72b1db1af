const LINE = 80;
const MOST = 500;
/** What a line takes of that at least, so that many short ones do not become a tower. */
const LEAST = 20;

/** Up to the last blank for which there is room; in the middle of what has none. Whole characters. */
const LINES = /[^]{1,80}(?=\s|$)|[^]{1,80}/gu;

/**
 * A text as a tooltip. The system breaks none of its lines, and a long one is wider than the display: lines of at most 80 characters, 500 in
 * all. What went through here once stays as it is.
 */
export function tooltip(text: string): string {
  if (text.length <= LINE) return text;
  const lines: string[] = [];
  let left = MOST;
  // Of a whole file only the beginning is looked at.
  for (const line of text.slice(0, 4 * MOST).split(/\r\n|\r|\n/)) {
    for (const part of line.match(LINES) ?? [""]) {
      const letters = [...(part === line ? part : part.trim())];
      if (letters.length > left) return [...lines, `${letters.slice(0, Math.max(0, left - 1)).join("")}…`].join("\n");
      if (letters.length === 0 && part !== "") continue;
      lines.push(letters.join(""));
      left -= Math.max(letters.length, LEAST);
    }
  }
  return lines.join("\n");
}
