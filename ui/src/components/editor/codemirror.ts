/** The editing surface of prompts. Loaded on demand: nothing else imports CodeMirror. */
import {
  autocompletion,
  completionKeymap,
  pickedCompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, redo, redoDepth, undo, undoDepth } from "@codemirror/commands";
import { search, searchKeymap } from "@codemirror/search";
import {
  Annotation,
  Compartment,
  EditorState,
  StateEffect,
  StateField,
  type Extension,
  type Range,
} from "@codemirror/state";
import {
  Decoration,
  EditorView,
  highlightSpecialChars,
  keymap,
  placeholder,
  tooltips,
  type DecorationSet,
} from "@codemirror/view";
import { cutInside, letters } from "../charts/lettering";
import { promptTheme } from "./codemirror-theme";
import { foundCount } from "./found-count";
import { forgetTyping, handOverTyping, isLastTyped, typedInto, type Beyond, type Typed } from "./lastTyped";
import { showInvisible } from "../../format/marks";
import { tooltip } from "../../format/tooltip";
import { openVariable, scanVariables } from "./variables";

/** A row whose cells stand for all others. */
export interface SampleRow {
  number: number;
  cells: readonly string[];
}

/** The columns a prompt can name. */
export interface Columns {
  names: readonly string[];
  /** The one of them that holds the ground truth: in a prompt it would give every answer away. */
  truth: string | null;
  /** Whose cells are shown beside the names. */
  row: SampleRow | null;
}

export interface EditorOptions extends Beyond {
  parent: HTMLElement;
  value: string;
  columns: Columns;
  /** Texts that no optimizer may change, marked wherever they stand. */
  locked: readonly string[];
  /** Accessible name. */
  label: string;
  /** Id of the element that says how the editor is used. */
  describedBy: string;
  placeholder: string;
  readonly: boolean;
  /** Called for edits of the user, never for texts set from outside. */
  onchange: (value: string) => void;
}

export interface PromptEditing {
  setValue(value: string): void;
  setColumns(columns: Columns): void;
  setLocked(locked: readonly string[]): void;
  setReadonly(readonly: boolean): void;
  /** The selected text, empty without a selection. */
  selected(): string;
  /** Leaves the caret at the end of what is selected. */
  collapse(): void;
  /** Takes the focus, with the caret or selection where it was in the plain text area. */
  focus(anchor: number, head: number): void;
  destroy(): void;
}

const LONGEST_SHOWN_CELL = 80;
/** Of a column in the list, so that its cell has room beside it. */
const LONGEST_SHOWN_NAME = 40;

const fromOutside = Annotation.define<boolean>();
const columnsChanged = StateEffect.define<Columns>();

const columnsField = StateField.define<Columns>({
  create: () => ({ names: [], truth: null, row: null }),
  update: (columns, transaction) => {
    for (const effect of transaction.effects) if (effect.is(columnsChanged)) return effect.value;
    return columns;
  },
});

const lockedChanged = StateEffect.define<readonly string[]>();

const lockedField = StateField.define<readonly string[]>({
  create: () => [],
  update: (locked, transaction) => {
    for (const effect of transaction.effects) if (effect.is(lockedChanged)) return effect.value;
    return locked;
  },
});

const locks = StateField.define<DecorationSet>({
  create: (state) => locksOf(state),
  update: (marks, transaction) =>
    transaction.docChanged || transaction.effects.some((effect) => effect.is(lockedChanged))
      ? locksOf(transaction.state)
      : marks,
  provide: (field) => EditorView.decorations.from(field),
});

/** Every place of a locked text, its lines with a mark at the margin. */
function locksOf(state: EditorState): DecorationSet {
  const text = state.doc.toString();
  const marks: Range<Decoration>[] = [];
  const lines = new Set<number>();
  for (const locked of state.field(lockedField)) {
    if (locked === "") continue;
    for (let from = text.indexOf(locked); from >= 0; from = text.indexOf(locked, from + locked.length)) {
      const to = from + locked.length;
      marks.push(
        Decoration.mark({ class: "cm-locked", attributes: { title: "Locked: no optimizer may change it" } }).range(
          from,
          to,
        ),
      );
      const last = state.doc.lineAt(to).number;
      for (let line = state.doc.lineAt(from).number; line <= last; line += 1) lines.add(line);
    }
  }
  for (const line of lines) {
    marks.push(Decoration.line({ class: "cm-locked-line" }).range(state.doc.line(line).from));
  }
  return Decoration.set(marks, true);
}

const chips = StateField.define<DecorationSet>({
  create: (state) => chipsOf(state),
  update: (marks, transaction) =>
    transaction.docChanged || transaction.effects.some((effect) => effect.is(columnsChanged))
      ? chipsOf(transaction.state)
      : marks,
  provide: (field) => EditorView.decorations.from(field),
});

function chipsOf(state: EditorState): DecorationSet {
  const columns = state.field(columnsField);
  // Without columns there is nothing to be right or wrong about.
  if (columns.names.length === 0) return Decoration.none;
  const scanned = scanVariables(state.doc.toString(), columns.names);
  const marks: Range<Decoration>[] = scanned.places.map((place) => {
    const isTruth = columns.names[place.column] === columns.truth;
    const title = isTruth ? TRUTH_WORDS : cellWords(columns.row, place.column);
    // In its lines from the start: the editor puts back what others change in its text.
    const attributes: Record<string, string> = title === null ? {} : { title: tooltip(title) };
    return Decoration.mark({ class: isTruth ? "cm-unknown-column" : "cm-column", attributes }).range(
      place.from,
      place.to,
    );
  });
  for (const place of scanned.unknown) {
    marks.push(
      Decoration.mark({ class: "cm-unknown-column", attributes: { title: "No column has this name" } }).range(
        place.from,
        place.to,
      ),
    );
  }
  return Decoration.set(marks, true);
}

const TRUTH_WORDS = "The ground truth: every message would hold its own answer";

function cellWords(row: SampleRow | null, column: number): string | null {
  return row && `Row ${row.number}: ${shownCell(row.cells[column])}`;
}

function shownCell(cell: string | undefined): string {
  if (cell === undefined || cell === "") return "empty";
  const line = showInvisible(cell.slice(0, LONGEST_SHOWN_CELL + 1)).replace(/\s+/g, " ");
  return cell.length > LONGEST_SHOWN_CELL ? `${line.slice(0, LONGEST_SHOWN_CELL)}…` : line;
}

function completeColumn(context: CompletionContext): CompletionResult | null {
  const line = context.state.doc.lineAt(context.pos);
  const open = openVariable(line.text.slice(0, context.pos - line.from));
  if (!open) return null;
  const columns = context.state.field(columnsField);
  const options = columns.names.flatMap((name, i): Completion[] => {
    if (name === columns.truth) return [];
    const displayLabel =
      letters(name) > LONGEST_SHOWN_NAME ? cutInside(showInvisible(name), LONGEST_SHOWN_NAME, letters) : undefined;
    return [{ label: name, displayLabel, detail: cellWords(columns.row, i) ?? undefined, apply: insertColumn }];
  });
  return { from: line.from + open.from, options, validFor: /^[^{}\n]*$/ };
}

function insertColumn(view: EditorView, completion: Completion, from: number, to: number): void {
  const closed = /^\s*\}\}/.exec(view.state.sliceDoc(to, to + 8));
  const end = to + (closed?.[0].length ?? 0);
  const insert = `${completion.label}}}`;
  view.dispatch({
    changes: { from, to: end, insert },
    selection: { anchor: from + insert.length },
    annotations: pickedCompletion.of(completion),
    userEvent: "input.complete",
  });
}

const SEARCH_WORDS = {
  next: "Next",
  previous: "Previous",
  "match case": "Match case",
  regexp: "Regex",
  "by word": "Whole words",
  replace: "Replace",
  "replace all": "Replace all",
};

// Ctrl+Enter runs the example; everything else of the usual keys stays. Tab is bound nowhere: it leaves the editor.
const editingKeys = defaultKeymap.filter((binding) => binding.key !== "Mod-Enter");

export function createPromptEditor(options: EditorOptions): PromptEditing {
  const readonly = new Compartment();
  /** The history of what was typed here. */
  const past = new Compartment();
  const readonlyExtension = (on: boolean): Extension => EditorState.readOnly.of(on);

  const whenEmpty = (way: "undo" | "redo", depth: (state: EditorState) => number) => (editor: EditorView) => {
    if (!options.onempty || depth(editor.state) > 0) return false;
    options.onempty(way);
    return true;
  };
  /** The text before what was typed last. */
  let before = options.value;

  const view = new EditorView({
    parent: options.parent,
    state: EditorState.create({
      doc: options.value,
      extensions: [
        // Only \n ends a line, so that a carriage return in a prompt survives the editor.
        EditorState.lineSeparator.of("\n"),
        EditorView.clipboardInputFilter.of((text) => text.replace(/\r\n?/g, "\n")),
        EditorView.lineWrapping,
        EditorView.perLineTextDirection.of(true),
        EditorView.contentAttributes.of({
          "aria-label": options.label,
          "aria-describedby": options.describedBy,
          // The keys reach it anyway; said outright, also for those who check that a long text can be scrolled without a mouse.
          tabindex: "0",
        }),
        highlightSpecialChars(),
        past.of(history()),
        search({ top: true }),
        foundCount,
        EditorState.phrases.of(SEARCH_WORDS),
        placeholder(options.placeholder),
        tooltips({ position: "fixed", parent: document.body }),
        columnsField.init(() => options.columns),
        chips,
        lockedField.init(() => options.locked),
        locks,
        autocompletion({ override: [completeColumn], icons: false }),
        keymap.of([
          { key: "Mod-z", run: whenEmpty("undo", undoDepth) },
          { key: "Mod-y", mac: "Mod-Shift-z", run: whenEmpty("redo", redoDepth) },
          { linux: "Ctrl-Shift-z", run: whenEmpty("redo", redoDepth) },
        ]),
        keymap.of([...completionKeymap, ...searchKeymap, ...historyKeymap, ...editingKeys]),
        readonly.of(readonlyExtension(options.readonly)),
        promptTheme,
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !update.transactions.some((transaction) => transaction.annotation(fromOutside))) {
            if (!isLastTyped(typed)) before = update.startState.doc.toString();
            const walked = update.transactions.some((one) => one.isUserEvent("undo") || one.isUserEvent("redo"));
            typedInto(typed, !walked);
            options.onchange(update.state.doc.toString());
          }
        }),
      ],
    }),
  });

  const typed: Typed = {
    label: options.label,
    can: (way) => (way === "undo" ? undoDepth(view.state) : redoDepth(view.state)) > 0,
    take(way) {
      (way === "undo" ? undo : redo)(view);
      view.focus();
    },
    handOver() {
      if (!options.onleave || view.state.doc.toString() === before) return;
      options.onleave(before);
      forgetHistory();
    },
    handOverUndone() {
      if (!options.onundone) return;
      let { state } = view;
      while (redo({ state, dispatch: (transaction) => (state = transaction.state) }));
      options.onundone(state.doc.toString());
      forgetHistory();
    },
  };

  function forgetHistory(): void {
    view.dispatch({ effects: past.reconfigure([]) });
    view.dispatch({ effects: past.reconfigure(history()) });
  }

  return {
    setValue(value) {
      if (value === view.state.doc.toString()) return;
      // It has a place of its own among all changes, and what was typed here before it stands there too.
      if (isLastTyped(typed)) handOverTyping();
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: value },
        annotations: fromOutside.of(true),
      });
      forgetHistory();
    },
    setColumns(columns) {
      view.dispatch({ effects: columnsChanged.of(columns) });
    },
    setLocked(locked) {
      view.dispatch({ effects: lockedChanged.of(locked) });
    },
    selected() {
      const { from, to } = view.state.selection.main;
      return view.state.sliceDoc(from, to);
    },
    collapse() {
      view.dispatch({ selection: { anchor: view.state.selection.main.to } });
      // Without the focus the editor leaves the window's own selection alone, which then grows over the marks that come.
      const painted = document.getSelection();
      if (!view.hasFocus && painted && view.contentDOM.contains(painted.anchorNode)) painted.removeAllRanges();
    },
    setReadonly(on) {
      view.dispatch({ effects: readonly.reconfigure(readonlyExtension(on)) });
    },
    focus(anchor, head) {
      view.dispatch({ selection: { anchor, head }, scrollIntoView: true });
      view.focus();
    },
    destroy() {
      const wasLast = isLastTyped(typed) && view.state.doc.toString() !== before;
      forgetTyping(typed);
      if (wasLast) options.onleave?.(before);
      view.destroy();
    },
  };
}
