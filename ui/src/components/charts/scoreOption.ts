import type { CustomSeriesRenderItemAPI, EChartsCoreOption } from "echarts";
import { columnAxis, drawnBy, scoreFrame, valueAxis } from "./axesOption";
import type { Score } from "../../api/bindings/Score";
import type { Axis } from "./axis";
import type { Key } from "./captioned";
import type { Colours } from "./colours";
import { telling, type CurvePoint } from "./curve";
import type { Layout } from "./layout";
import type { MarkForm, Marks } from "./marks";
import { xText } from "./runLinesOption";
import { outline, thinned } from "./thin";

/** How the lines are drawn, from the one below to the one above; a picture's legend shows the same. */
export const SCORE_LINES = {
  baseline: { name: "baseline", tone: "ink3", width: 1, dash: [2, 4] },
  best: { name: "best so far", tone: "good", width: 1.25, dash: [1, 3] },
  train: { name: "train, best so far", tone: "train", width: 1.5, dash: [6, 4] },
  validation: { name: "validation with its 95 % interval", tone: "validation", width: 2, dash: [] },
} as const satisfies Record<string, Key & { width: number }>;

/** Pixels below which two marks are one. */
const MARKS_APART = 3;

/** Pixels of which a curve shows its lowest and its highest point: as wide as its line. */
const LINE_APART = SCORE_LINES.validation.width;

interface Input {
  points: readonly CurvePoint[];
  /** The x axis that the timeline shares. */
  layout: Layout;
  /** Which columns by epoch have a number below. */
  labelled: readonly number[];
  axis: Axis;
  fontSize: number;
  colours: Colours;
}

/** The chart of one run: train, validation with its interval, best so far, baseline and the marks of the decisions. */
export function scoreOption(input: Input): EChartsCoreOption {
  const { layout, labelled, axis, fontSize, colours } = input;
  return {
    ...scoreFrame({ y: axis, frame: layout.frame, fontSize, colours }),
    xAxis: layout.axis
      ? valueAxis({ x: layout.axis, fontSize, colours, xText: (value, apart) => xText(value, layout.by, apart) })
      : columnAxis({ columns: layout.places.length, labelled, fontSize, colours }),
    series: drawnBy((api) => drawing(input, api)),
  };
}

type Pixel = [number, number];

function drawing({ points, layout, axis, fontSize, colours }: Input, api: CustomSeriesRenderItemAPI): object[] {
  const last = layout.axis?.max ?? layout.places.length - 1;
  const [left, bottom] = api.coord([0, axis.min]) as Pixel;
  const [right, top] = api.coord([last, axis.max]) as Pixel;
  const x = ({ epoch }: CurvePoint) => layout.places[epoch]?.at ?? left;
  const y = (score: number) => bottom + ((score - axis.min) / (axis.max - axis.min)) * (top - bottom);
  const line = (path: Pixel[], of: keyof typeof SCORE_LINES, more: { lineCap?: string } = {}) => {
    if (path.length < 2) return [];
    const { tone, width: lineWidth, dash } = SCORE_LINES[of];
    const lineDash = dash.length > 0 ? { lineDash: [...dash] } : {};
    const style = { stroke: colours[tone], lineWidth, ...lineDash, ...more, fill: "none", lineJoin: "bevel" };
    return [{ type: "polyline", shape: { points: path }, style }];
  };

  // A live run draws often: nothing is made anew for each of its points.
  const scored = points.filter((point): point is Scored => point.validation !== null);
  const trained = points.filter((point): point is Trained => point.train !== null);
  const [whole, parts] = byPart(trained);
  const curve = <P extends CurvePoint>(of: readonly P[], score: (point: P) => number) =>
    outline(of, x, LINE_APART, score).map((point): Pixel => [x(point), y(score(point))]);
  const baseline = scored.find((point) => point.decision === "baseline")?.validation.score;
  return [
    ...interval(scored, x, y, colours),
    ...line(
      baseline === undefined
        ? []
        : [
            [left, y(baseline)],
            [right, y(baseline)],
          ],
      "baseline",
    ),
    ...line(staircase(points, x, y), "best", { lineCap: "round" }),
    ...line(
      curve(whole, (point) => point.train.score),
      "train",
    ),
    ...rings(parts, x, y, colours),
    ...line(
      curve(scored, (point) => point.validation.score),
      "validation",
    ),
    ...marks(points, layout, x, y, fontSize, colours),
  ];
}

type Scored = CurvePoint & { validation: NonNullable<CurvePoint["validation"]> };
type Trained = CurvePoint & { train: NonNullable<CurvePoint["train"]> };
/**
 * Scores of the whole training split, which a line may join, and those of a part of it: which part is another one each time. One alone is
 * no line.
 */
export function byPart<P extends { train: Score | null }>(trained: readonly P[]): [P[], P[]] {
  const asked = ({ train }: P) => (train ? train.n + train.missing : 0);
  const all = trained.reduce((most, point) => Math.max(most, asked(point)), 0);
  const whole = trained.filter((point) => asked(point) === all);
  return whole.length > 1 ? [whole, trained.filter((point) => asked(point) < all)] : [[], [...trained]];
}

/** Small rings that no line joins. */
function rings(parts: readonly Trained[], x: Across, y: Up, colours: Colours): object[] {
  const at = thinned(parts, x, MARKS_APART, () => 1).map((point): Pixel => [x(point), y(point.train.score)]);
  const shape: Marks = { form: "circle", size: 5, at };
  return at.length > 0
    ? [{ type: "marks", shape, style: { fill: colours.panel, stroke: colours.train, lineWidth: 1.25 } }]
    : [];
}

type Across = (point: CurvePoint) => number;
type Up = (score: number) => number;

/** The band of the validation's interval. Of more points than there is room for the outermost stand for the others. */
function interval(scored: readonly Scored[], x: Across, y: Up, colours: Colours): object[] {
  const style = { fill: colours.validation, opacity: 0.14 };
  const [first] = scored;
  if (!first) return [];
  if (scored.length === 1) {
    const [top, bottom] = [y(first.validation.high), y(first.validation.low)];
    return [{ type: "rect", shape: { x: x(first) - 4, y: top, width: 8, height: bottom - top }, style }];
  }
  const widest = (weight: (point: Scored) => number) => thinned(scored, x, LINE_APART, weight);
  const upper = widest((point) => point.validation.high).map((point): Pixel => [x(point), y(point.validation.high)]);
  const lower = widest((point) => -point.validation.low).map((point): Pixel => [x(point), y(point.validation.low)]);
  return [{ type: "polygon", shape: { points: [...upper, ...lower.reverse()] }, style }];
}

/** The best so far: it stays until the epoch that changes it. */
function staircase(points: readonly CurvePoint[], x: Across, y: Up): Pixel[] {
  const path: Pixel[] = [];
  for (const [at, point] of points.entries()) {
    if (point.best === null || (point.best === points[at - 1]?.best && at < points.length - 1)) continue;
    const before = path.at(-1);
    if (before) path.push([x(point), before[1]]);
    path.push([x(point), y(point.best)]);
  }
  return path;
}

/** What was decided, by kind: those that tell most lie on top. */
function marks(
  points: readonly CurvePoint[],
  layout: Layout,
  x: Across,
  y: Up,
  fontSize: number,
  colours: Colours,
): object[] {
  const { places } = layout;
  const step = places.length > 1 ? (places.at(-1)!.at - places[0]!.at) / (places.length - 1) : fontSize;
  // Many epochs: smaller marks, so that neighbours do not hide one another.
  const size = Math.max(4, Math.min(fontSize * 0.75, step * 0.7));
  const hollow = { fill: colours.panel, stroke: colours.ink2, lineWidth: 1.5 };
  const kinds: Record<CurvePoint["decision"] | "bound", { form: MarkForm; style: object; at: Pixel[] }> = {
    rejected: { form: "circle", style: hollow, at: [] },
    bound: { form: "at most", style: hollow, at: [] },
    invalid: { form: "cross", style: { fill: colours.bad }, at: [] },
    baseline: { form: "square", style: { fill: colours.ink2 }, at: [] },
    accepted: { form: "circle", style: { fill: colours.good, stroke: colours.good, lineWidth: 1.5 }, at: [] },
  };
  for (const point of thinned(points, x, MARKS_APART, telling)) {
    const kind = point.decision === "invalid" ? "invalid" : point.bound ? "bound" : point.decision;
    const score = kind === "invalid" ? point.best : (point.bound ?? point.validation)?.score;
    if (score !== undefined && score !== null) kinds[kind].at.push([x(point), y(score)]);
  }
  return Object.values(kinds).flatMap(({ form, style, at }) => {
    const shape: Marks = { form, size, at };
    return at.length > 0 ? [{ type: "marks", shape, style }] : [];
  });
}
