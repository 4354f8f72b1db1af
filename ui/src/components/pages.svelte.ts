import { ApiFailure } from "../api/client";
import { app } from "../app/state.svelte";

const PAGE = 100;
const EXPORTED_PAGE = 500;

/** A list of any length, read page by page as its rows come into view. */
export class Pages<T, A extends { total: number; rows: T[] } = { total: number; rows: T[] }> {
  total = $state(0);
  loaded = $state(false);
  /** Why not one row could be read. */
  problem = $state<string | null>(null);
  /** The newest answer as a whole, for what it says beside its rows. */
  answer = $state.raw<A | null>(null);
  #rows = $state.raw<ReadonlyMap<number, T>>(new Map());
  #asked = new Set<number>();
  readonly #fetch: (offset: number, limit: number) => Promise<A>;

  constructor(fetch: (offset: number, limit: number) => Promise<A>) {
    this.#fetch = fetch;
  }

  at(index: number): T | undefined {
    return this.#rows.get(index);
  }

  /** Reads the pages that hold these rows. */
  need(from: number, to: number): void {
    for (let page = Math.floor(from / PAGE); page * PAGE < Math.max(to, 1); page += 1) void this.#read(page);
  }

  /** Tries the beginning once more. */
  again(): void {
    this.problem = null;
    this.need(0, 1);
  }

  /** Every row, read page by page; for a file, not for a list that is looked at. */
  async all(): Promise<T[]> {
    const rows: T[] = [];
    for (let total = 1; rows.length < total;) {
      const answer = await this.#fetch(rows.length, EXPORTED_PAGE);
      rows.push(...answer.rows);
      total = answer.rows.length === 0 ? 0 : answer.total;
    }
    return rows;
  }

  async #read(page: number): Promise<void> {
    if (this.#asked.has(page)) return;
    this.#asked.add(page);
    try {
      const answer = await this.#fetch(page * PAGE, PAGE);
      const rows = new Map(this.#rows);
      answer.rows.forEach((row, i) => rows.set(page * PAGE + i, row));
      this.#rows = rows;
      this.total = answer.total;
      this.answer = answer;
      this.loaded = true;
      this.problem = null;
    } catch (error) {
      this.#asked.delete(page);
      // With rows on the page a failure is news; without any it is all there is to show.
      if (this.loaded) app.fail(error);
      else this.problem = ApiFailure.from(error).message;
    }
  }
}
