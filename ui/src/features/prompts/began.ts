import { ofProject, recalled } from "../../app/recalled.svelte";

/**
 * The number of the version that the prompts being edited began as: the one that last had exactly their text. It is kept with the window,
 * so that versions which a run makes meanwhile are never taken for it.
 */
export function draftBegan(project: number): { value: number | null } {
  const isNumber = (value: unknown) => value === null || typeof value === "number";
  return recalled<number | null>(ofProject("prompts.began", project), null, isNumber);
}
