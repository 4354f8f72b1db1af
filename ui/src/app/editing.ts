/** What the Edit menu does: the same as the keys would in the field or editor that has the focus. */

type Line = { id: string; name: string; keys: string; key: string; shift?: boolean; command: string };

const LINES: readonly Line[] = [
  { id: "edit-undo", name: "Undo", keys: "Ctrl Z", key: "z", command: "undo" },
  { id: "edit-redo", name: "Redo", keys: "Ctrl Shift Z", key: "z", shift: true, command: "redo" },
  { id: "edit-cut", name: "Cut", keys: "Ctrl X", key: "x", command: "cut" },
  { id: "edit-copy", name: "Copy", keys: "Ctrl C", key: "c", command: "copy" },
  { id: "edit-paste", name: "Paste", keys: "Ctrl V", key: "v", command: "paste" },
  { id: "edit-all", name: "Select all", keys: "Ctrl A", key: "a", command: "selectAll" },
  { id: "edit-find", name: "Find and replace", keys: "Ctrl F", key: "f", command: "" },
];

/** The lines of the menu in order; a dash is a line between them. */
export const EDITING: readonly (Line | "-")[] = [
  ...LINES.slice(0, 2),
  "-",
  ...LINES.slice(2, 6),
  "-",
  ...LINES.slice(6),
];

/** Whether a line of the menu is one of these. */
export function isEditing(id: string): boolean {
  return LINES.some((line) => line.id === id);
}

/** Does what a line says. */
export function edit(id: string): void {
  const line = LINES.find((known) => known.id === id);
  if (!line) return;
  // Editors and screens that have their own meaning for the keys are given them; a field of the browser is given the command.
  const target = document.activeElement ?? document.body;
  const event = new KeyboardEvent("keydown", {
    key: line.shift ? line.key.toUpperCase() : line.key,
    code: `Key${line.key.toUpperCase()}`,
    keyCode: line.key.toUpperCase().charCodeAt(0),
    ctrlKey: true,
    shiftKey: line.shift ?? false,
    bubbles: true,
    cancelable: true,
  });
  const left = target.dispatchEvent(event);
  if (left && line.command !== "") document.execCommand(line.command);
}
