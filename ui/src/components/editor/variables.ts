/** Finds `{{column}}` places in a prompt by the engine's rule: one pass, exact names of columns, everything else literal. */

export interface ColumnPlace {
  from: number;
  to: number;
  /** Position in the column list. */
  column: number;
}

export interface UnknownPlace {
  from: number;
  to: number;
  /** What stands between the braces, blanks aside. */
  name: string;
}

export interface ScannedText {
  places: ColumnPlace[];
  /** Looks meant as a column but names none; sent as it stands. */
  unknown: UnknownPlace[];
}

// The engine trims by Unicode White_Space; String.prototype.trim differs at U+0085 and U+FEFF.
function isBlank(code: number): boolean {
  return (
    (code >= 0x09 && code <= 0x0d) ||
    code === 0x20 ||
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

// Longer text between braces is prose or data, not a mistyped name.
const LONGEST_FLAGGED_NAME = 80;
// Braces, line ends and quotes point to JSON or code that happens to double its braces.
const NOT_A_NAME = /[{}\n\r"'`]/;

export function scanVariables(text: string, columns: readonly string[]): ScannedText {
  const index = new Map<string, number>();
  let longest = 0;
  columns.forEach((name, i) => {
    if (!index.has(name)) index.set(name, i);
    longest = Math.max(longest, name.length);
  });

  const places: ColumnPlace[] = [];
  const unknown: UnknownPlace[] = [];
  let at = 0;
  // The next "}}" is remembered, so that a text full of braces stays linear.
  let close = -1;
  for (;;) {
    const open = text.indexOf("{{", at);
    if (open < 0) break;
    const start = open + 2;
    if (close < start) close = text.indexOf("}}", start);
    if (close < 0) break;

    let innerFrom = start;
    let innerTo = close;
    while (innerFrom < innerTo && isBlank(text.charCodeAt(innerFrom))) innerFrom += 1;
    while (innerTo > innerFrom && isBlank(text.charCodeAt(innerTo - 1))) innerTo -= 1;

    let column = close - start <= longest ? index.get(text.slice(start, close)) : undefined;
    if (column === undefined && innerTo - innerFrom <= longest) column = index.get(text.slice(innerFrom, innerTo));
    if (column !== undefined) {
      places.push({ from: open, to: close + 2, column });
      at = close + 2;
      continue;
    }
    if (innerTo > innerFrom && innerTo - innerFrom <= LONGEST_FLAGGED_NAME) {
      const name = text.slice(innerFrom, innerTo);
      if (!NOT_A_NAME.test(name)) unknown.push({ from: open, to: close + 2, name });
    }
    at = open + 1;
  }
  return { places, unknown };
}

/** Names that are no column, each once, in order of appearance. */
export function unknownNames(scanned: ScannedText): string[] {
  return [...new Set(scanned.unknown.map((place) => place.name))];
}

/** A half-typed `{{na` before the cursor: where its name starts and what is there so far. */
export function openVariable(lineBeforeCursor: string): { from: number; typed: string } | null {
  const open = lineBeforeCursor.lastIndexOf("{{");
  if (open < 0) return null;
  const typed = lineBeforeCursor.slice(open + 2);
  if (typed.includes("}") || typed.length > LONGEST_FLAGGED_NAME) return null;
  const blanks = typed.length - typed.trimStart().length;
  return { from: open + 2 + blanks, typed: typed.slice(blanks) };
}
