import { LOCALE } from "./locale";
import { now } from "./now";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago, in words that move on: "just now", "2 min ago", "yesterday", "3 Mar 2026". */
export function ago(then: number, at: number = now()): string {
  const passed = at - then;
  if (passed < MINUTE) return "just now";
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min ago`;
  if (passed < DAY) return `${Math.floor(passed / HOUR)} h ago`;
  const days = Math.floor(passed / DAY);
  if (days === 1) return "yesterday";
  if (days < 30) return `${days} days ago`;
  return new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric" }).format(then);
}

const full = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" });

/** Day and time of day, by which two of the same name are told apart. */
export function moment(then: number): string {
  return full.format(then);
}

const inThisYear = new Intl.DateTimeFormat(LOCALE, {
  month: "short",
  day: "numeric",
  hour: "numeric",
  minute: "2-digit",
});

/** The same where room is short: the year is said of other years alone. */
export function shortMoment(then: number, now: number = Date.now()): string {
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  return sameYear ? inThisYear.format(then) : full.format(then);
}
