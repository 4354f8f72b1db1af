import { call } from "../../api/client";
import { LastQuestion } from "../../api/question";
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
  readonly #question = new LastQuestion();

  async load(project: number, run: number): Promise<void> {
    await this.#question.ask(
      Promise.all([call("list_doubts", { project, run }), call("rescored", { run })]),
      ([list, rescored]) => {
        this.list = list;
        this.rescored = rescored;
        this.problem = null;
      },
      (problem) => (this.problem = problem),
    );
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
