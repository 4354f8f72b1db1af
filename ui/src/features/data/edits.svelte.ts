import { call } from "../../api/client";
import type { DatasetInfo } from "../../api/bindings/DatasetInfo";
import type { ExampleEdit } from "../../api/bindings/ExampleEdit";
import { edits, tellMoved, type Edit } from "../../app/edits.svelte";
import { app } from "../../app/state.svelte";
import { realMinus } from "../../format/sentence";

type Way = "undo" | "redo";

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

function datasetOf(project: number): DatasetInfo | null {
  return app.project?.project.id === project ? app.project.dataset : null;
}

/**
 * Leads the data of a project from one version to the one beside it in its history, and shows it. Where it is another version by now, the
 * wanted one is brought back as a further version.
 */
async function step(way: Way, project: number, from: number, to: number): Promise<number> {
  const beside = datasetOf(project)?.id === from;
  let dataset = beside ? await call(`${way}_edit`, { project }) : null;
  if (dataset?.id !== to) dataset = await call("restore_dataset_version", { project, version: to });
  showDataset(project, dataset);
  return dataset.id;
}

/** A change that made version `made` of a project's data out of version `from`. */
export function versionEdit(name: string, project: number, from: number, made: number): Edit {
  let [before, after] = [from, made];
  return {
    name,
    project,
    undo: async () => (before = await step("undo", project, after, before)),
    redo: async () => (after = await step("redo", project, before, after)),
    get dataset() {
      return after;
    },
    get from() {
      return before;
    },
  };
}

/** What a change of the data is called among the others: in the engine's words, which begin with a verb in the past. */
function named(change: string | null): string {
  const words = realMinus(change ?? "changed the data");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** Takes back or makes again the change of the data that stands next in its own history, where it was made before the window opened. */
export async function walk(way: Way, project: number): Promise<void> {
  const dataset = datasetOf(project);
  const change = way === "undo" ? dataset?.can_undo : dataset?.can_redo;
  showDataset(project, await call(`${way}_edit`, { project }));
  tellMoved(way, named(change ?? null));
}

/** Changes of one project's examples, one at a time. They stand among all other changes, so that what was done last is taken back first. */
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

  /** Takes back the change that made what is shown, with all that belongs to it. */
  undo(): Promise<boolean> {
    return this.#move("undo", edits.making(this.#shown()));
  }

  redo(): Promise<boolean> {
    return this.#move("redo", edits.remaking(this.#shown()));
  }

  /** Anything that answers with the dataset as it is then. */
  run(change: () => Promise<DatasetInfo>): Promise<boolean> {
    return this.#alone(async () => {
      const before = this.#shown();
      const now = await change();
      showDataset(this.#project, now);
      if (before !== undefined && now.id !== before)
        edits.record(versionEdit(named(now.can_undo), this.#project, before, now.id));
    });
  }

  #shown(): number | undefined {
    return datasetOf(this.#project)?.id;
  }

  #move(way: Way, edit: Edit | undefined): Promise<boolean> {
    return this.#alone(async () => {
      if (!edit) return walk(way, this.#project);
      const done = await (way === "undo" ? edits.take(edit) : edits.makeAgain(edit));
      if (done) tellMoved(way, edit.name);
      return done;
    });
  }

  async #alone(work: () => Promise<boolean | void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    try {
      return (await work()) ?? true;
    } catch (error) {
      app.fail(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
