import { call } from "../../api/client";
import type { DatasetInfo } from "../../api/bindings/DatasetInfo";
import type { ExampleEdit } from "../../api/bindings/ExampleEdit";
import { edits } from "../../app/edits.svelte";
import { app } from "../../app/state.svelte";

/** Shows a new state of the open project's dataset. */
export function showDataset(project: number, dataset: DatasetInfo): void {
  const view = app.project;
  if (view?.project.id !== project) return;
  app.project = { ...view, dataset, project: { ...view.project, rows: dataset.rows, dataset: dataset.name } };
}

/** Says what was changed; only the last change is spoken of, since that is what Ctrl Z takes back. */
export function tellEdit(what: string): void {
  app.notify({
    kind: "info",
    message: `${what}. Ctrl Z takes it back; runs keep the examples they used.`,
    topic: "edit",
  });
}

/** Changes of one project's examples, one at a time. */
export class Edits {
  /** Something is being written. */
  busy = $state(false);
  readonly #project: number;

  constructor(project: number) {
    this.#project = project;
  }

  /** True when it was done; a failure has been said. */
  apply(edit: ExampleEdit): Promise<boolean> {
    return this.run(() => call("edit_examples", { project: this.#project, edit }));
  }

  async undo(): Promise<boolean> {
    const shown = app.project?.project.id === this.#project ? app.project.dataset?.id : undefined;
    const whole = shown === undefined ? undefined : edits.making(shown);
    if (!whole) return this.run(() => call("undo_edit", { project: this.#project }));
    if (this.busy) return false;
    this.busy = true;
    const done = await edits.take(whole);
    this.busy = false;
    if (done) app.notify({ kind: "info", message: `Undone: ${whole.name}.` });
    return done;
  }

  redo(): Promise<boolean> {
    return this.run(() => call("redo_edit", { project: this.#project }));
  }

  /** Anything that answers with the dataset as it is then. */
  async run(change: () => Promise<DatasetInfo>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    try {
      showDataset(this.#project, await change());
      return true;
    } catch (error) {
      app.fail(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
