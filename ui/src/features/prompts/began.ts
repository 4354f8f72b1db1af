import { ofProject, recalled } from "../../app/recalled.svelte";

const known = new Map<string, DraftBegan>();

/**
 * The number of the version that the prompts being edited began as: the one that last had exactly their text, or that single changes were
 * taken onto. It is kept with the window, so that versions which a run makes meanwhile are never taken for it.
 */
class DraftBegan {
  readonly #kept: { value: number | null };
  /** What it was before it was each of these. */
  readonly #earlier = new Map<number, number | null>();

  constructor(name: string) {
    this.#kept = recalled<number | null>(name, null, (value) => value === null || typeof value === "number");
  }

  get value(): number | null {
    return this.#kept.value;
  }

  set value(version: number | null) {
    if (version === this.value) return;
    if (version !== null) this.#earlier.set(version, this.value);
    this.#kept.value = version;
  }

  /** The last one of those that are there: one that was taken back with a change leaves the one before it. */
  among(isThere: (version: number) => boolean): number | null {
    const gone = new Set<number>();
    let version = this.value;
    while (version !== null && !isThere(version) && !gone.has(version)) {
      gone.add(version);
      version = this.#earlier.get(version) ?? null;
    }
    return version !== null && isThere(version) ? version : null;
  }
}

/** What the prompts being edited in a project began as. */
export function draftBegan(project: number): DraftBegan {
  const name = ofProject("prompts.began", project);
  // One for all screens: what one of them learns the others know.
  const began = known.get(name) ?? new DraftBegan(name);
  known.set(name, began);
  return began;
}

/** Forgets what is not kept; for tests, which share one module. */
export function forgetBegan(): void {
  known.clear();
}
