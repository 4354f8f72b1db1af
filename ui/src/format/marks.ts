/** A stretch of a cell: text as it stands, or the sign for something that can not be seen. */
export type Piece = { text: string; mark: boolean };

const NAMED: Readonly<Record<string, string>> = {
  " ": "·",
  "\t": "→",
  "\r": "␍",
  "\n": "⏎",
  "\u00a0": "⍽",
  "\u00ad": "⟨SHY⟩",
  "\u061c": "⟨ALM⟩",
  "\u200b": "⟨ZWSP⟩",
  "\u200e": "⟨LRM⟩",
  "\u200f": "⟨RLM⟩",
  "\u2028": "⟨LS⟩",
  "\u2029": "⟨PS⟩",
  "\u202a": "⟨LRE⟩",
  "\u202b": "⟨RLE⟩",
  "\u202c": "⟨PDF⟩",
  "\u202d": "⟨LRO⟩",
  "\u202e": "⟨RLO⟩",
  "\u2066": "⟨LRI⟩",
  "\u2067": "⟨RLI⟩",
  "\u2068": "⟨FSI⟩",
  "\u2069": "⟨PDI⟩",
  "\u2060": "⟨WJ⟩",
  "\ufeff": "⟨BOM⟩",
};

// Joiners are left alone: emoji and several scripts are built with them.
const UNSEEN = /[\u0000-\u0020\u007f-\u00a0\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** What neither has a shape of its own nor is a blank, a tab or the end of a line. */
const WITHOUT_SHAPE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** The sign of a character that can not be seen. */
export function markOf(character: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  const code = character.charCodeAt(0);
  if (code === 0x7f) return "␡";
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/**
 * A text of a file, a model or a user as it is shown among words of our own: control characters and marks of direction by
 * their signs, so that they can neither hide nor reorder what is around them. Blanks, tabs and line ends stay.
 */
export function showInvisible(text: string): string {
  return text.replace(WITHOUT_SHAPE, markOf);
}

/**
 * A cell in pieces, every blank, line end, control and direction character replaced by a sign. With `lines`, a line
 * end is kept behind its sign, so that lines stay lines. Cut at `most` characters.
 */
export function marked(text: string, most: number, lines = false): Piece[] {
  const cut = text.length > most ? text.slice(0, most) : text;
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of cut.matchAll(UNSEEN)) {
    if (match.index > from) pieces.push({ text: cut.slice(from, match.index), mark: false });
    const [character] = match;
    const last = pieces.at(-1);
    const sign = markOf(character) + (lines && character === "\n" ? "\n" : "");
    // Neighbouring signs are one piece: a run of blanks is one element, not hundreds.
    if (last?.mark && match.index === from && from > 0) last.text += sign;
    else pieces.push({ text: sign, mark: true });
    from = match.index + 1;
  }
  if (from < cut.length) pieces.push({ text: cut.slice(from), mark: false });
  if (cut.length < text.length) pieces.push({ text: "…", mark: true });
  return pieces;
}
