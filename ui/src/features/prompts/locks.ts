import type { LockedSpan } from "../../api/bindings/LockedSpan";

/** What is locked in one place, and what only another one has beside it. */
export function lockedWith(locked: readonly LockedSpan[], more: readonly LockedSpan[]): LockedSpan[] {
  const has = (span: LockedSpan) => locked.some(({ half, text }) => half === span.half && text === span.text);
  return [...locked, ...more.filter((span) => !has(span))];
}
