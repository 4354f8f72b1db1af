import { ApiFailure, call } from "../../api/client";
import type { Example } from "../../api/bindings/Example";
import type { ExampleFilter } from "../../api/bindings/ExampleFilter";
import type { ExampleSort } from "../../api/bindings/ExampleSort";

const PAGE = 200;
const KEPT_PAGES = 40;

/** Which examples are listed. */
export type Filter = { project: number; filter: ExampleFilter; sort: ExampleSort | null };

/** The examples that a filter leaves, fetched page by page as they come into view. */
export class Examples {
  total = $state<number | null>(null);
  problem = $state<string | null>(null);
  #pages = $state.raw(new Map<number, Example[]>());
  #underway = new Set<number>();
  #filter: Filter | null = null;
  #generation = 0;

  /** Starts over with another filter, keeping what is shown until the first page is there. */
  async list(filter: Filter): Promise<void> {
    this.#filter = filter;
    this.#generation += 1;
    this.#underway.clear();
    const generation = this.#generation;
    this.problem = null;
    const page = await this.#fetch(0);
    if (!page || generation !== this.#generation) return;
    this.#pages = new Map([[0, page.rows]]);
    this.total = page.total;
  }

  /** Makes sure that the rows in view are on their way. */
  need(first: number, last: number): void {
    for (let page = Math.floor(first / PAGE); page * PAGE < last; page += 1) void this.#load(page);
  }

  at(index: number): Example | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  async retry(): Promise<void> {
    if (this.#filter) await this.list(this.#filter);
  }

  async #load(page: number): Promise<void> {
    if (this.total === null || this.#pages.has(page) || this.#underway.has(page)) return;
    const generation = this.#generation;
    this.#underway.add(page);
    const loaded = await this.#fetch(page);
    if (generation !== this.#generation) return;
    this.#underway.delete(page);
    if (!loaded) return;
    const pages = new Map([...this.#pages, [page, loaded.rows]]);
    // The pages looked at longest ago make room.
    for (const oldest of pages.keys()) {
      if (pages.size <= KEPT_PAGES) break;
      pages.delete(oldest);
    }
    this.#pages = pages;
  }

  async #fetch(page: number) {
    const filter = this.#filter;
    if (!filter) return undefined;
    const generation = this.#generation;
    try {
      return await call("list_examples", { ...filter, offset: page * PAGE, limit: PAGE });
    } catch (error) {
      if (generation === this.#generation) this.problem = ApiFailure.from(error).message;
      return undefined;
    }
  }
}
