import type { PaletteCommand } from "./commands";

/** What of a command is looked through. */
type Named = Pick<PaletteCommand, "name" | "detail" | "also" | "exactly">;

/** Words and figures; `#3` is the name of a thing with that number. */
function tokens(text: string): string[] {
  return text.toLowerCase().match(/#?[\p{L}\p{N}]+/gu) ?? [];
}

const DIGITS = /^#?\d+$/;

/** How well a typed word fits a word of a text: whole, at its beginning, inside. A number is no part of another one's inside. */
function fit(typed: string, word: string): number {
  const bare = typed.startsWith("#") ? word : word.replace(/^#/, "");
  if (bare === typed) return 3;
  if (bare.startsWith(typed)) return 2;
  return !DIGITS.test(typed) && bare.includes(typed) ? 1 : 0;
}

/** How well all typed words fit: as well as the worst of them; 0 where one is missing. */
function fitAll(typed: readonly string[], words: readonly string[]): number {
  let worst = 3;
  for (const one of typed) {
    let best = 0;
    for (const word of words) best = Math.max(best, fit(one, word));
    if (best < worst) worst = best;
    if (worst === 0) return 0;
  }
  return worst;
}

/** What a command opens, by its name; nothing for one that does something else. */
function opened(name: string): string {
  return /^(?:Open|Show|Go to) (?:run |the |prompt )?(.*)$/.exec(name)?.[1] ?? "";
}

const EXACT = 1000;
const KNOWN_AS = 900;
/** Of each step of fitting: more than everything below can make up for. */
const STEP = 100;
/** Words beside the name tell less than any in it. */
const BESIDE = -150;

/**
 * How well a command fits what was typed; null: not at all. What is called just that comes first, then what has its words whole, at the
 * beginning of words, inside of them; of equals the one that opens something by its own name, that begins with it, that says least beside it.
 */
export function ranked(query: string): (command: Named) => number | null {
  const typed = tokens(query);
  const whole = typed.join(" ");
  const literal = query.trim().toLowerCase();
  return ({ name, detail = "", also = "", exactly = [] }) => {
    if (typed.length === 0) return literal === "" || name.toLowerCase().includes(literal) ? 0 : null;
    const words = tokens(name);
    const own = tokens(opened(name));
    const calledThat = [words, own].some((known) => known.join(" ") === whole);
    if (calledThat) return EXACT;
    if (exactly.includes(whole)) return KNOWN_AS;
    const begins = [words, own].some((known) => known.join(" ").startsWith(whole)) ? 40 : 0;
    const share = (20 * typed.length) / Math.max(words.length, typed.length);
    const inOwn = fitAll(typed, own);
    const inName = fitAll(typed, words);
    if (inName > 0) return STEP * inName + (inOwn === inName ? 20 : 0) + begins + share;
    const all = fitAll(typed, [...words, ...tokens(detail), ...tokens(also)]);
    return all === 0 ? null : STEP * all + BESIDE;
  };
}
