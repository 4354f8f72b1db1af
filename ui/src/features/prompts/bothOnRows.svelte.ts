import { ApiFailure } from "../../api/client";
import type { Bucket } from "../../api/bindings/Bucket";
import type { ComparedExample } from "../../api/bindings/ComparedExample";
import type { Prompt } from "../../api/bindings/Prompt";
import type { TriedRow } from "../../api/bindings/TriedRow";
import type { Trying } from "./trying.svelte";

/** Two prompts on the very same rows. */
export interface Both {
  before: Prompt;
  after: Prompt;
  /** Broken first, then fixed: what tells the two apart. */
  rows: ComparedExample[];
  /** Why rows have no answer, each sentence once. */
  problems: string[];
}

const ORDER: readonly Bucket[] = ["broken", "fixed", "still_wrong", "still_right", "not_compared"];

function bucketOf(before: TriedRow | undefined, after: TriedRow | undefined): Bucket {
  const [was, is] = [before?.result?.outcome, after?.result?.outcome];
  if (!was || !is || was === "missing" || is === "missing") return "not_compared";
  if (was === "match") return is === "match" ? "still_right" : "broken";
  return is === "match" ? "fixed" : "still_wrong";
}

/** Two versions that no run has compared, tried on the same rows. */
export class BothOnRows {
  both = $state.raw<Both | null>(null);
  running = $state(false);
  problem = $state<string | null>(null);

  readonly #trying: Trying;

  constructor(trying: Trying) {
    this.#trying = trying;
  }

  /** What is shown belongs to these two. */
  of(before: Prompt, after: Prompt): Both | null {
    return this.both?.before === before && this.both.after === after ? this.both : null;
  }

  async run(before: Prompt, after: Prompt, rows: number, seed: number): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.problem = null;
    try {
      const ask = (prompt: Prompt) => this.#trying.askRows(prompt, rows, seed);
      const [was, is] = await Promise.all([ask(before), ask(after)]);
      const found = new Map(is.rows.map((row) => [row.example.id, row]));
      const pairs = was.rows.map((row): ComparedExample => {
        const other = found.get(row.example.id);
        return {
          example: row.example,
          bucket: bucketOf(row, other),
          before: row.result?.prediction ?? null,
          after: other?.result?.prediction ?? null,
        };
      });
      this.both = {
        before,
        after,
        rows: pairs.sort((a, b) => ORDER.indexOf(a.bucket) - ORDER.indexOf(b.bucket)),
        problems: [...new Set([...was.rows, ...is.rows].flatMap(({ error }) => (error === null ? [] : [error])))],
      };
    } catch (error) {
      this.problem = ApiFailure.from(error).message;
    } finally {
      this.running = false;
    }
  }
}

/** How often a side was right, of the rows that both answered. */
export function rightOf(rows: readonly ComparedExample[], side: "before" | "after"): number {
  const other: Bucket = side === "before" ? "broken" : "fixed";
  return rows.filter(({ bucket }) => bucket === "still_right" || bucket === other).length;
}
