import type { RunForm } from "./start/runForm.svelte";
import type { Wish } from "./start/wish";
import { recalled } from "../../app/recalled.svelte";
import { app } from "../../app/state.svelte";

type Kept = { database: string; project: number; run: number | "new"; epoch: number | null };

/** The run that was looked at last, or the form of a new one, for the next start of the window. */
const kept = recalled<Kept | null>(
  "train.place",
  null,
  (value) => typeof value === "object" && value !== null && ["number", "string"].includes(typeof (value as Kept).run),
);

function named(number: number, database = ""): string {
  return `${number} of ${database}`;
}

/** What the Train screen shows: a run, or the form of a new one. Other screens choose it before they navigate here. */
class Place {
  /** Another database has other projects and runs under the same numbers. */
  #database = $state(kept.value?.database ?? "");
  #project = $state<number | null>(kept.value?.project ?? null);
  #run = $state<number | "new" | null>(kept.value?.run ?? null);
  #epoch = $state<number | null>(kept.value?.epoch ?? null);
  #wish = $state.raw<Wish | null>(null);
  /** The run that was shown when the form of a new one was opened. */
  #left = $state<number | null>(null);
  /** The epoch that was looked at last, of each run that one was chosen of since the window opened. */
  readonly #chosen = new Map<string, number | null>();
  /** By project the run that was looked at last since the window opened. */
  readonly #last = new Map<string, number>();
  /** By project the form of a new run as it was left. */
  readonly #forms = new Map<number, RunForm>();
  /** Projects that had a form since the window opened: what was left in one before has been taken up. */
  readonly #begun = new Set<number>();

  constructor() {
    const { database, run, epoch } = kept.value ?? { run: "new" };
    if (typeof run === "number") this.#chosen.set(named(run, database), epoch ?? null);
  }

  get #here(): boolean {
    return this.#database === (app.info?.database ?? "");
  }

  #keep(project: number, run: number | "new", epoch: number | null): void {
    this.#database = app.info?.database ?? "";
    this.#project = project;
    this.#run = run;
    this.#epoch = epoch;
    kept.value = { database: this.#database, project, run, epoch };
    if (run === "new") return;
    this.#chosen.set(named(run, this.#database), epoch);
    this.#last.set(named(project, this.#database), run);
  }

  /** The chosen run of a project; null when nothing was chosen there yet. */
  run(project: number): number | "new" | null {
    if (this.#here && this.#project === project) return this.#run;
    return this.#last.get(named(project, app.info?.database)) ?? null;
  }

  /** The chosen epoch of a run; null follows the run. */
  epoch(run: number): number | null {
    if (this.#here && this.#run === run) return this.#epoch;
    return this.#chosen.get(named(run, app.info?.database)) ?? null;
  }

  /** What the form of a new run is asked to begin with; null leaves it as it is. */
  wish(project: number): Wish | null {
    return this.run(project) === "new" ? this.#wish : null;
  }

  /** The run that the form of a new one was opened from. */
  left(project: number): number | null {
    return this.run(project) === "new" ? this.#left : null;
  }

  /** The form of a new run: the one that was left, so nothing filled in is lost by a look elsewhere. */
  form(project: number, make: (first: boolean) => RunForm): RunForm {
    const left = this.#forms.get(project);
    if (left) return left;
    const form = make(!this.#begun.has(project));
    this.#begun.add(project);
    this.#forms.set(project, form);
    return form;
  }

  /** The run has started: the next form begins with what is usual then. */
  forgetForm(project: number): void {
    this.#forms.delete(project);
  }

  /** Shows a run: at an epoch, at the newest where that is null, and as it was left where none is given. */
  show(project: number, run: number, epoch = this.#chosen.get(named(run, app.info?.database)) ?? null): void {
    this.#keep(project, run, epoch);
  }

  startNew(project: number, wish: Wish | null = null, from: number | null = null): void {
    const shown = this.run(project);
    this.#left = from ?? (shown === "new" ? this.#left : shown);
    this.#wish = wish;
    this.#keep(project, "new", null);
  }

  /** Forgets the choice, for instance because the run is gone. */
  clear(): void {
    if (this.#project !== null) this.#last.delete(named(this.#project, this.#database));
    this.#project = null;
    this.#run = null;
    this.#epoch = null;
    kept.value = null;
  }

  /** As right after the start of the window. */
  reset(): void {
    this.clear();
    this.#wish = null;
    this.#left = null;
    this.#chosen.clear();
    this.#last.clear();
    this.#forms.clear();
    this.#begun.clear();
  }
}

export const place = new Place();
