/** An editor that was typed into, and how that is taken back from outside of it. */
export interface Typed {
  /** What is written there. */
  label: string;
  /** Whether there is anything that way. */
  can: (way: "undo" | "redo") => boolean;
  take: (way: "undo" | "redo") => void;
  /** Another change comes after it: what was typed takes its place among all changes, where there is one for it. */
  handOver: () => void;
}

/** The editor that was typed into since the last other change, as long as it is there; also when the focus is elsewhere by now. */
let last: Typed | null = null;

/** Something was typed here. */
export function typedInto(editor: Typed): void {
  last = editor;
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

/** Whether typing here is the last change. */
export function isLastTyped(editor: Typed): boolean {
  return last === editor;
}

/** The typing that is taken back next, or made again; null where something else was changed since. */
export function typing(way: "undo" | "redo"): Typed | null {
  return last?.can(way) ? last : null;
}
