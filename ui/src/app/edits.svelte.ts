import { app } from "./state.svelte";

/** A change that can be taken back, and made again. */
export interface Edit {
  /** What was done, as in `Rename "wide"`. */
  name: string;
  undo: () => unknown;
  redo: () => unknown;
}

const MOST = 200;

/** Changes in the order they were made. Texts have a history of their own in their editors, examples in the engine. */
export class EditHistory {
  #done = $state.raw<readonly Edit[]>([]);
  #undone = $state.raw<readonly Edit[]>([]);
  /** Fast keys wait for one another: none is lost. */
  #last: Promise<boolean> = Promise.resolve(true);

  /** What undo would take back; null when there is nothing. */
  get toUndo(): string | null {
    return this.#done.at(-1)?.name ?? null;
  }

  get toRedo(): string | null {
    return this.#undone.at(-1)?.name ?? null;
  }

  /** Takes note of a change that was just made. */
  record(edit: Edit): void {
    this.#done = [...this.#done, edit].slice(-MOST);
    this.#undone = [];
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

  clear(): void {
    this.#done = [];
    this.#undone = [];
  }

  #queue(way: "undo" | "redo"): Promise<boolean> {
    this.#last = this.#last.then(() => this.#move(way));
    return this.#last;
  }

  async #move(way: "undo" | "redo"): Promise<boolean> {
    const edit = (way === "undo" ? this.#done : this.#undone).at(-1);
    if (!edit) return false;
    try {
      await edit[way]();
      if (way === "undo") [this.#done, this.#undone] = [this.#done.slice(0, -1), [...this.#undone, edit]];
      else [this.#done, this.#undone] = [[...this.#done, edit], this.#undone.slice(0, -1)];
      return true;
    } catch (error) {
      // It stays where it was, so that it can be tried again.
      app.fail(error);
      return false;
    }
  }
}

/** Changes of the open project's runs, epochs and locks. */
export const edits = new EditHistory();

/** Which way an event asks to go: Ctrl Z back, Ctrl Shift Z and Ctrl Y forward; null where a text field has undo of its own. */
export function undoWish(event: KeyboardEvent): "undo" | "redo" | null {
  if (event.defaultPrevented || event.altKey || !(event.ctrlKey || event.metaKey)) return null;
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (target?.isContentEditable || target?.closest("textarea, input:not([type=checkbox]):not([type=radio]), dialog")) {
    return null;
  }
  const key = event.key.toLowerCase();
  if (key === "y") return "redo";
  return key === "z" ? (event.shiftKey ? "redo" : "undo") : null;
}

/** Takes a change back or makes it again, and says which. */
export async function move(history: EditHistory, way: "undo" | "redo"): Promise<void> {
  const name = way === "undo" ? history.toUndo : history.toRedo;
  if (name === null) app.notify({ kind: "info", message: `There is nothing to ${way}.` });
  else if (await history[way]())
    app.notify({ kind: "info", message: `${way === "undo" ? "Undone" : "Done again"}: ${name}.` });
}
