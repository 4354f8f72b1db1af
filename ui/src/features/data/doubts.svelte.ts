import { call } from "../../api/client";
import { LastQuestion } from "../../api/question";
import type { Doubt } from "../../api/bindings/Doubt";
import type { DoubtAction } from "../../api/bindings/DoubtAction";
import type { Rescored } from "../../api/bindings/Rescored";
import { edits as changes, type Edit } from "../../app/edits.svelte";
import { app } from "../../app/state.svelte";
import type { Edits } from "./edits.svelte";

/** The doubt queue of one run, and the run's figures under the ground truths as they are now. */
export class Doubts {
  list = $state.raw<Doubt[] | null>(null);
  problem = $state<string | null>(null);
  rescored = $state.raw<Rescored | null>(null);
  #made = $state.raw<readonly Edit[]>([]);
  /** Decided since the queue was opened, and not taken back. */
  readonly decided = $derived(this.#made.filter((edit) => changes.has(edit)).length);
  readonly #question = new LastQuestion();
  #run: number | null = null;

  async load(project: number, run: number): Promise<void> {
    this.#run = run;
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
    if (!done) return false;
    // The list that follows from the new dataset is on its way; this one must not be offered meanwhile.
    this.list = (this.list ?? []).filter((other) => other.example.id !== example);
    const kept = action.kind === "keep" ? this.#keeping(project, doubt) : undefined;
    if (kept) changes.record(kept);
    const made = kept ?? changes.making(app.project?.dataset?.id);
    if (made) this.#made = [...this.#made, made];
    return true;
  }

  /** That a ground truth was found right, as a change: the data stays as it is, the doubt goes. */
  #keeping(project: number, { example: { id: example, number } }: Doubt): Edit {
    const to = async (kind: "keep" | "reopen") => {
      await call("resolve_doubt", { project, example, action: { kind } });
      if (this.#run !== null && app.projectId === project) await this.load(project, this.#run);
    };
    return {
      name: `Keep the ground truth of example ${number}`,
      project,
      undo: () => to("reopen"),
      redo: () => to("keep"),
    };
  }
}
