/** How wide a text is drawn, in any unit. */
export type WidthOf = (text: string) => number;

/** Wide enough for the letters of any font, as a share of its size. */
export const LETTER = 0.58;

/** A sign that stands for a character which can not be seen is one letter: half of it says nothing. */
const UNIT = /⟨[A-Z\d+]{2,6}⟩|[\s\S]/gu;

function unitsOf(text: string): string[] {
  return text.match(UNIT) ?? [];
}

/** Counts letters: for texts of which only so many are wanted. */
export const letters: WidthOf = (text) => [...text].length;

/** Measures texts as a chart draws them, in pixels; by its letters where nothing can be drawn. */
export function widthIn(font: string, size: number): WidthOf {
  const pen = document.createElement("canvas").getContext("2d");
  if (!pen?.measureText) return (text) => letters(text) * size * LETTER;
  pen.font = `${size}px ${font}`;
  return (text) => pen.measureText(text).width;
}

/** As much of a text as there is room for, with a mark where more was. */
export function cutTo(text: string, room: number, widthOf: WidthOf): string {
  if (widthOf(text) <= room) return text;
  const all = unitsOf(text);
  // Of a long text most has no room at all: halving finds how much has.
  let [fits, most] = [1, all.length];
  while (most - fits > 1) {
    const middle = Math.floor((fits + most) / 2);
    if (widthOf(`${all.slice(0, middle).join("")}…`) <= room) fits = middle;
    else most = middle;
  }
  return `${all.slice(0, fits).join("")}…`;
}

/** The same with its middle left out: what is one of several differs at its end. */
export function cutInside(text: string, room: number, widthOf: WidthOf): string {
  if (widthOf(text) <= room) return text;
  const { end } = inTwo(text);
  const beginning = room - widthOf(end);
  // So narrow that the end alone would be left of it.
  if (beginning < room / 4) return cutTo(text, room, widthOf);
  return cutTo(text, beginning, widthOf) + end;
}

/** So much of a long name is its end, and this is left before it at least. */
const END = 16;
const BEGINNING = 9;
/** Up to this a name is in no need of being cut. */
const SHORT = 24;

/** A name in its beginning and its end; a short one has no end of its own. Between two words where there is such a place. */
export function inTwo(text: string, short = SHORT): { beginning: string; end: string } {
  const all = unitsOf(text);
  if (all.length <= short) return { beginning: text, end: "" };
  const most = Math.min(END, all.length - BEGINNING);
  const blank = all.findIndex((letter, at) => at >= all.length - most && letter === " ");
  const at = blank >= 0 && blank < all.length - most / 3 ? blank + 1 : all.length - most;
  return { beginning: all.slice(0, at).join(""), end: all.slice(at).join("") };
}

/** A text in lines for which there is room, at most so many of them: what is left over is cut from the last one. */
export function wrappedTo(text: string, room: number, widthOf: WidthOf, most = Infinity): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ").filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && (lines.length === most || widthOf(`${last} ${word}`) <= room))
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => cutTo(line, room, widthOf));
}
