/** Marks of one kind, all of them one shape: hundreds of epochs are then drawn in one go. */
export type MarkForm = "circle" | "square" | "diamond" | "cross" | "at most";

export interface Marks {
  form: MarkForm;
  /** Width and height of each, in pixels. */
  size: number;
  /** Their middles. */
  at: readonly (readonly [number, number])[];
}

/** What a path is written with; a canvas and an SVG both are. */
interface Pen {
  moveTo(x: number, y: number): unknown;
  lineTo(x: number, y: number): unknown;
  closePath(): unknown;
  arc(x: number, y: number, radius: number, from: number, to: number): unknown;
}

/** Corners in a square of one. */
const CORNERS: Record<Exclude<MarkForm, "circle">, readonly (readonly [number, number])[]> = {
  square: [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ],
  diamond: [
    [0.5, 0],
    [1, 0.5],
    [0.5, 1],
    [0, 0.5],
  ],
  // It points down: the score lies there or below.
  "at most": [
    [0, 0],
    [1, 0],
    [0.5, 1],
  ],
  cross: [
    [0, 1 / 6],
    [1 / 6, 0],
    [1 / 2, 1 / 3],
    [5 / 6, 0],
    [1, 1 / 6],
    [2 / 3, 1 / 2],
    [1, 5 / 6],
    [5 / 6, 1],
    [1 / 2, 2 / 3],
    [1 / 6, 1],
    [0, 5 / 6],
    [1 / 3, 1 / 2],
  ],
};

/** The outlines of marks as a path of SVG. */
export function pathOf(marks: Marks): string {
  let path = "";
  outlineMarks(
    {
      moveTo: (x, y) => (path += `M${x.toFixed(1)} ${y.toFixed(1)}`),
      lineTo: (x, y) => (path += `L${x.toFixed(1)} ${y.toFixed(1)}`),
      closePath: () => (path += "Z"),
      // Whole circles alone.
      arc: (_, __, radius) => {
        const half = (width: number) => `a${radius} ${radius} 0 1 0 ${width} 0`;
        path += half(-2 * radius) + half(2 * radius);
      },
    },
    marks,
  );
  return path;
}

/** Writes the outlines of marks. */
export function outlineMarks(pen: Pen, { form, size, at }: Marks): void {
  for (const [x, y] of at) {
    if (form === "circle") {
      pen.moveTo(x + size / 2, y);
      pen.arc(x, y, size / 2, 0, 2 * Math.PI);
      continue;
    }
    CORNERS[form].forEach(([right, down], index) => {
      const [toX, toY] = [x + (right - 0.5) * size, y + (down - 0.5) * size];
      if (index === 0) pen.moveTo(toX, toY);
      else pen.lineTo(toX, toY);
    });
    pen.closePath();
  }
}

/** How a mark looks: those that look the same are one shape. */
export interface MarkLook {
  form: MarkForm;
  size: number;
  fill: string;
  stroke: string | null;
  lineWidth: number;
  opacity: number;
}

/** Marks as elements of a chart, one for each look, in the order in which the looks come first. */
export function marksOf<P>(
  points: readonly P[],
  look: (point: P) => MarkLook,
  at: (point: P) => [number, number],
): object[] {
  const groups = new Map<string, { look: MarkLook; at: [number, number][] }>();
  for (const point of points) {
    const its = look(point);
    const key = Object.values(its).join(" ");
    const group = groups.get(key) ?? { look: its, at: [] };
    group.at.push(at(point));
    groups.set(key, group);
  }
  return [...groups.values()].map(({ look: { form, size, fill, stroke, lineWidth, opacity }, at }) => ({
    type: "marks",
    shape: { form, size, at } satisfies Marks,
    style: { fill, opacity, ...(stroke === null ? {} : { stroke, lineWidth }) },
  }));
}

/** Straight lines of one look, all of them one shape: from x, y to x, y. */
export interface Segments {
  from: readonly (readonly [number, number, number, number])[];
}

/** Writes the lines. */
export function outlineSegments(pen: Pick<Pen, "moveTo" | "lineTo">, { from }: Segments): void {
  for (const [x1, y1, x2, y2] of from) {
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
  }
}
