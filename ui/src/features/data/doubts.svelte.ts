import { ApiFailure, call } from "../../api/client";
import type { Doubt } from "../../api/bindings/Doubt";
import type { DoubtAction } from "../../api/bindings/DoubtAction";
import type { Rescored } from "../../api/bindings/Rescored";
import type { Edits } from "./edits.svelte";

/** The doubt queue of one run, and the run's figures under the ground truths as they are now. */
export class Doubts {
  list = $state.raw<Doubt[] | null>(null);
  problem = $state<string | null>(null);
  rescored = $state.raw<Rescored | null>(null);
  /** Decided since the queue was opened. */
  decided = $state(0);
  #asked = 0;

  async load(project: number, run: number): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const [list, rescored] = await Promise.all([call("list_doubts", { project, run }), call("rescored", { run })]);
      if (asked !== this.#asked) return;
      this.list = list;
      this.rescored = rescored;
      this.problem = null;
    } catch (error) {
      if (asked === this.#asked) this.problem = ApiFailure.from(error).message;
    }
  }

  async resolve(project: number, doubt: Doubt, action: DoubtAction, edits: Edits): Promise<boolean> {
    const example = doubt.example.id;
    const done = await edits.run(() => call("resolve_doubt", { project, example, action }));
    if (done) {
      // The list that follows from the new dataset is on its way; this one must not be offered meanwhile.
      this.list = (this.list ?? []).filter((other) => other.example.id !== example);
      this.decided += 1;
    }
    return done;
  }
}
