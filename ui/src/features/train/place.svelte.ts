import type { RunConfig } from "../../api/bindings/RunConfig";
import { recalled } from "../../app/recalled.svelte";

type Kept = { project: number; run: number; epoch: number | null };

/** The run that was looked at last, for the next start of the window. */
const kept = recalled<Kept | null>(
  "train.place",
  null,
  (value) => typeof value === "object" && value !== null && typeof (value as Kept).run === "number",
);

/** What the Train screen shows: a run, or the form of a new one. Other screens choose it before they navigate here. */
class Place {
  #project = $state<number | null>(kept.value?.project ?? null);
  #run = $state<number | "new" | null>(kept.value?.run ?? null);
  #epoch = $state<number | null>(kept.value?.epoch ?? null);
  #again = $state.raw<RunConfig | null>(null);

  /** The chosen run of a project; null when nothing was chosen there yet. */
  run(project: number): number | "new" | null {
    return this.#project === project ? this.#run : null;
  }

  /** The chosen epoch of a run; null follows the run. */
  epoch(run: number): number | null {
    return this.#run === run ? this.#epoch : null;
  }

  /** Settings a new run begins with instead of the defaults. */
  get again(): RunConfig | null {
    return this.#again;
  }

  show(project: number, run: number, epoch: number | null = null): void {
    this.#project = project;
    this.#run = run;
    this.#epoch = epoch;
    kept.value = { project, run, epoch };
  }

  startNew(project: number, again: RunConfig | null = null): void {
    this.#project = project;
    this.#run = "new";
    this.#epoch = null;
    this.#again = again;
  }

  /** Forgets the choice, for instance because the run is gone. */
  clear(): void {
    this.#project = null;
    this.#run = null;
    this.#epoch = null;
    kept.value = null;
  }
}

export const place = new Place();
