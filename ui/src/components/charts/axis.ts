/** A value axis with its tick values, in the unit of the data. */
export interface Axis {
  min: number;
  max: number;
  ticks: number[];
}

/** Pixels around the plot. The timeline takes the same left and right, so that both share one x axis. */
export interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Room for "100%" on the left and a row of numbers below, at this font size in pixels. */
export function frameFor(fontSize: number): Frame {
  return {
    left: Math.round(fontSize * 3.4),
    right: Math.round(fontSize * 1.1),
    top: Math.round(fontSize * 0.9),
    bottom: Math.round(fontSize * 2),
  };
}

function multiples(min: number, max: number, step: number): number[] {
  const count = Math.round((max - min) / step);
  return Array.from({ length: count + 1 }, (_, i) => Number((min + i * step).toFixed(10)));
}

/** Steps that divide 1, so that 100 % can always be a tick. */
const SCORE_STEPS = [0.01, 0.02, 0.05, 0.1, 0.2];

/** An axis never shows less: a point more or less is no mountain. */
const LEAST_SPAN = 0.1;

/** An axis for scores, inside [0, 1]: the finest steps that need at most five of them. */
export function scoreAxis(values: readonly number[]): Axis {
  const known = values.filter(Number.isFinite);
  if (known.length === 0) return { min: 0, max: 1, ticks: multiples(0, 1, 0.2) };
  const [low, high] = widened(Math.max(0, Math.min(...known)), Math.min(1, Math.max(...known)));
  const slack = 1e-9;
  for (const step of SCORE_STEPS) {
    let from = Math.floor(low / step + slack);
    let to = Math.ceil(high / step - slack);
    // One value alone still gets an axis around it.
    if (to <= from) [from, to] = from > 0 ? [from - 1, from + 1] : [0, 1];
    const last = Math.round(1 / step);
    to = Math.min(to, last);
    if (to - from > 5) continue;
    const [min, max] = [Number((from * step).toFixed(10)), Number((to * step).toFixed(10))];
    return { min, max, ticks: multiples(min, max, step) };
  }
  return { min: 0, max: 1, ticks: multiples(0, 1, 0.2) };
}

/** At least the least span around two ends, inside [0, 1]. */
function widened(low: number, high: number): [number, number] {
  const span = Math.max(high - low, LEAST_SPAN);
  const from = Math.min(Math.max(0, (low + high - span) / 2), 1 - span);
  return high - low < LEAST_SPAN ? [from, from + span] : [low, high];
}

/** An axis for scores on which no mark lies on the frame, except at 0 and 100 %. */
export function roomyScoreAxis(values: readonly number[]): Axis {
  const known = values.filter(Number.isFinite);
  const room = 0.05 * Math.max(LEAST_SPAN, Math.max(...known) - Math.min(...known));
  return scoreAxis(known.flatMap((value) => [value - room, value + room]));
}

/** An axis from 0 for counts: its ticks are whole numbers. */
export function countAxis(values: readonly number[]): Axis {
  const high = Math.max(1, ...values.filter(Number.isFinite));
  const power = 10 ** Math.floor(Math.log10(high / 6));
  const rough = [1, 2, 5, 10].find((factor) => factor * power >= high / 6) ?? 10;
  return fromZero(high, Math.max(1, rough * power));
}

/** An axis from 0 for dollars, down to a hundredth of a cent. */
export function moneyAxis(values: readonly number[]): Axis {
  const high = Math.max(0.0001, ...values.filter(Number.isFinite));
  const power = 10 ** Math.floor(Math.log10(high / 6));
  const rough = [1, 2, 5, 10].find((factor) => factor * power >= high / 6) ?? 10;
  return fromZero(high, rough * power);
}

const SECOND = 1000;
const TIME_STEPS = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400,
];

/** An axis from 0 for milliseconds, with ticks a clock would show. */
export function timeAxis(values: readonly number[]): Axis {
  const high = Math.max(SECOND / 20, ...values.filter(Number.isFinite));
  const step = TIME_STEPS.find((seconds) => high / (seconds * SECOND) <= 6) ?? Math.ceil(high / SECOND / 6);
  return fromZero(high, step * SECOND);
}

function fromZero(high: number, step: number): Axis {
  const max = Math.ceil(high / step - 1e-9) * step;
  return { min: 0, max: Number(max.toFixed(10)), ticks: multiples(0, max, step) };
}

/**
 * Columns on the shared x axis. A run that goes on keeps room ahead and grows in steps, the longer the run the larger: its points do not
 * slide with every epoch, thousands of them hardly ever, and no more than an eighth stays empty. One that has ended shows what it has.
 */
export function slotCount(known: number, planned: number, ended: boolean): number {
  if (ended) return Math.max(known, 1);
  const whole = planned + 1;
  if (whole <= 13) return Math.max(whole, known);
  let block = 12;
  while (block * 16 < known) block *= 2;
  return Math.max(known, Math.min(whole, Math.ceil((known + 1) / block) * block + 1));
}

/** Which epochs get a number on the axis, when only so many fit. */
export function labelledSlots(slots: number, room: number): number[] {
  const step = [1, 2, 5, 10, 20, 25, 50, 100, 250, 500].find((s) => Math.ceil(slots / s) <= Math.max(2, room)) ?? slots;
  return Array.from({ length: Math.ceil(slots / step) }, (_, at) => at * step);
}
