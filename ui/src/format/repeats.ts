/** Which texts of a list stood in it before: of several alike the first one is told, the others are "the same". Nothing repeats nothing. */
export function repeats(texts: readonly string[]): boolean[] {
  const told = new Set<string>();
  return texts.map((text) => {
    if (text === "" || !told.has(text)) {
      told.add(text);
      return false;
    }
    return true;
  });
}

/** By text of a list the place where it stood first, if it stood before; else null. Nothing repeats nothing. */
export function firstPlaces(texts: readonly string[]): (number | null)[] {
  const again = repeats(texts);
  return texts.map((text, at) => (again[at] ? texts.indexOf(text) : null));
}

/** A text of several lines with each of them once. */
export function linesOnce(text: string): string {
  const lines = text.split("\n");
  const again = repeats(lines.map((line) => line.trim()));
  return lines.filter((_, at) => !again[at]).join("\n");
}
