import type { EChartsCoreOption } from "echarts";
import { elapsed } from "../../format/duration";
import { count } from "../../format/count";
import { money } from "../../format/money";
import { axesOption, QUIET } from "./axesOption";
import type { Axis, Frame } from "./axis";
import type { Colours } from "./colours";
import { symbolOf } from "./marks";
import { marked, markSize, scored, tailOf, type LinePoint, type RunLine, type XBy } from "./runLines";

interface Input {
  lines: readonly RunLine[];
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

/** As on the chart of one run: a bound points down, since the score lies there or below. */
const SYMBOLS: Partial<Record<LinePoint["kind"], string>> = { bound: symbolOf("at most"), invalid: symbolOf("cross") };

/** A mark that is not filled. */
export function isHollow(point: LinePoint): boolean {
  return point.kind === "bound" || (point.kind === "scored" && point.decision === "rejected");
}

/** Dots and gaps of a line that goes on without scores. */
export const ON_TO_THE_END = [1, 4];

/** Validation curves of several runs over one another. */
export function runLinesOption({ lines, by, x, y, frame, fontSize, colours }: Input): EChartsCoreOption {
  return {
    ...axesOption({ x, y, frame, fontSize, colours, xText: (value, apart) => xText(value, by, apart) }),
    series: lines.flatMap((line) => {
      const colour = colours.dark ? line.look.dark : line.look.light;
      const common = { ...QUIET, z: 3 };
      const opacity = line.leftOut ? PALE : 1;
      const tail = tailOf(line);
      return [
        {
          ...common,
          type: "line",
          symbol: "none",
          data: (line.smooth ?? scored(line.points)).map((point) => [point.x, point.score]),
          lineStyle: {
            color: colour,
            width: 2,
            type: line.look.dash.length > 0 ? line.look.dash : "solid",
            opacity,
          },
        },
        ...(tail.length > 0
          ? [
              {
                ...common,
                type: "line",
                symbol: "none",
                data: tail.map((point) => [point.x, point.score]),
                lineStyle: { color: colour, width: 1.5, type: ON_TO_THE_END, cap: "round", opacity },
              },
            ]
          : []),
        {
          ...common,
          type: "scatter",
          data: marked(line.points).map((point) => ({
            value: [point.x, point.score],
            symbol: SYMBOLS[point.kind] ?? "circle",
            symbolSize: markSize(line, point, fontSize),
            itemStyle: {
              color: isHollow(point) ? colours.panel : colour,
              borderColor: colour,
              borderWidth: point.kind === "invalid" ? 0 : 1.5,
              opacity,
            },
          })),
        },
      ];
    }),
  };
}
