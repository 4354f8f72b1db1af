/** Answers beside a ground truth or beside one another: which of their words differ, and where a line of a list should begin. */
import { diffWords, type Segment } from "./text-diff";

/** Longer texts are compared by eye; marks in thousands of words say nothing. */
export const LONGEST_MARKED = 20_000;

/** What differs between two texts; null where they are the same, or too long to be marked. */
export function marksBetween(one: string, other: string): { one: Segment[]; other: Segment[] } | null {
  if (one === other || Math.max(one.length, other.length) > LONGEST_MARKED) return null;
  const { before, after } = diffWords(one, other);
  return { one: before, other: after };
}

/** So far back from the first difference the beginning of its word is looked for. */
const LONGEST_WORD = 60;

/** Where two texts begin to differ, at the beginning of a word. */
function parting(one: string, other: string): number {
  const shorter = Math.min(one.length, other.length);
  let at = 0;
  while (at < shorter && one.charCodeAt(at) === other.charCodeAt(at)) at += 1;
  const before = /[\p{L}\p{N}_]*$/u.exec(one.slice(Math.max(0, at - LONGEST_WORD), at))?.[0].length ?? 0;
  return at - before;
}

/**
 * What differs for a line of a list: found from the first difference on, however late it comes, and looked at for so many characters only.
 * Null where the texts are the same.
 */
export function marksInLine(own: string, other: string, most: number): Segment[] | null {
  if (own === other) return null;
  const from = parting(own, other);
  const { before } = diffWords(own.slice(from, from + most), other.slice(from, from + most));
  const [first, ...others] = before;
  const equal = own.slice(0, from);
  if (!first || from === 0) return first ? before : [{ text: equal, changed: false }];
  return first.changed
    ? [{ text: equal, changed: false }, ...before]
    : [{ text: equal + first.text, changed: false }, ...others];
}

/** Several markings of one text as one: what any of them marks is marked. */
export function mergedMarks(markings: readonly (readonly Segment[])[]): Segment[] | null {
  const [first, ...others] = markings;
  if (!first) return null;
  const text = first.map((part) => part.text).join("");
  const changed = new Uint8Array(text.length);
  for (const marking of [first, ...others]) {
    let at = 0;
    for (const part of marking) {
      if (part.changed) changed.fill(1, at, at + part.text.length);
      at += part.text.length;
    }
  }
  const merged: Segment[] = [];
  for (let at = 0; at < text.length;) {
    let end = at + 1;
    while (end < text.length && changed[end] === changed[at]) end += 1;
    merged.push({ text: text.slice(at, end), changed: changed[at] === 1 });
    at = end;
  }
  return merged;
}

/** So much of the equal beginning stays before what differs. */
const CONTEXT = 8;
/** A beginning that is no longer is not worth its ellipsis. */
const SHORT = 14;

/**
 * A text in a line of a list: from a little before the first difference, with an ellipsis in place of the equal beginning. Texts that
 * have nothing in common are not marked, as the mark would say nothing.
 */
export function excerpt(segments: readonly Segment[], most: number): Segment[] {
  const shares = segments.some((part) => !part.changed && /[\p{L}\p{N}]/u.test(part.text));
  const out: Segment[] = [];
  let left = most;
  segments.forEach((part, at) => {
    if (left <= 0) return;
    let { text } = part;
    if (at === 0 && !part.changed && segments.length > 1 && text.length > SHORT) text = `…${text.slice(-CONTEXT)}`;
    out.push({ text: text.length > left ? `${text.slice(0, left)}…` : text, changed: shares && part.changed });
    left -= text.length;
  });
  return out;
}
