import type { RunSummary } from "../../api/bindings/RunSummary";
import { edits } from "../../app/edits.svelte";
import { ofProject, recalled } from "../../app/recalled.svelte";
import { app } from "../../app/state.svelte";
import { SvelteMap } from "svelte/reactivity";
import { RUN_LOOKS, type RunLook } from "../../components/charts/runColours";
import type { XBy } from "../../components/charts/runLines";
import type { Brush } from "./parallel";

const FIRST_SHOWN = 4;

/** Run ids by the place of their look; what an earlier version kept without gaps reads the same. */
type Kept = { ids: (number | null)[]; flagged: number | null; usual?: number | null; chosen?: boolean };

/** What of a set can be taken back. */
interface State {
  places: readonly (number | null)[];
  flagged: number | null;
  usual: number | null;
  chosen: boolean;
  baseline: number | null;
}

/** A place on an x axis of the curves. */
export type PinnedAt = { by: XBy; x: number };

/** Where a run sat in the set, so that it can come back as it was. Whether it is flagged the set remembers itself. */
export interface Seat {
  run: number;
  place: number;
  /** The others were held against it though nobody flagged it. */
  usual: boolean;
}

function keptOf(project: number): { value: Kept } {
  return recalled<Kept>(
    ofProject("compare.set", project),
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
  /** The baseline while none is flagged. It stays, whichever run comes in. */
  #usual = $state<number | null>(null);
  /** The user has had a say in it. */
  chosen = false;
  hovered = $state<number | null>(null);
  pinned = $state<number | null>(null);
  /** Where the curves are read while no pointer is on them. */
  pinnedAt = $state.raw<PinnedAt | null>(null);
  /** What is let through by axis of the parallel coordinates. */
  readonly brushes = new SvelteMap<string, Brush>();
  /** One of them is being drawn. */
  brushing = $state(false);

  /** Of runs that are gone, since they can come back. */
  #left: Seat[] = [];

  /** As it was kept; else, and where nobody chose, the newest runs that have a score. */
  constructor(project: number, runs: readonly RunSummary[]) {
    this.project = project;
    const kept = keptOf(project).value;
    const known = new Set(runs.map((run) => run.id));
    const places = RUN_LOOKS.map((_, place) => {
      const id = kept.ids[place] ?? null;
      return id !== null && known.has(id) ? id : null;
    });
    this.#flagged = kept.flagged;
    this.#usual = kept.usual ?? null;
    this.chosen = kept.chosen !== false && places.some((id) => id !== null);
    if (this.chosen) {
      this.#places = places;
      this.#settle();
      return;
    }
    const scored = runs.filter((run) => run.baseline.validation !== null && !run.archived).slice(0, FIRST_SHOWN);
    const first = scored.map((run) => run.id);
    // One that was shown before keeps its look, whichever came after it.
    const stay = places.map((id) => (id !== null && first.includes(id) ? id : null));
    const come = first.filter((id) => !stay.includes(id));
    this.#places = stay.map((id) => id ?? come.shift() ?? null);
    if (this.ids.length > 0) this.#keep();
  }

  /** The run that stands out; what the pointer is on comes before what was pinned. */
  get strong(): number | null {
    return this.hovered ?? this.pinned;
  }

  get ids(): number[] {
    return this.#places.filter((id) => id !== null);
  }

  /** As many runs as there are looks. */
  get most(): number {
    return this.#places.length;
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

  /** The run others are held against: the flagged one, else the one that was the oldest when the set began. */
  get baseline(): number | null {
    return this.#flagged !== null && this.has(this.#flagged) ? this.#flagged : this.#usual;
  }

  /** Once the usual baseline is gone, the oldest run is. */
  #settle(): void {
    if (this.#usual !== null && this.has(this.#usual)) return;
    this.#usual = this.ids.length > 0 ? Math.min(...this.ids) : null;
  }

  /** The run the others would be held against without one that is it now; null where that changes nothing, or none is left. */
  baselineWithout(run: number): number | null {
    const others = this.ids.filter((id) => id !== run);
    return this.baseline === run && others.length > 0 ? Math.min(...others) : null;
  }

  flag(run: number): void {
    this.#edit(`Hold the others against ${named(run)}`, () => {
      if (!this.has(run)) this.#turn(run);
      if (this.has(run)) this.#flagged = run;
    });
  }

  /** Takes a run out and says where it sat; null when it was not in. It is part of a change that comes back as a whole. */
  leave(run: number): Seat | null {
    const seat = this.#seatOf(run);
    if (seat) {
      this.chosen = true;
      this.#turn(run);
      this.#keep();
    }
    return seat;
  }

  /** Brings a run back to where it sat, or to another place where that one is taken. */
  seat(seat: Seat): void {
    this.#sitAsBefore(seat);
    this.#keep();
  }

  #seatOf(run: number): Seat | null {
    const place = this.#places.indexOf(run);
    return place < 0 ? null : { run, place, usual: this.#usual === run };
  }

  #sitAsBefore(seat: Seat): void {
    this.#sit(seat);
    if (seat.usual && this.has(seat.run)) this.#usual = seat.run;
  }

  #sit({ run, place }: Pick<Seat, "run" | "place">): void {
    const free = this.#places[place] === null ? place : this.#places.indexOf(null);
    if (this.has(run) || free < 0) return;
    this.#places = this.#places.map((id, at) => (at === free ? run : id));
  }

  /** Takes a run in or out. A run keeps its look for as long as it is in. */
  toggle(run: number): void {
    this.#edit(this.has(run) ? `Take ${named(run)} out of the comparison` : `Compare ${named(run)}`, () =>
      this.#turn(run),
    );
  }

  /** The user changes who is compared with whom, which can be taken back; what is hovered, pinned or brushed is not part of it. */
  #edit(name: string, change: () => void): void {
    const before = this.#state();
    this.chosen = true;
    change();
    this.#keep();
    const after = this.#state();
    const same = before.baseline === after.baseline && before.places.every((run, at) => run === after.places[at]);
    if (same) return;
    const project = this.project;
    edits.record({ name, project, undo: () => this.#go(after, before), redo: () => this.#go(before, after) });
  }

  #state(): State {
    const [places, flagged, usual] = [this.#places, this.#flagged, this.#usual];
    return { places, flagged, usual, chosen: this.chosen, baseline: this.baseline };
  }

  /** Only what the change was about moves: other runs may have been deleted or brought back since. */
  #go(from: State, to: State): void {
    for (const run of from.places) if (run !== null && !to.places.includes(run) && this.has(run)) this.#turn(run);
    for (const [place, run] of to.places.entries())
      if (run !== null && !from.places.includes(run)) this.#sit({ run, place });
    this.#flagged = to.flagged;
    this.#usual = to.usual;
    // An empty set that nobody chose would be made anew, and what comes after would change the old one.
    this.chosen = to.chosen || this.ids.length === 0;
    this.#keep();
  }

  /** The set survives a restart of the window. */
  #keep(): void {
    this.#settle();
    const [ids, flagged, usual] = [[...this.#places], this.#flagged, this.#usual];
    keptOf(this.project).value = { ids, flagged, usual, chosen: this.chosen };
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

  /** Lets go of runs that are gone, and takes those back that have come back. */
  keepOnly(known: ReadonlySet<number>): void {
    const back = this.#left.filter((seat) => known.has(seat.run));
    const gone = this.ids.filter((id) => !known.has(id));
    if (back.length === 0 && gone.length === 0) return;
    this.#left = [
      ...this.#left.filter((seat) => !back.includes(seat)),
      ...gone.flatMap((id) => this.#seatOf(id) ?? []),
    ];
    for (const id of gone) this.#turn(id);
    for (const seat of back) this.#sitAsBefore(seat);
    this.#settle();
  }

  pin(run: number | null): void {
    this.pinned = this.pinned === run ? null : run;
    if (this.pinned === null) this.pinnedAt = null;
  }

  /** Pins a run and where its curve is read; both at once let go by the same once more. */
  pinAt(run: number | null, at: PinnedAt | null): void {
    const again = this.pinned === run && this.pinnedAt?.by === at?.by && this.pinnedAt?.x === at?.x;
    this.pinned = again ? null : run;
    this.pinnedAt = again ? null : at;
  }

  /** Takes out what the brushes leave out, takes in of those inside as many as there is room for, the first first, and lets go of them. */
  goOnWith(inside: readonly number[]): void {
    this.#edit("Compare only what the filters let through", () => {
      for (const run of this.ids) if (!inside.includes(run)) this.#turn(run);
      for (const run of inside) if (!this.has(run) && !this.full) this.#turn(run);
    });
    this.brushes.clear();
  }

  /** Lets go of one thing at a time: of what is pinned, then of what the brushes leave out. */
  letGo(): void {
    this.hovered = null;
    if (this.pinned === null && this.pinnedAt === null) this.brushes.clear();
    this.pinned = null;
    this.pinnedAt = null;
  }
}

function named(run: number): string {
  const name = app.project?.runs.find(({ id }) => id === run)?.name;
  return name === undefined ? "a run" : `“${name}”`;
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
