import type { RunSummary } from "../../api/bindings/RunSummary";
import { recalled } from "../../app/recalled.svelte";
import { RUN_LOOKS, type RunLook } from "../../components/charts/runColours";

const FIRST_SHOWN = 4;

type Kept = { ids: number[]; flagged: number | null };

function keptOf(project: number): { value: Kept } {
  return recalled<Kept>(
    `compare.set.${project}`,
    { ids: [], flagged: null },
    (value) => typeof value === "object" && value !== null && Array.isArray((value as Kept).ids),
  );
}

/** The runs that are compared: which, how each looks, and which of them is the baseline. */
export class RunSet {
  readonly project: number;
  /** Run ids by the place of their look. */
  #places = $state.raw<(number | null)[]>([]);
  #flagged = $state<number | null>(null);
  /** The user has had a say in it. */
  chosen = false;
  hovered = $state<number | null>(null);
  pinned = $state<number | null>(null);

  /** Begins with the newest runs that have a score. */
  constructor(project: number, runs: readonly RunSummary[]) {
    this.project = project;
    const kept = keptOf(project).value;
    const known = kept.ids.filter((id) => runs.some((run) => run.id === id));
    if (known.length > 0) {
      this.#places = RUN_LOOKS.map((_, place) => known[place] ?? null);
      this.#flagged = kept.flagged;
      this.chosen = true;
      return;
    }
    const scored = runs.filter((run) => run.baseline.validation !== null && !run.archived).slice(0, FIRST_SHOWN);
    this.#places = RUN_LOOKS.map((_, place) => scored[place]?.id ?? null);
  }

  /** The run that stands out; what the pointer is on comes before what was pinned. */
  get strong(): number | null {
    return this.hovered ?? this.pinned;
  }

  get ids(): number[] {
    return this.#places.filter((id) => id !== null);
  }

  get full(): boolean {
    return !this.#places.includes(null);
  }

  has(run: number): boolean {
    return this.#places.includes(run);
  }

  look(run: number): RunLook | null {
    return RUN_LOOKS[this.#places.indexOf(run)] ?? null;
  }

  /** The run others are held against: the flagged one, else the oldest of the set. */
  get baseline(): number | null {
    if (this.#flagged !== null && this.has(this.#flagged)) return this.#flagged;
    return this.ids.length > 0 ? Math.min(...this.ids) : null;
  }

  flag(run: number): void {
    if (!this.has(run)) this.toggle(run);
    if (this.has(run)) this.#flagged = run;
    this.#keep();
  }

  /** Takes a run in or out. A run keeps its look for as long as it is in. */
  toggle(run: number): void {
    this.chosen = true;
    this.#turn(run);
    this.#keep();
  }

  /** The set survives a restart of the window. */
  #keep(): void {
    keptOf(this.project).value = { ids: this.ids, flagged: this.#flagged };
  }

  #turn(run: number): void {
    const at = this.#places.indexOf(this.has(run) ? run : null);
    if (at < 0) return;
    const places = [...this.#places];
    places[at] = this.has(run) ? null : run;
    this.#places = places;
    if (!this.has(run)) {
      if (this.pinned === run) this.pinned = null;
      if (this.hovered === run) this.hovered = null;
    }
  }

  /** Lets go of runs that are gone. */
  keepOnly(known: ReadonlySet<number>): void {
    for (const id of this.ids) if (!known.has(id)) this.#turn(id);
  }

  pin(run: number | null): void {
    this.pinned = this.pinned === run ? null : run;
  }
}

let kept: RunSet | null = null;

/** The run set of a project, the same while the window shows this project. */
export function runSetOf(project: number, runs: readonly RunSummary[]): RunSet {
  if (kept?.project !== project || (kept.ids.length === 0 && !kept.chosen)) kept = new RunSet(project, runs);
  return kept;
}

/** Forgets the run set; for tests, which share one module. */
export function forgetRunSet(): void {
  kept = null;
}
