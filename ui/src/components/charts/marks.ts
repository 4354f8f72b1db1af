/** Marks of one kind, all of them one shape: hundreds of epochs are then drawn in one go. */
export type MarkForm = "circle" | "square" | "cross" | "at most";

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

/** The outline of one mark as a symbol of the chart library. */
export function symbolOf(form: Exclude<MarkForm, "circle">): string {
  return `path://M${CORNERS[form].map(([x, y]) => `${12 * x} ${12 * y}`).join("L")}Z`;
}

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
