import { ofProject, recalled } from "../../app/recalled.svelte";

const known = new Map<string, { value: number | null }>();

/**
 * The number of the version that the prompts being edited began as: the one that last had exactly their text, or that single changes were
 * taken onto. It is kept with the window, so that versions which a run makes meanwhile are never taken for it.
 */
export function draftBegan(project: number): { value: number | null } {
  const name = ofProject("prompts.began", project);
  const isNumber = (value: unknown) => value === null || typeof value === "number";
  // One for all screens: what one of them learns the others know.
  const began = known.get(name) ?? recalled<number | null>(name, null, isNumber);
  known.set(name, began);
  return began;
}

/** Forgets what is not kept; for tests, which share one module. */
export function forgetBegan(): void {
  known.clear();
}
