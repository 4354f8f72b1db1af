import { ApiFailure } from "../api/client";
import { edits, type Edit } from "./edits.svelte";

interface Made {
  edit: Edit;
  message: string;
}

/** What was changed while a sheet is open: messages and keys of the window do nothing behind it. */
export class SheetEdits {
  #made = $state.raw<readonly Made[]>([]);
  #last: Promise<unknown> = Promise.resolve();
  /** Said of what was done last and can not be taken back. */
  news = $state<string | null>(null);
  problem = $state<string | null>(null);

  /** The last change that stands: the one that undo takes back. */
  readonly standing = $derived(this.#made.findLast(({ edit }) => edits.has(edit)) ?? null);
  /** What was taken back last: what redo makes again. */
  readonly undone = $derived(this.#made.find(({ edit }) => edits.hasUndone(edit)) ?? null);

  /** Takes note of a change that was just made. */
  record(edit: Edit, message: string): void {
    edits.record(edit);
    this.#made = [...this.#made, { edit, message }];
    this.news = this.problem = null;
  }

  /** Makes a change and takes note of it; a failure is said. `first` is how it is made where the window shows it already. */
  make(edit: Edit, message: string, first: () => unknown = edit.redo): Promise<boolean> {
    return this.#next(async () => {
      try {
        await first();
      } catch (error) {
        this.#fail(error);
        return false;
      }
      this.record(edit, message);
      return true;
    });
  }

  say(message: string): void {
    this.news = message;
    this.problem = null;
  }

  undo(): void {
    void this.#next(() => this.standing && edits.take(this.standing.edit, this.#fail));
  }

  redo(): void {
    void this.#next(() => this.undone && edits.makeAgain(this.undone.edit, this.#fail));
  }

  readonly #fail = (error: unknown) => {
    this.problem = ApiFailure.from(error).message;
  };

  /** Fast keys wait for one another: which change is meant shows once the one before is done. */
  #next<T>(move: () => T | Promise<T>): Promise<T> {
    const next = this.#last.then(() => {
      this.news = this.problem = null;
      return move();
    });
    this.#last = next;
    return next;
  }
}
