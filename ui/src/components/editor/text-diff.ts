/** Two texts as rows of a diff: lines that are kept, removed or added, with the words that changed inside them. */
import { commonRuns, type CommonRun } from "./sequence-diff";

export interface Segment {
  text: string;
  changed: boolean;
}

export type RowKind = "kept" | "removed" | "added";

export interface DiffRow {
  kind: RowKind;
  /** Line numbers from 1; null on the side where the line does not stand. */
  before: number | null;
  after: number | null;
  segments: Segment[];
}

/** A stretch of lines that are all kept, or one change: its removed lines, then its added ones. */
export interface DiffBlock {
  changed: boolean;
  rows: DiffRow[];
}

export interface TextDiff {
  blocks: DiffBlock[];
  removed: number;
  added: number;
}

// A line of which less than this is shared reads better as wholly replaced than as confetti.
const LEAST_SHARED = 0.3;
// Two lines with this share of words in common are one line rewritten; half a broken line stays below it.
const LEAST_ALIKE = 0.7;
const MOST_PAIRS = 10_000;
const WORDS = /[\p{L}\p{N}_]+|\n|[^\S\n]+|[^\p{L}\p{N}_\s]/gu;

export function diffText(before: string, after: string): TextDiff {
  const left = lines(before);
  const right = lines(after);
  const blocks: DiffBlock[] = [];
  let removed = 0;
  let added = 0;
  let i = 0;
  let j = 0;
  const end: CommonRun = { beforeFrom: left.length, afterFrom: right.length, length: 0 };
  for (const run of [...commonRuns(left, right), end]) {
    if (run.beforeFrom > i || run.afterFrom > j) {
      blocks.push(...changedBlocks(left.slice(i, run.beforeFrom), right.slice(j, run.afterFrom), i, j));
      removed += run.beforeFrom - i;
      added += run.afterFrom - j;
    }
    if (run.length > 0) {
      const rows = left.slice(run.beforeFrom, run.beforeFrom + run.length).map((text, offset): DiffRow => ({
        kind: "kept",
        before: run.beforeFrom + offset + 1,
        after: run.afterFrom + offset + 1,
        segments: [{ text, changed: false }],
      }));
      blocks.push({ changed: false, rows });
    }
    i = run.beforeFrom + run.length;
    j = run.afterFrom + run.length;
  }
  return { blocks, removed, added };
}

/** Lines touched, a line that was rewritten counted once. */
export function changedLines(before: string, after: string): number {
  if (before === after) return 0;
  const left = lines(before);
  const right = lines(after);
  let count = 0;
  let i = 0;
  let j = 0;
  const end: CommonRun = { beforeFrom: left.length, afterFrom: right.length, length: 0 };
  for (const run of [...commonRuns(left, right), end]) {
    count += Math.max(run.beforeFrom - i, run.afterFrom - j);
    i = run.beforeFrom + run.length;
    j = run.afterFrom + run.length;
  }
  return count;
}

/** Word by word, for texts that are answers rather than documents. */
export function diffWords(before: string, after: string): { before: Segment[]; after: Segment[] } {
  const left = words(before);
  const right = words(after);
  const runs = meaningful(commonRuns(left, right), left);
  return { before: segmentsOf(left, runs, "beforeFrom"), after: segmentsOf(right, runs, "afterFrom") };
}

function lines(text: string): string[] {
  return text === "" ? [] : text.split("\n");
}

function words(text: string): string[] {
  return text.match(WORDS) ?? [];
}

/** What changed between two kept lines, in the smallest parts that can be taken alone: a line rewritten, a line added, a line removed. */
function changedBlocks(left: string[], right: string[], leftAt: number, rightAt: number): DiffBlock[] {
  const blocks: DiffBlock[] = [];
  let i = 0;
  let j = 0;
  const take = (toLeft: number, toRight: number): void => {
    if (toLeft > i || toRight > j) {
      blocks.push(changedBlock(left.slice(i, toLeft), right.slice(j, toRight), leftAt + i, rightAt + j));
    }
    i = toLeft;
    j = toRight;
  };
  /** Lines without any on the other side each stand alone; blank ones go with the text after them. */
  const takeOneByOne = (toLeft: number, toRight: number): void => {
    const [from, to] = [left.slice(i, toLeft), right.slice(j, toRight)];
    if ((from.length === 1 && to.length === 1) || isRebroken(from, to)) return take(toLeft, toRight);
    while (i < toLeft) take(textFrom(left, i, toLeft), j);
    while (j < toRight) take(i, textFrom(right, j, toRight));
  };
  for (const [leftLine, rightLine] of rewrittenLines(left, right)) {
    takeOneByOne(leftLine, rightLine);
    take(leftLine + 1, rightLine + 1);
  }
  takeOneByOne(left.length, right.length);
  return blocks;
}

/** The same words in lines that are broken elsewhere: one change, however many lines it is. */
function isRebroken(from: string[], to: string[]): boolean {
  if (from.length === 0 || to.length === 0) return false;
  return likeness(wordCounts(from.join("\n")), wordCounts(to.join("\n"))) >= LEAST_ALIKE;
}

/** Where the first line with text ends; blank lines that end the stretch go with the text before them. */
function textFrom(lines: string[], from: number, to: number): number {
  const isBlank = (at: number): boolean => lines[at]?.trim() === "";
  let end = from;
  while (end < to && isBlank(end)) end += 1;
  end = Math.min(end + 1, to);
  return lines.slice(end, to).every((line) => line.trim() === "") ? to : end;
}

function changedBlock(left: string[], right: string[], leftAt: number, rightAt: number): DiffBlock {
  // Several lines at once, so that words are found again when lines were joined or broken differently.
  const both = left.length > 0 && right.length > 0 ? diffWords(left.join("\n"), right.join("\n")) : null;
  const wholly = (texts: string[]): Segment[][] => texts.map((text) => [{ text, changed: true }]);
  const removed = both ? byLine(both.before).map(calmed) : wholly(left);
  const added = both ? byLine(both.after).map(calmed) : wholly(right);
  return {
    changed: true,
    rows: [
      ...removed.map((segments, at): DiffRow => ({ kind: "removed", before: leftAt + at + 1, after: null, segments })),
      ...added.map((segments, at): DiffRow => ({ kind: "added", before: null, after: rightAt + at + 1, segments })),
    ],
  };
}

/** Pairs of lines that are plainly the same one rewritten, in order on both sides: the pairing with most in common. */
function rewrittenLines(left: string[], right: string[]): [number, number][] {
  const n = left.length;
  const m = right.length;
  if (n * m > MOST_PAIRS) return [];
  const leftWords = left.map(wordCounts);
  const rightWords = right.map(wordCounts);
  const alike = (i: number, j: number): number => {
    const value = likeness(leftWords[i] ?? NO_WORDS, rightWords[j] ?? NO_WORDS);
    return value >= LEAST_ALIKE ? value : 0;
  };
  const best = Array.from({ length: n + 1 }, () => new Float64Array(m + 1));
  const at = (i: number, j: number): number => best[i]?.[j] ?? 0;
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let j = m - 1; j >= 0; j -= 1) {
      const paired = alike(i, j);
      const row = best[i];
      if (row) row[j] = Math.max(at(i + 1, j), at(i, j + 1), paired > 0 ? paired + at(i + 1, j + 1) : 0);
    }
  }
  const pairs: [number, number][] = [];
  let i = 0;
  let j = 0;
  while (i < n && j < m) {
    if (at(i, j) === at(i + 1, j)) i += 1;
    else if (at(i, j) === at(i, j + 1)) j += 1;
    else pairs.push([i++, j++]);
  }
  return pairs;
}

interface WordCounts {
  total: number;
  counts: Map<string, number>;
}

const NO_WORDS: WordCounts = { total: 0, counts: new Map() };

function wordCounts(line: string): WordCounts {
  const counts = new Map<string, number>();
  const found = line.match(/[\p{L}\p{N}_]+/gu) ?? [];
  for (const word of found) counts.set(word, (counts.get(word) ?? 0) + 1);
  return { total: found.length, counts };
}

/** Share of words two lines have in common, in [0, 1] (Dice). */
function likeness(one: WordCounts, other: WordCounts): number {
  if (one.total + other.total === 0) return 0;
  let common = 0;
  for (const [word, count] of one.counts) common += Math.min(count, other.counts.get(word) ?? 0);
  return (2 * common) / (one.total + other.total);
}

/** Drops common runs that hold no word: a shared blank between two changed words only scatters the marks. */
function meaningful(runs: CommonRun[], items: string[]): CommonRun[] {
  return runs.filter((run, i) => {
    const atEdge = i === 0 && run.beforeFrom === 0 && run.afterFrom === 0;
    const last = run.beforeFrom + run.length === items.length && i === runs.length - 1;
    if (atEdge || last) return true;
    return items.slice(run.beforeFrom, run.beforeFrom + run.length).some((item) => /[\p{L}\p{N}\n]/u.test(item));
  });
}

function segmentsOf(items: string[], runs: CommonRun[], side: "beforeFrom" | "afterFrom"): Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  for (const run of runs) {
    const from = run[side];
    if (from > at) segments.push({ text: items.slice(at, from).join(""), changed: true });
    segments.push({ text: items.slice(from, from + run.length).join(""), changed: false });
    at = from + run.length;
  }
  if (at < items.length) segments.push({ text: items.slice(at).join(""), changed: true });
  return segments;
}

function byLine(segments: Segment[]): Segment[][] {
  const out: Segment[][] = [[]];
  for (const segment of segments) {
    segment.text.split("\n").forEach((text, i) => {
      if (i > 0) out.push([]);
      if (text !== "") out.at(-1)?.push({ text, changed: segment.changed });
    });
  }
  return out;
}

function calmed(line: Segment[]): Segment[] {
  const weigh = (text: string): number => text.replace(/\s/g, "").length;
  const shared = line.reduce((sum, part) => sum + (part.changed ? 0 : weigh(part.text)), 0);
  const all = line.reduce((sum, part) => sum + weigh(part.text), 0);
  const whole = line.map((part) => part.text).join("");
  if (all > 0 && shared / all < LEAST_SHARED) return [{ text: whole, changed: true }];
  return line.length === 0 ? [{ text: "", changed: false }] : line;
}

/** The text before with only these changes taken over, each named by the place of its block. Without any it is the text before. */
export function withChanges(diff: TextDiff, taken: ReadonlySet<number>): string {
  const kept = diff.blocks.flatMap((block, at) => {
    if (!block.changed) return block.rows;
    const wanted = taken.has(at) ? "added" : "removed";
    return block.rows.filter((row) => row.kind === wanted);
  });
  return kept.map((row) => row.segments.map((part) => part.text).join("")).join("\n");
}

export interface FoldedRows {
  kind: "rows";
  block: DiffBlock;
  rows: DiffRow[];
}

export interface Fold {
  kind: "fold";
  /** Stable name of the fold, the line it starts at. */
  id: number;
  rows: DiffRow[];
}

/** Leaves `context` kept lines around each change and folds the rest; a fold of one or two lines is not worth its button. */
export function folded(diff: TextDiff, context: number, opened: ReadonlySet<number>): (FoldedRows | Fold)[] {
  const out: (FoldedRows | Fold)[] = [];
  diff.blocks.forEach((block, i) => {
    const head = i === 0 ? 0 : context;
    const tail = i === diff.blocks.length - 1 ? 0 : context;
    const hidden = block.rows.slice(head, block.rows.length - tail);
    const id = hidden[0]?.before ?? 0;
    if (block.changed || hidden.length < 3 || opened.has(id)) {
      out.push({ kind: "rows", block, rows: block.rows });
      return;
    }
    if (head > 0) out.push({ kind: "rows", block, rows: block.rows.slice(0, head) });
    out.push({ kind: "fold", id, rows: hidden });
    if (tail > 0) out.push({ kind: "rows", block, rows: block.rows.slice(block.rows.length - tail) });
  });
  return out;
}

export interface SideBySideRow {
  before: DiffRow | null;
  after: DiffRow | null;
}

/** Kept lines face each other; in a change the removed and added lines are set side by side in order. */
export function facing(rows: DiffRow[]): SideBySideRow[] {
  const out: SideBySideRow[] = [];
  const removed = rows.filter((row) => row.kind === "removed");
  const added = rows.filter((row) => row.kind === "added");
  for (const row of rows) if (row.kind === "kept") out.push({ before: row, after: row });
  for (let i = 0; i < Math.max(removed.length, added.length); i += 1)
    out.push({ before: removed[i] ?? null, after: added[i] ?? null });
  return out;
}
