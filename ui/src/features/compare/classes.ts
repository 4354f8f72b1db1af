import type { Confusion } from "../../api/bindings/Confusion";

/** How well one label is found. Shares in [0, 1]; null where nothing could be counted. */
export interface ClassFigures {
  n: number;
  precision: number | null;
  recall: number | null;
  f1: number | null;
}

export function figuresOf(confusion: Confusion, at: number): ClassFigures {
  const row = confusion.counts[at] ?? [];
  const right = row[at] ?? 0;
  const n = row.reduce((sum, value) => sum + value, 0);
  const answered = confusion.counts.reduce((sum, other) => sum + (other[at] ?? 0), 0);
  return {
    n,
    precision: answered > 0 ? right / answered : null,
    recall: n > 0 ? right / n : null,
    f1: n + answered > 0 ? (2 * right) / (n + answered) : null,
  };
}

export interface ClassRow {
  label: string;
  first: ClassFigures;
  second: ClassFigures;
  /** Change of F1; null where a side has none. */
  change: number | null;
}

/** One row a label, the largest change of F1 first. */
export function classRows(first: Confusion, second: Confusion): ClassRow[] {
  return first.labels
    .map((label, at) => {
      const [before, after] = [figuresOf(first, at), figuresOf(second, second.labels.indexOf(label))];
      const change = before.f1 === null || after.f1 === null ? null : after.f1 - before.f1;
      return { label, first: before, second: after, change };
    })
    .filter((row) => row.first.n + row.second.n > 0 || row.first.precision !== null || row.second.precision !== null)
    .sort((a, b) => Math.abs(b.change ?? 0) - Math.abs(a.change ?? 0) || b.first.n - a.first.n);
}

/** Second minus first, cell by cell, in the order of the first; the last column counts answers that are no label. */
export function difference(first: Confusion, second: Confusion): number[][] {
  const place = (label: string) => second.labels.indexOf(label);
  const size = first.labels.length;
  return first.labels.map((truth, row) =>
    Array.from({ length: size + 1 }, (_, column) => {
      const of = second.counts[place(truth)];
      const answered = column === size ? second.labels.length : place(first.labels[column] as string);
      return (of?.[answered] ?? 0) - (first.counts[row]?.[column] ?? 0);
    }),
  );
}
