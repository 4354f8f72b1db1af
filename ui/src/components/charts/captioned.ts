import type { Colours } from "./colours";
import { cutInside, LETTER, letters, wrappedTo } from "./lettering";
import type { RunLook } from "./runColours";
import { forXml } from "./xml";

/** What a line of a chart is called, and how it looks: as a run of a set does, or in a colour of the style sheet. */
export type Key = { name: string } & (
  { look: RunLook } | { tone: "validation" | "train" | "good" | "ink3"; dash: readonly number[] }
);

/** What a chart says of itself. In the window its card says it; a picture of it stands alone. */
export interface Caption {
  title: string;
  keys: readonly Key[];
  /** What the marks mean. */
  note?: string;
  /** What the x axis counts. */
  x?: string;
}

const FONT = 13;
const LINE = 20;
const EDGE = 12;
const SWATCH = 26;
/** Of a name so much is written. */
const MOST = 60;
/** Narrower than this nothing is said beside a chart. */
const LEAST = 440;
const CHARACTER = FONT * LETTER;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** What is written of a name. Its signs count, so that they have room. */
function cut(text: string, most: number): string {
  return cutInside(forXml(text), most, letters);
}

/** A text in lines of at most so many letters. */
function wrapped(text: string, most: number): string[] {
  return wrappedTo(forXml(text), most, letters);
}

function side(svg: string, name: "width" | "height"): number {
  return Number.parseFloat(new RegExp(`<svg\\b[^>]*\\s${name}="([\\d.]+)`).exec(svg)?.[1] ?? "") || 0;
}

/**
 * A chart with its title above it, what its lines mean below that, what its x axis counts, and at the foot what must be known of its
 * figures wherever the picture ends up. A chart that names everything in itself has no caption.
 */
export function captioned(
  svg: string,
  caption: Caption | undefined,
  warnings: readonly string[],
  colours: Colours,
): string {
  const [drawn, height] = [side(svg, "width"), side(svg, "height")];
  if (drawn === 0 || height === 0 || (!caption && warnings.length === 0)) return svg;
  const { title, keys = [], note, x }: Partial<Caption> = caption ?? {};
  const width = Math.max(drawn, LEAST);
  const room = Math.floor((width - 2 * EDGE) / CHARACTER);
  const parts: string[] = [];
  const write = (text: string, at: [number, number], fill: string, more = "") =>
    parts.push(`<text x="${at[0]}" y="${at[1]}" fill="${escaped(fill)}"${more}>${escaped(text)}</text>`);
  let y = 0;
  if (title !== undefined) {
    y = EDGE + FONT - LINE;
    // Heavier letters are wider.
    for (const line of wrapped(title, Math.floor(room * 0.93))) {
      y += LINE;
      write(line, [EDGE, y], colours.ink, ' font-weight="600"');
    }
  }
  let left = EDGE;
  if (keys.length > 0) y += LINE;
  for (const key of keys) {
    const name = cut(key.name, Math.min(MOST, Math.floor((width - 2 * EDGE - SWATCH - 6) / CHARACTER)));
    const wide = SWATCH + 6 + [...name].length * CHARACTER + 16;
    if (left > EDGE && left + wide > width - EDGE) [left, y] = [EDGE, y + LINE];
    const [colour, dash] =
      "look" in key ? [colours.dark ? key.look.dark : key.look.light, key.look.dash] : [colours[key.tone], key.dash];
    parts.push(
      `<path d="M${left} ${y - FONT * 0.35}h${SWATCH}" fill="none" stroke="${escaped(colour)}" stroke-width="2" stroke-dasharray="${dash.join(" ")}"/>`,
    );
    write(name, [left + SWATCH + 6, y], colours.ink2);
    left += wide;
  }
  for (const line of wrapped(note ?? "", room)) {
    y += LINE;
    write(line, [EDGE, y], colours.ink3);
  }
  const above = caption ? y + 8 : 0;
  y = above + height + (x === undefined ? 0 : LINE);
  if (x !== undefined) write(x, [drawn - EDGE, above + height + FONT], colours.ink3, ' text-anchor="end"');
  for (const line of warnings.flatMap((warning) => wrapped(warning, room))) {
    y += LINE;
    write(line, [EDGE, y], colours.warn);
  }
  const whole = y + (warnings.length > 0 ? EDGE : 0);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${whole}" viewBox="0 0 ${width} ${whole}" ` +
    `font-family="${escaped(colours.font)}" font-size="${FONT}">${parts.join("")}${svg.replace("<svg ", `<svg y="${above}" `)}</svg>`
  );
}
