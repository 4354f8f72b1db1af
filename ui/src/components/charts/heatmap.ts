import { cutInside, letters, widthIn } from "./lettering";
import { svgDocument } from "./svgDocument";
import { forXml } from "./xml";

/** One cell of a map: what stands in it and how it is coloured. */
export interface MapCell {
  text: string;
  /** A colour as the style sheet has it; none leaves the cell as the card is. */
  fill: string | null;
  /** How much of that colour lies over the card, in [0, 1]; all of it where nothing is said. */
  share?: number;
  ink: string;
}

export interface Heatmap {
  rows: readonly string[];
  columns: readonly string[];
  /** What rows and columns are: it stands in the corner, as in the table. */
  corner: string;
  cell: (row: number, column: number) => MapCell;
  /** In characters: of names of rows what is written at most, and the width of a cell. */
  names: number;
  wide: number;
  ink: string;
  /** The colour of the card, under the cells. */
  panel: string;
  font: string;
}

const LINE = 22;
const CHARACTER = 7.2;
const SIZE = 12;
/** A picture is read alone, so names of columns are whole in it up to so many characters. */
const LONGEST = 60;

/** What is written of a text. Its signs count, so that they have room. */
function cut(whole: string, most: number): string {
  return cutInside(forXml(whole), most, letters);
}

/** A table of coloured cells as an SVG document, without its caption. Names are put in as text, whatever they hold. */
export function heatmapSvg({ rows, columns, corner, cell, names, wide, ink, panel, font }: Heatmap): string {
  const widthOf = widthIn(font, SIZE);
  const widest = (texts: readonly string[]) => Math.ceil(Math.max(0, ...texts.map(widthOf)));
  const named = rows.map((name) => cut(name, names));
  const heads = columns.map((name) => cut(name, LONGEST));
  const left = widest([cut(corner, names), ...named]) + 18;
  const column = Math.max(LINE * 0.8, wide * CHARACTER);
  // Narrow columns are named from below upwards.
  const upright = widest(heads) > column - 4;
  const top = 6 + (upright ? widest(heads) + 6 : LINE);
  const [width, height] = [left + columns.length * column + 12, top + rows.length * LINE + 8];
  const { add, written } = svgDocument({ width, height, font, size: SIZE });
  add("text", { x: left - 6, y: top - 6, "text-anchor": "end", fill: ink, "font-style": "italic" }, cut(corner, names));
  // The shares of the cells' colours are over this one, whatever the picture lies on. No colour is read: a style sheet writes them in many ways.
  add("rect", { x: left, y: top, width: columns.length * column, height: rows.length * LINE, fill: panel });
  heads.forEach((name, at) => {
    const x = left + at * column + column / 2;
    const place: Record<string, string | number> = upright
      ? { transform: `translate(${x + 4} ${top - 6}) rotate(-90)` }
      : { x, y: top - 6, "text-anchor": "middle" };
    add("text", { ...place, fill: ink }, name);
  });
  named.forEach((name, row) => {
    const y = top + row * LINE;
    add("text", { x: left - 6, y: y + LINE * 0.7, "text-anchor": "end", fill: ink }, name);
    columns.forEach((_, at) => {
      const { text, fill, share = 1, ink: own } = cell(row, at);
      const x = left + at * column;
      const over: Record<string, number> = share < 1 ? { "fill-opacity": share } : {};
      if (fill) add("rect", { x: x + 0.5, y: y + 0.5, width: column - 1, height: LINE - 1, rx: 2, fill, ...over });
      if (text !== "") add("text", { x: x + column / 2, y: y + LINE * 0.7, "text-anchor": "middle", fill: own }, text);
    });
  });
  return written();
}
