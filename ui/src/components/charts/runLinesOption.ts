import type { EChartsCoreOption } from "echarts";
import { duration } from "../../format/duration";
import { count } from "../../format/count";
import { money } from "../../format/money";
import type { Axis, Frame } from "./axis";
import type { Colours } from "./colours";
import { markSize, type RunLine, type XBy } from "./runLines";

interface Input {
  lines: readonly RunLine[];
  by: XBy;
  x: Axis;
  y: Axis;
  frame: Frame;
  fontSize: number;
  colours: Colours;
}

export const X_WORDS: Record<XBy, string> = { epoch: "epoch", calls: "calls", cost: "dollars", time: "time" };

/** A value of the x axis as text. */
export function xText(value: number, by: XBy): string {
  return by === "time" ? duration(value) : by === "cost" ? money(value) : count(value);
}

/** Validation curves of several runs over one another. */
export function runLinesOption({ lines, by, x, y, frame, fontSize, colours }: Input): EChartsCoreOption {
  const text = { color: colours.ink3, fontSize: fontSize * 0.92, fontFamily: colours.font };
  const step = (axis: Axis) => (axis.ticks.length > 1 ? axis.ticks[1]! - axis.ticks[0]! : 1);
  return {
    textStyle: { fontFamily: colours.font },
    grid: { ...frame, outerBoundsMode: "none", containLabel: false },
    xAxis: {
      type: "value",
      min: x.min,
      max: x.max,
      interval: step(x),
      axisLine: { show: true, lineStyle: { color: colours.lineStrong } },
      axisLabel: { ...text, margin: fontSize * 0.6, formatter: (value: number) => xText(value, by) },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      min: y.min,
      max: y.max,
      interval: step(y),
      axisLabel: { ...text, formatter: (value: number) => `${Number((value * 100).toFixed(1))}%` },
      splitLine: { lineStyle: { color: colours.line } },
    },
    series: lines.flatMap((line) => {
      const colour = colours.dark ? line.look.dark : line.look.light;
      // Without a clip path: WebKitGTK hides lines behind one that is added after them, and nothing lies outside of the axes.
      const common = { silent: true, animation: false, clip: false, z: 3 };
      return [
        {
          ...common,
          type: "line",
          symbol: "none",
          data: (line.smooth ?? line.points).map((point) => [point.x, point.score]),
          lineStyle: {
            color: colour,
            width: 2,
            type: line.look.dash.length > 0 ? line.look.dash : "solid",
          },
        },
        {
          ...common,
          type: "scatter",
          data: line.points.map((point) => ({
            value: [point.x, point.score],
            symbol: "circle",
            symbolSize: markSize(line, point, fontSize),
            itemStyle: {
              color: point.decision === "rejected" ? colours.panel : colour,
              borderColor: colour,
              borderWidth: 1.5,
              opacity: 1,
            },
          })),
        },
      ];
    }),
  };
}
