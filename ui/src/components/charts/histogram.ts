import type { Colours } from "./colours";
import { widthIn } from "./lettering";
import { svgDocument } from "./svgDocument";

/** How many there are in a range. */
export interface Bin {
  from: number;
  to: number;
  count: number;
}

interface Input {
  bins: readonly Bin[];
  /** A number at an axis. */
  write: (value: number) => string;
  colours: Pick<Colours, "accent" | "ink3" | "line" | "lineStrong" | "font">;
}

/** Of the colour of the bars so much is seen, here and in the window. */
export const BAR_SHARE = 0.78;

const SIZE = 12;
const WIDTH = 480;
const HIGH = 150;
const TOP = 14;

/** The fullest of the bins; at least one, so that it can be divided by. */
export function fullest(bins: readonly Bin[]): number {
  return Math.max(1, ...bins.map(({ count }) => count));
}

/** Bars as an SVG document without its caption: how many at the left, the shortest and the longest below. */
export function histogramSvg({ bins, write, colours }: Input): string {
  const { accent, ink3, line, lineStrong, font } = colours;
  const most = fullest(bins);
  const left = 16 + Math.ceil(Math.max(...["0", write(most)].map(widthIn(font, SIZE))));
  const right = WIDTH - 12;
  const foot = TOP + HIGH;
  const { add, written } = svgDocument({ width: WIDTH, height: foot + 22, font, size: SIZE });
  for (const [y, at] of [
    [TOP, most],
    [foot, 0],
  ] as const) {
    add("path", { d: `M${left} ${y}H${right}`, stroke: at === 0 ? lineStrong : line });
    add("text", { x: left - 6, y: y + SIZE * 0.35, "text-anchor": "end", fill: ink3 }, write(at));
  }
  const wide = (right - left) / Math.max(1, bins.length);
  bins.forEach(({ count }, at) => {
    if (count === 0) return;
    const height = Math.max(1, (count / most) * HIGH);
    const place = { x: left + at * wide + 0.5, y: foot - height, width: Math.max(1, wide - 1), height };
    add("rect", { ...place, fill: accent, "fill-opacity": BAR_SHARE });
  });
  const [first, last] = [bins[0], bins.at(-1)];
  if (first && last) {
    add("text", { x: left, y: foot + SIZE * 1.4, fill: ink3 }, write(first.from));
    add("text", { x: right, y: foot + SIZE * 1.4, "text-anchor": "end", fill: ink3 }, write(last.to));
  }
  return written();
}
