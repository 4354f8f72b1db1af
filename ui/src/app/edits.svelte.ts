import { handOverTyping, handOverUndone, typing, whenTyped } from "../components/editor/lastTyped";
import { app } from "./state.svelte";

/** A change that can be taken back, and made again. */
export interface Edit {
  /** What was done, as in `Rename "wide"`. */
  name: string;
  undo: () => unknown;
  redo: () => unknown;
  /** The project it was made in: in another one it is not taken back. Without it, it can be taken back anywhere. */
  project?: number;
  /** The version of the data that it made, and the one it was made from: where Data leaves that version, it takes all of this. */
  readonly dataset?: number;
  /** The project that it made: it is not taken back as long as a change in that project stands. */
  makes?: number;
  readonly from?: number;
}

const MOST = 200;

type Way = "undo" | "redo";

/** Says what went wrong, where the message of the window would not be seen. */
type Fail = (error: unknown) => void;

/** Counts what is made and moved, in every history: which of two went last. */
let moves = 0;

/** Changes in the order they were made. Texts have a history of their own in their editors. */
export class EditHistory {
  #done = $state.raw<readonly Edit[]>([]);
  #undone = $state.raw<readonly Edit[]>([]);
  /** When each of them was made, or moved last. */
  readonly #moved = new WeakMap<Edit, number>();
  /** Those that could not be moved when it was tried last. */
  readonly #failed = new WeakSet<Edit>();
  /** Fast keys wait for one another: none is lost. */
  #last: Promise<boolean> = Promise.resolve(true);
  /** The project that is open: what was changed in others waits until they are. Undefined where changes belong to none. */
  #project = $state<number | null | undefined>(undefined);

  /** What undo would take back; null when there is nothing. */
  get toUndo(): string | null {
    return this.#next("undo")?.name ?? null;
  }

  get toRedo(): string | null {
    return this.#next("redo")?.name ?? null;
  }

  /** What would go next of the changes in a project, whatever was done elsewhere since. */
  nextIn(project: number, way: Way): Edit | null {
    const list = way === "undo" ? this.#done : this.#undone;
    return list.findLast((edit) => this.#isHere(edit) && edit.project === project) ?? null;
  }

  #next(way: Way): Edit | undefined {
    return (way === "undo" ? this.#done : this.#undone).findLast((edit) => this.#isHere(edit));
  }

  #isHere({ project, makes }: Edit): boolean {
    if (makes !== undefined && this.#done.some((later) => later.project === makes)) return false;
    return project === undefined || this.#project === undefined || project === this.#project;
  }

  /** When the change that would go this way was made or moved last, among those of all histories; null when there is none. */
  lastMove(way: Way): number | null {
    const next = this.#next(way);
    return next ? (this.#moved.get(next) ?? 0) : null;
  }

  /** Takes note of a change that was just made. */
  record(edit: Edit): void {
    handOverTyping();
    this.#moved.set(edit, ++moves);
    this.#done = [...this.#done, edit].slice(-MOST);
    this.forgetUndone();
  }

  /** Takes note of a change that was taken back outside of this history: it is made again in its turn. */
  recordUndone(edit: Edit): void {
    this.#moved.set(edit, ++moves);
    this.#undone = [...this.#undone, edit];
  }

  /** Something new is made after what was taken back. What was taken back in another project can be made again there. */
  forgetUndone(): void {
    this.#undone = this.#undone.filter((undone) => !this.#isHere(undone));
  }

  /** Forgets the last change, because a further one stands for both. */
  dropLast(): void {
    this.#done = this.#done.slice(0, -1);
  }

  undo(): Promise<boolean> {
    return this.#queue("undo");
  }

  redo(): Promise<boolean> {
    return this.#queue("redo");
  }

  /** Whether a change stands and can be taken back. */
  has(edit: Edit): boolean {
    return this.#isHere(edit) && this.#done.includes(edit);
  }

  /** Whether a change was taken back and can be made again. */
  hasUndone(edit: Edit): boolean {
    return this.#isHere(edit) && this.#undone.includes(edit);
  }

  /** The change that made a version of the data, while it stands. */
  making(dataset: number | undefined): Edit | undefined {
    return dataset === undefined ? undefined : this.#done.findLast((edit) => edit.dataset === dataset);
  }

  /** The change that was taken back to a version of the data. */
  remaking(dataset: number | undefined): Edit | undefined {
    return dataset === undefined ? undefined : this.#undone.findLast((edit) => edit.from === dataset);
  }

  /** Takes this change back, wherever it stands among the others. */
  take(edit: Edit, fail?: Fail): Promise<boolean> {
    return this.#queue("undo", edit, fail);
  }

  /** Makes this change again, wherever it stands among those that were taken back. */
  makeAgain(edit: Edit, fail?: Fail): Promise<boolean> {
    return this.#queue("redo", edit, fail);
  }

  /** From now on changes of this project alone can be taken back, and those of none. */
  stayIn(project: number | null): void {
    this.#project = project;
  }

  clear(): void {
    this.#done = [];
    this.#undone = [];
    this.#project = undefined;
  }

  #queue(way: Way, wanted?: Edit, fail?: Fail): Promise<boolean> {
    this.#last = this.#last.then(() => this.#move(way, wanted, fail));
    return this.#last;
  }

  async #move(way: Way, wanted?: Edit, fail: Fail = (error) => app.fail(error)): Promise<boolean> {
    const from = way === "undo" ? this.#done : this.#undone;
    const edit = wanted ?? this.#next(way);
    if (!edit || !from.includes(edit) || !this.#isHere(edit)) return false;
    const without = (list: readonly Edit[]) => list.filter((known) => known !== edit);
    if (way === "undo") handOverUndone();
    try {
      await edit[way]();
      if (way === "undo") [this.#done, this.#undone] = [without(this.#done), [...this.#undone, edit]];
      else [this.#done, this.#undone] = [[...this.#done, edit], without(this.#undone)];
      this.#moved.set(edit, ++moves);
      this.#failed.delete(edit);
      return true;
    } catch (error) {
      fail(error);
      // It stays where it was, so that it can be tried again. In vain once more, it gives way to those before it.
      if (this.#failed.has(edit)) {
        [this.#done, this.#undone] = [without(this.#done), without(this.#undone)];
        app.notify({
          kind: "info",
          message: `“${edit.name}” is left as it is now; what was changed before it can be taken back.`,
        });
      }
      this.#failed.add(edit);
      return false;
    }
  }
}

/**
 * Changes of projects, datasets, examples, imports, versions, connections and prices, and of the open project's runs, epochs and locks, of
 * which runs are compared and which columns are shown of them.
 */
export const edits = new EditHistory();
whenTyped(() => edits.forgetUndone());

/**
 * Which way an event asks to go: Ctrl Z back, Ctrl Shift Z and Ctrl Y forward; null where a text field has undo of its own. What lies behind
 * a sheet is not meant, wherever the focus is.
 */
export function undoWish(event: KeyboardEvent, inSheet = false): Way | null {
  if (event.defaultPrevented || event.altKey || !(event.ctrlKey || event.metaKey)) return null;
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (target?.isContentEditable || target?.closest("textarea, input:not([type=checkbox]):not([type=radio])"))
    return null;
  if (!inSheet && document.querySelector("dialog[open]")) return null;
  const key = event.key.toLowerCase();
  if (key === "y") return "redo";
  return key === "z" ? (event.shiftKey ? "redo" : "undo") : null;
}

let ofScreen = $state.raw<EditHistory | null>(null);

/** A form that is shown has a history of its own; what is returned ends that. */
export function walkWith(history: EditHistory): () => void {
  ofScreen = history;
  return () => {
    if (ofScreen === history) ofScreen = null;
  };
}

/** The history whose change comes next: what was done last goes first, in a form or anywhere. */
export function nextHistory(way: Way): EditHistory {
  const [own, others] = [ofScreen?.lastMove(way) ?? null, edits.lastMove(way) ?? -1];
  return ofScreen && own !== null && own >= others ? ofScreen : edits;
}

/** The last change as it is called, of those in editors too; null when there is none. */
export function nextName(history: EditHistory, way: Way): string | null {
  const typed = typing(way);
  if (typed) return `typing in “${typed.label}”`;
  return way === "undo" ? history.toUndo : history.toRedo;
}

/** Says what was taken back or made again. */
export function tellMoved(way: Way, name: string): void {
  app.notify({ kind: "info", message: `${way === "undo" ? "Undone" : "Done again"}: ${name}.`, topic: "edit" });
}

/** Takes a change back or makes it again, and says which. */
export async function move(history: EditHistory, way: Way): Promise<void> {
  const name = nextName(history, way);
  const typed = typing(way);
  if (typed) typed.take(way);
  if (name === null) app.notify({ kind: "info", message: `There is nothing to ${way}.`, topic: "undo" });
  else if (typed || (await history[way]())) tellMoved(way, name);
}

/** The same from a text of a project, beyond what was typed there: what was done outside of it, a connection say, stays. */
export async function moveFromText(project: number, way: Way): Promise<void> {
  if (typing(way)) return move(edits, way);
  const edit = edits.nextIn(project, way);
  if (edit === null)
    app.notify({ kind: "info", message: `There is nothing more to ${way} in this project.`, topic: "undo" });
  else if (await (way === "undo" ? edits.take(edit) : edits.makeAgain(edit))) tellMoved(way, edit.name);
}
