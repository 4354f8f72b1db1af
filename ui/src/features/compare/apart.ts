import { beginning } from "./answers";

/** Letters that may be the same at the beginning before a cell, which is cut after some dozen, shows nothing of where texts part. */
const SAME = 16;
/** Letters before the place where they part, to see it in. */
const LEAD = 8;

/** Texts of cells beside one another: long ones that begin alike are shown from near where they part. */
export function apart(texts: readonly string[]): string[] {
  const [first = "", ...others] = texts;
  if (others.every((text) => text === first)) return texts.map((text) => beginning(text));
  let same = 0;
  while (same < first.length && others.every((text) => text[same] === first[same])) same += 1;
  if (same <= SAME) return texts.map((text) => beginning(text));
  // From a word on, where one begins near.
  const near = first.lastIndexOf(" ", same - LEAD) + 1;
  const at = near > same - 3 * LEAD ? near : same - LEAD;
  // No sign is cut in its middle.
  const from = /^[\udc00-\udfff]/.test(first.slice(at)) ? at - 1 : at;
  return texts.map((text) => beginning(`…${text.slice(from)}`));
}
