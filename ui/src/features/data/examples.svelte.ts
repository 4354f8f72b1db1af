import { ApiFailure, call } from "../../api/client";
import type { Example } from "../../api/bindings/Example";
import type { ExampleFilter } from "../../api/bindings/ExampleFilter";
import type { ExampleSort } from "../../api/bindings/ExampleSort";

const PAGE = 200;
const KEPT_PAGES = 40;
/** Pages on the way at once: a fast scroll asks for what it stops at, not for all it passed. */
const AT_ONCE = 2;

/** Which examples are listed, and in which order. */
export type Listing = { project: number; filter: ExampleFilter; sort: ExampleSort | null };

/** The examples that a filter leaves, fetched page by page as they come into view. */
export class Examples {
  total = $state<number | null>(null);
  problem = $state<string | null>(null);
  /** A new list is on its way; the one before is still shown. */
  loading = $state(false);
  #pages = $state.raw(new Map<number, Example[]>());
  #underway = new Set<number>();
  #wanted: [first: number, last: number] = [0, 0];
  #listing: Listing | null = null;
  #generation = 0;

  /** Starts over with another listing, keeping what is shown until the first pages are there. */
  async list(listing: Listing): Promise<void> {
    this.#listing = listing;
    this.#generation += 1;
    this.#underway.clear();
    const generation = this.#generation;
    this.problem = null;
    this.loading = true;
    // After an edit the rows in view are read again, not those at the top.
    const at = this.total === null ? 0 : Math.floor(this.#wanted[0] / PAGE);
    let page = await this.#fetch(at);
    let number = at;
    if (page && page.rows.length === 0 && at > 0 && generation === this.#generation) {
      number = 0;
      page = await this.#fetch(0);
    }
    if (generation !== this.#generation) return;
    this.loading = false;
    if (!page) return;
    this.#pages = new Map([[number, page.rows]]);
    this.total = page.total;
    this.#pump();
  }

  /** Makes sure that the rows in view are on their way. */
  need(first: number, last: number): void {
    this.#wanted = [first, last];
    this.#pump();
  }

  at(index: number): Example | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** An example in or out of view; undefined when it can not be read. */
  async fetch(index: number): Promise<Example | undefined> {
    return this.at(index) ?? (await this.#fetch(Math.floor(index / PAGE)))?.rows[index % PAGE];
  }

  /** Ids of the rows from `first` up to and without `last`. */
  async ids(first: number, last: number): Promise<number[]> {
    const ids: number[] = [];
    for (let page = Math.floor(first / PAGE); page * PAGE < last; page += 1) {
      const rows = this.#pages.get(page) ?? (await this.#fetch(page))?.rows ?? [];
      rows.forEach((example, at) => {
        const index = page * PAGE + at;
        if (index >= first && index < last) ids.push(example.id);
      });
    }
    return ids;
  }

  async retry(): Promise<void> {
    if (this.#listing) await this.list(this.#listing);
  }

  /** Fetches the wanted pages that are missing, those in view first, the next ones ahead. */
  #pump(): void {
    if (this.total === null) return;
    const [first, last] = this.#wanted;
    for (let page = Math.floor(first / PAGE); page * PAGE < Math.min(last, this.total); page += 1) {
      if (this.#underway.size >= AT_ONCE) return;
      if (!this.#pages.has(page) && !this.#underway.has(page)) void this.#load(page);
    }
  }

  async #load(page: number): Promise<void> {
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
    this.#pump();
  }

  async #fetch(page: number) {
    const listing = this.#listing;
    if (!listing) return undefined;
    const generation = this.#generation;
    try {
      return await call("list_examples", { ...listing, offset: page * PAGE, limit: PAGE });
    } catch (error) {
      if (generation === this.#generation) this.problem = ApiFailure.from(error).message;
      return undefined;
    }
  }
}
