import type { CustomSeriesRenderItemAPI, EChartsCoreOption } from "echarts";
import type { Axis, Frame } from "./axis";
import type { Colours } from "./colours";

interface Input {
  x: Axis;
  y: Axis;
  frame: Frame;
  fontSize: number;
  colours: Colours;
  /** A tick of the x axis as text, and how far the ticks are apart. */
  xText: (value: number, apart: number) => string;
}

/**
 * The one series of a chart, which draws everything: a series of the library for each curve and an element for each mark took most of the
 * time. Nothing moves or listens, and a mark at the edge stays whole, for nothing lies outside of the axes.
 */
export function drawnBy(elements: (api: CustomSeriesRenderItemAPI) => object[]): object[] {
  const renderItem = (_: unknown, api: CustomSeriesRenderItemAPI) => ({ type: "group", children: elements(api) });
  return [{ type: "custom", silent: true, animation: false, clip: false, z: 1, data: [0], renderItem }];
}

/** A score at an axis. */
export function percentTick(value: number): string {
  return `${Number((value * 100).toFixed(1))}%`;
}

function step({ ticks }: Axis): number {
  return ticks.length > 1 ? ticks[1]! - ticks[0]! : 1;
}

/** Text at an axis. */
export function axisText(fontSize: number, colours: Colours) {
  return { color: colours.ink3, fontSize: fontSize * 0.92, fontFamily: colours.font };
}

/** An axis of values from left to right. */
export function valueAxis({ x, fontSize, colours, xText }: Omit<Input, "y" | "frame">) {
  const formatter = (value: number) => xText(value, step(x));
  return {
    type: "value",
    min: x.min,
    max: x.max,
    interval: step(x),
    axisLine: { show: true, lineStyle: { color: colours.lineStrong } },
    axisLabel: { ...axisText(fontSize, colours), margin: fontSize * 0.6, hideOverlap: true, formatter },
    splitLine: { show: false },
  };
}

/**
 * An axis of numbered columns from 0 on, each with its middle at its number. It is one of values, not of categories: the library would
 * measure every name of thousands each time that it draws.
 */
export function columnAxis({ columns, labelled, fontSize, colours }: Columns) {
  return {
    type: "value",
    min: -0.5,
    max: columns - 0.5,
    axisLine: { show: true, onZero: false, lineStyle: { color: colours.lineStrong } },
    axisTick: { show: false },
    axisLabel: { ...axisText(fontSize, colours), margin: fontSize * 0.6, customValues: labelled, formatter: String },
    splitLine: { show: false },
  };
}

interface Columns {
  columns: number;
  /** Those with a number below. */
  labelled: readonly number[];
  fontSize: number;
  colours: Colours;
}

/** Scores from the bottom up, and the frame around the plot. */
export function scoreFrame({ y, frame, fontSize, colours }: Omit<Input, "x" | "xText">): EChartsCoreOption {
  return {
    textStyle: { fontFamily: colours.font },
    grid: { ...frame, outerBoundsMode: "none", containLabel: false },
    yAxis: {
      type: "value",
      min: y.min,
      max: y.max,
      interval: step(y),
      axisLabel: { ...axisText(fontSize, colours), formatter: percentTick },
      splitLine: { lineStyle: { color: colours.line } },
    },
  };
}

/** A plot of scores over values: frame and both axes. */
export function axesOption(input: Input): EChartsCoreOption {
  return { ...scoreFrame(input), xAxis: valueAxis(input) };
}
