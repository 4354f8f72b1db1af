import { call } from "../../../api/client";
import type { Bucket } from "../../../api/bindings/Bucket";
import type { ComparedExample } from "../../../api/bindings/ComparedExample";
import { app } from "../../../app/state.svelte";

const PAGE = 100;

/** The examples of one bucket of an epoch, read page by page as they come into view. */
export class BucketPages {
  readonly run: number;
  readonly epoch: number;
  readonly bucket: Bucket;
  total = $state(0);
  loaded = $state(false);
  #rows = $state.raw<ReadonlyMap<number, ComparedExample>>(new Map());
  #asked = new Set<number>();

  constructor(run: number, epoch: number, bucket: Bucket) {
    this.run = run;
    this.epoch = epoch;
    this.bucket = bucket;
  }

  at(index: number): ComparedExample | undefined {
    return this.#rows.get(index);
  }

  /** Reads the pages that hold these rows. */
  need(from: number, to: number): void {
    for (let page = Math.floor(from / PAGE); page * PAGE < Math.max(to, 1); page += 1) void this.#read(page);
  }

  async #read(page: number): Promise<void> {
    if (this.#asked.has(page)) return;
    this.#asked.add(page);
    const { run, epoch, bucket } = this;
    try {
      const answer = await call("list_compared", { run, epoch, bucket, offset: page * PAGE, limit: PAGE });
      const rows = new Map(this.#rows);
      answer.rows.forEach((row, i) => rows.set(page * PAGE + i, row));
      this.#rows = rows;
      this.total = answer.total;
      this.loaded = true;
    } catch (error) {
      this.#asked.delete(page);
      app.fail(error);
    }
  }
}
