import type { ExampleFilter } from "../../api/bindings/ExampleFilter";
import type { ExampleSelection } from "../../api/bindings/ExampleSelection";

/** Most rows that are named one by one; a longer selection is made with a filter. */
export const MOST_NAMED = 5000;

/** The examples chosen for a bulk action: some by name, or all that the filter leaves. */
export class ChosenExamples {
  #ids = $state.raw<ReadonlySet<number>>(new Set());
  #all = $state(false);
  /** Where a range starts. */
  anchor = $state<number | null>(null);

  get all(): boolean {
    return this.#all;
  }

  /** How many, of the `total` that the filter leaves. */
  size(total: number): number {
    return this.#all ? total : this.#ids.size;
  }

  has(id: number): boolean {
    return this.#all || this.#ids.has(id);
  }

  toggle(id: number): void {
    const ids = new Set(this.#ids);
    if (!ids.delete(id)) ids.add(id);
    this.#ids = ids;
  }

  /** Exactly these. */
  set(ids: Iterable<number>): void {
    this.#all = false;
    this.#ids = new Set(ids);
  }

  add(ids: Iterable<number>): void {
    this.set([...this.#ids, ...ids]);
  }

  chooseAll(): void {
    this.#all = true;
    this.#ids = new Set();
  }

  clear(): void {
    this.#all = false;
    this.anchor = null;
    if (this.#ids.size > 0) this.#ids = new Set();
  }

  /** As the commands take it. */
  request(filter: ExampleFilter): ExampleSelection {
    return this.#all ? { kind: "filter", filter } : { kind: "ids", ids: [...this.#ids] };
  }
}
