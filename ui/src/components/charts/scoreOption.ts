import type { CustomSeriesRenderItemAPI, EChartsCoreOption } from "echarts";
import type { Axis } from "./axis";
import type { Colours } from "./colours";
import type { CurvePoint } from "./curve";
import type { Layout } from "./layout";
import { xText } from "./runLinesOption";

const atMost = "path://M0,0 L12,0 L6,11 Z";
const cross = "path://M0,2 L2,0 L6,4 L10,0 L12,2 L8,6 L12,10 L10,12 L6,8 L2,12 L0,10 L4,6 Z";

interface Input {
  points: readonly CurvePoint[];
  /** The x axis that the timeline shares. */
  layout: Layout;
  labelled: ReadonlySet<number>;
  axis: Axis;
  fontSize: number;
  /** Value of an epoch on the x axis. */
  x: (epoch: number) => number;
  colours: Colours;
}

/** The chart of one run: train, validation with its interval, best so far, baseline and the marks of the decisions. */
export function scoreOption({ points, layout, labelled, axis, fontSize, x, colours }: Input): EChartsCoreOption {
  const { frame } = layout;
  const slots = layout.places.length;
  const last = layout.axis?.max ?? slots - 1;
  const widths = layout.places.slice(1).map((place, i) => place.at - (layout.places[i]?.at ?? 0));
  const step =
    widths.length > 0 ? Math.max(0, widths.reduce((sum, width) => sum + width, 0) / widths.length) : fontSize;
  const scored = points.flatMap((point) => (point.validation ? [{ ...point, score: point.validation }] : []));
  const trained = points.flatMap((point) => (point.train ? [[x(point.epoch), point.train.score]] : []));
  const bests = points.flatMap((point) => (point.best === null ? [] : [[x(point.epoch), point.best]]));
  const baseline = scored.find((point) => point.decision === "baseline")?.score.score;
  const text = { color: colours.ink3, fontSize: fontSize * 0.92, fontFamily: colours.font };
  // Nothing lies outside of the axes; WebKitGTK hides lines behind a clip path that is added after them.
  const quiet = { silent: true, animation: false, clip: false };
  return {
    textStyle: { fontFamily: colours.font },
    grid: { ...frame, outerBoundsMode: "none", containLabel: false },
    xAxis: layout.axis
      ? {
          type: "value",
          min: 0,
          max: layout.axis.max,
          interval: layout.axis.ticks.length > 1 ? layout.axis.ticks[1]! - layout.axis.ticks[0]! : 1,
          axisLine: { show: true, lineStyle: { color: colours.lineStrong } },
          axisLabel: { ...text, margin: fontSize * 0.6, formatter: (value: number) => xText(value, layout.by) },
          splitLine: { show: false },
        }
      : {
          type: "category",
          data: Array.from({ length: slots }, (_, slot) => String(slot)),
          boundaryGap: true,
          axisLine: { lineStyle: { color: colours.lineStrong } },
          axisTick: { show: false },
          axisLabel: { ...text, margin: fontSize * 0.6, interval: (slot: number) => labelled.has(slot) },
        },
    yAxis: {
      type: "value",
      min: axis.min,
      max: axis.max,
      interval: axis.ticks.length > 1 ? axis.ticks[1]! - axis.ticks[0]! : 1,
      axisLabel: { ...text, formatter: (value: number) => `${Number((value * 100).toFixed(1))}%` },
      splitLine: { lineStyle: { color: colours.line } },
    },
    series: [
      {
        ...quiet,
        type: "custom",
        z: 1,
        data: [0],
        renderItem: (_: unknown, api: CustomSeriesRenderItemAPI) => {
          const upper = scored.map((point) => api.coord([x(point.epoch), point.score.high]));
          const lower = scored.map((point) => api.coord([x(point.epoch), point.score.low])).reverse();
          if (scored.length === 1 && upper[0] && lower[0]) {
            const [left, top] = upper[0] as [number, number];
            const bottom = lower[0][1]!;
            return {
              type: "rect",
              shape: { x: left - 4, y: top, width: 8, height: bottom - top },
              style: { fill: colours.validation, opacity: 0.14 },
            };
          }
          return {
            type: "polygon",
            shape: { points: [...upper, ...lower] as [number, number][] },
            style: { fill: colours.validation, opacity: 0.14 },
          };
        },
      },
      {
        ...quiet,
        type: "line",
        z: 2,
        data:
          baseline === undefined
            ? []
            : [
                [0, baseline],
                [last, baseline],
              ],
        symbol: "none",
        lineStyle: { color: colours.ink3, width: 1, type: [2, 4] },
      },
      {
        ...quiet,
        type: "line",
        z: 3,
        data: bests,
        step: "end",
        symbol: "none",
        lineStyle: { color: colours.good, width: 1.25, type: [1, 3], cap: "round" },
      },
      {
        ...quiet,
        type: "line",
        z: 4,
        data: trained,
        symbol: "none",
        lineStyle: { color: colours.train, width: 1.5, type: [6, 4] },
      },
      {
        ...quiet,
        type: "line",
        z: 5,
        data: scored.map((point) => [x(point.epoch), point.score.score]),
        symbol: "none",
        lineStyle: { color: colours.validation, width: 2 },
      },
      {
        ...quiet,
        type: "scatter",
        z: 6,
        data: points.flatMap((point) => {
          // Many epochs: smaller marks, so that neighbours do not hide one another.
          const size = Math.max(4, Math.min(fontSize * 0.75, step * 0.7));
          if (point.decision === "invalid") {
            if (point.best === null) return [];
            return [
              {
                value: [x(point.epoch), point.best],
                symbol: cross,
                symbolSize: size,
                itemStyle: { color: colours.bad, opacity: 1 },
              },
            ];
          }
          if (point.bound) {
            // It points down: the score lies there or below.
            return [
              {
                value: [x(point.epoch), point.bound.score],
                symbol: atMost,
                symbolSize: size,
                itemStyle: { color: colours.panel, borderColor: colours.ink2, borderWidth: 1.5, opacity: 1 },
              },
            ];
          }
          if (!point.validation) return [];
          const value = [x(point.epoch), point.validation.score];
          if (point.decision === "baseline") {
            return [{ value, symbol: "rect", symbolSize: size, itemStyle: { color: colours.ink2, opacity: 1 } }];
          }
          const filled = point.decision === "accepted";
          return [
            {
              value,
              symbol: "circle",
              symbolSize: size,
              itemStyle: {
                color: filled ? colours.good : colours.panel,
                borderColor: filled ? colours.good : colours.ink2,
                borderWidth: 1.5,
                opacity: 1,
              },
            },
          ];
        }),
      },
    ],
  };
}
