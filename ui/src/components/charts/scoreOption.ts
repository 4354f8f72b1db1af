import type { CustomSeriesRenderItemAPI, EChartsCoreOption } from "echarts";
import { axisText, QUIET, scoreFrame, valueAxis } from "./axesOption";
import type { Axis } from "./axis";
import type { Colours } from "./colours";
import { telling, type CurvePoint } from "./curve";
import type { Layout } from "./layout";
import { xText } from "./runLinesOption";
import { thinned } from "./thin";

const atMost = "path://M0,0 L12,0 L6,11 Z";
const cross = "path://M0,2 L2,0 L6,4 L10,0 L12,2 L8,6 L12,10 L10,12 L6,8 L2,12 L0,10 L4,6 Z";

/** Pixels below which two marks are one. */
const MARKS_APART = 3;

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
  const pixel = (point: CurvePoint) => layout.places[point.epoch]?.at ?? 0;
  /** More points than pixels: the outermost of each pixel stand for the others. */
  const widest = (weight: (point: (typeof scored)[number]) => number) => thinned(scored, pixel, 1, weight);
  const trained = points.flatMap((point) => (point.train ? [[x(point.epoch), point.train.score]] : []));
  // A staircase is its steps and its ends.
  const bests = points.flatMap((point, at) =>
    point.best === null || (point.best === points[at - 1]?.best && at < points.length - 1)
      ? []
      : [[x(point.epoch), point.best]],
  );
  const baseline = scored.find((point) => point.decision === "baseline")?.score.score;
  return {
    ...scoreFrame({ y: axis, frame, fontSize, colours }),
    xAxis: layout.axis
      ? valueAxis({ x: layout.axis, fontSize, colours, xText: (value) => xText(value, layout.by) })
      : {
          type: "category",
          data: Array.from({ length: slots }, (_, slot) => String(slot)),
          boundaryGap: true,
          axisLine: { lineStyle: { color: colours.lineStrong } },
          axisTick: { show: false },
          axisLabel: {
            ...axisText(fontSize, colours),
            margin: fontSize * 0.6,
            interval: (slot: number) => labelled.has(slot),
          },
        },
    series: [
      {
        ...QUIET,
        type: "custom",
        z: 1,
        data: [0],
        renderItem: (_: unknown, api: CustomSeriesRenderItemAPI) => {
          const upper = widest((point) => point.score.high).map((p) => api.coord([x(p.epoch), p.score.high]));
          const lower = widest((point) => -point.score.low).map((p) => api.coord([x(p.epoch), p.score.low]));
          lower.reverse();
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
        ...QUIET,
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
        ...QUIET,
        type: "line",
        z: 3,
        data: bests,
        step: "end",
        symbol: "none",
        lineStyle: { color: colours.good, width: 1.25, type: [1, 3], cap: "round" },
      },
      {
        ...QUIET,
        type: "line",
        z: 4,
        data: trained,
        sampling: "minmax",
        symbol: "none",
        lineStyle: { color: colours.train, width: 1.5, type: [6, 4] },
      },
      {
        ...QUIET,
        type: "line",
        z: 5,
        data: scored.map((point) => [x(point.epoch), point.score.score]),
        sampling: "minmax",
        symbol: "none",
        lineStyle: { color: colours.validation, width: 2 },
      },
      {
        ...QUIET,
        type: "scatter",
        z: 6,
        data: thinned(points, pixel, MARKS_APART, telling).flatMap((point) => {
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
