import type { CustomSeriesRenderItemAPI, EChartsCoreOption } from "echarts";
import { elapsed } from "../../format/duration";
import { count } from "../../format/count";
import { money } from "../../format/money";
import { axesOption, drawnBy } from "./axesOption";
import type { Axis, Frame } from "./axis";
import type { Colours } from "./colours";
import { marksOf, type MarkForm, type MarkLook } from "./marks";
import { marked, markSize, scored, tailOf, type LinePoint, type RunLine, type XBy } from "./runLines";

interface Input {
  lines: readonly RunLine[];
  /** Marks stand close to one another. */
  close: boolean;
  by: XBy;
  x: Axis;
  y: Axis;
  frame: Frame;
  fontSize: number;
  colours: Colours;
}

/** How much is left of what a filter leaves out. */
export const PALE = 0.18;

export const X_WORDS: Record<XBy, string> = { epoch: "epoch", calls: "calls", cost: "dollars", time: "time" };

/** The same as the head of a column in a file, with its unit. */
export const X_IN_FILE: Record<XBy, string> = { ...X_WORDS, time: "time in ms" };

/** A value of the x axis as text; of one among others, how far they are apart. */
export function xText(value: number, by: XBy, apart?: number): string {
  return by === "time" ? elapsed(value, apart) : by === "cost" ? money(value, apart) : count(value);
}

/** A mark that is not filled. */
export function isHollow(point: LinePoint): boolean {
  return point.kind === "bound" || (point.kind === "scored" && point.decision === "rejected");
}

/** Dots and gaps of a line that goes on without scores. */
export const ON_TO_THE_END = [1, 4];

/** As on the chart of one run: a bound points down, since the score lies there or below. */
export const FORMS: Partial<Record<LinePoint["kind"], MarkForm>> = { bound: "at most", invalid: "cross" };

/** Validation curves of several runs over one another. */
export function runLinesOption(input: Input): EChartsCoreOption {
  const { lines, by, x, y, frame, fontSize, colours } = input;
  return {
    ...axesOption({ x, y, frame, fontSize, colours, xText: (value, apart) => xText(value, by, apart) }),
    series: drawnBy((api) => lines.flatMap((line) => drawing(line, input, api))),
  };
}

type Pixel = [number, number];

/** One run: its curve, what goes on to the end without scores, and its marks. */
function drawing(line: RunLine, input: Input, api: CustomSeriesRenderItemAPI): object[] {
  const { x, y, colours } = input;
  const [left, bottom] = api.coord([x.min, y.min]) as Pixel;
  const [right, top] = api.coord([x.max, y.max]) as Pixel;
  const pixel = (point: { x: number; score: number }): Pixel => [
    left + ((point.x - x.min) / (x.max - x.min)) * (right - left),
    bottom + ((point.score - y.min) / (y.max - y.min)) * (top - bottom),
  ];
  const stroke = colours.dark ? line.look.dark : line.look.light;
  const opacity = line.leftOut ? PALE : 1;
  const path = (points: readonly { x: number; score: number }[], lineWidth: number, dash: readonly number[]) => {
    if (points.length < 2) return [];
    const lineDash = dash.length > 0 ? { lineDash: [...dash], lineCap: dash === ON_TO_THE_END ? "round" : "butt" } : {};
    const style = { stroke, lineWidth, opacity, ...lineDash, fill: "none", lineJoin: "bevel" };
    return [{ type: "polyline", shape: { points: points.map(pixel) }, style }];
  };
  const look = (point: LinePoint): MarkLook => {
    const form = FORMS[point.kind] ?? "circle";
    const size = markSize(line, point, input.fontSize);
    const fill = isHollow(point) ? colours.panel : stroke;
    return { form, size, fill, stroke: form === "cross" ? null : stroke, lineWidth: 1.5, opacity };
  };
  // The larger lie above: the best, and what is no score.
  const above = marked(line.points, input.close).sort((a, b) => markSize(line, a, 1) - markSize(line, b, 1));
  return [
    ...path(line.smooth ?? scored(line.points), 2, line.look.dash),
    ...path(tailOf(line), 1.5, ON_TO_THE_END),
    ...marksOf(above, look, pixel),
  ];
}
