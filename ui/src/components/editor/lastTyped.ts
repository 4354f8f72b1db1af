/** An editor that was typed into, and how that is taken back from outside of it. */
export interface Typed {
  /** What is written there. */
  label: string;
  /** Whether there is anything that way. */
  can: (way: "undo" | "redo") => boolean;
  take: (way: "undo" | "redo") => void;
  /** Another change comes after it: what was typed takes its place among all changes, where there is one for it. */
  handOver: () => void;
  /** An older change is taken back after all of its typing was: so that is made again first, and this after it. */
  handOverUndone: () => void;
}

/** What an editor says to the history of all changes, which goes beyond its own. */
export interface Beyond {
  /** The editor goes, or another change is made, while typing in it is the last change: called with the text before that. */
  onleave?: (before: string) => void;
  /** All that was typed here is taken back, and a change before it is next: called with the text as it was typed. */
  onundone?: (typed: string) => void;
  /** A key asks for more than the editor's own history has. */
  onempty?: (way: "undo" | "redo") => void;
}

/** The editor that was typed into since the last other change, as long as it is there; also when the focus is elsewhere by now. */
let last: Typed | null = null;

/** Hears that something new was typed, after which nothing is made again. */
let heard: () => void = () => undefined;

export function whenTyped(hear: () => void): void {
  heard = hear;
}

/** Something was typed here, or taken back or made again within the editor. */
export function typedInto(editor: Typed, isNew: boolean): void {
  // What was typed in another editor comes before it.
  if (last !== editor) handOverTyping();
  last = editor;
  if (isNew) heard();
}

/** Typing is the last change no longer: another one was made, or the editor, if one is named, is taken away. */
export function forgetTyping(editor: Typed | null = last): void {
  if (last === editor) last = null;
}

/** Another change is made: what was typed before it comes before it. */
export function handOverTyping(): void {
  const editor = last;
  forgetTyping();
  editor?.handOver();
}

/** An older change is taken back: what was typed after it, and taken back before it, is made again after it. */
export function handOverUndone(): void {
  const editor = last;
  if (!editor || editor.can("undo") || !editor.can("redo")) return;
  forgetTyping();
  editor.handOverUndone();
}

/** Whether typing here is the last change. */
export function isLastTyped(editor: Typed): boolean {
  return last === editor;
}

/** The typing that is taken back next, or made again; null where something else was changed since. */
export function typing(way: "undo" | "redo"): Typed | null {
  return last?.can(way) ? last : null;
}
