/** The editing surface of prompts. Loaded on demand: nothing else imports CodeMirror. */
import {
  autocompletion,
  completionKeymap,
  pickedCompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
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
import { promptTheme } from "./codemirror-theme";
import { showInvisible } from "./literal";
import { openVariable, scanVariables } from "./variables";

/** The columns a prompt can name, with the cells of the first example. */
export interface Columns {
  names: readonly string[];
  firstRow: readonly string[];
}

export interface EditorOptions {
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
  /** Takes the focus, with the caret or selection where it was in the plain text area. */
  focus(anchor: number, head: number): void;
  destroy(): void;
}

const LONGEST_SHOWN_CELL = 80;

const fromOutside = Annotation.define<boolean>();
const columnsChanged = StateEffect.define<Columns>();

const columnsField = StateField.define<Columns>({
  create: () => ({ names: [], firstRow: [] }),
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
  const marks: Range<Decoration>[] = scanned.places.map((place) =>
    Decoration.mark({
      class: "cm-column",
      attributes: { title: `First example: ${shownCell(columns.firstRow[place.column])}` },
    }).range(place.from, place.to),
  );
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
  const options = columns.names.map((name, i): Completion => ({
    label: name,
    detail: shownCell(columns.firstRow[i]),
    apply: insertColumn,
  }));
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
  const readonlyExtension = (on: boolean): Extension => EditorState.readOnly.of(on);

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
        EditorView.contentAttributes.of({ "aria-label": options.label, "aria-describedby": options.describedBy }),
        highlightSpecialChars(),
        history(),
        search({ top: true }),
        EditorState.phrases.of(SEARCH_WORDS),
        placeholder(options.placeholder),
        tooltips({ position: "fixed", parent: document.body }),
        columnsField.init(() => options.columns),
        chips,
        lockedField.init(() => options.locked),
        locks,
        autocompletion({ override: [completeColumn], icons: false }),
        keymap.of([...completionKeymap, ...searchKeymap, ...historyKeymap, ...editingKeys]),
        readonly.of(readonlyExtension(options.readonly)),
        promptTheme,
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !update.transactions.some((transaction) => transaction.annotation(fromOutside))) {
            options.onchange(update.state.doc.toString());
          }
        }),
      ],
    }),
  });

  return {
    setValue(value) {
      if (value === view.state.doc.toString()) return;
      // Stays in the editor's history: a restored version can be undone.
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: value },
        annotations: fromOutside.of(true),
      });
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
    setReadonly(on) {
      view.dispatch({ effects: readonly.reconfigure(readonlyExtension(on)) });
    },
    focus(anchor, head) {
      view.dispatch({ selection: { anchor, head }, scrollIntoView: true });
      view.focus();
    },
    destroy() {
      view.destroy();
    },
  };
}
