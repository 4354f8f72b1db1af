import { recalled } from "../../../app/recalled.svelte";
import { app } from "../../../app/state.svelte";

/** Of how many runs it is known; those of which it was said longest ago are open again. */
const MOST = 200;

const kept = recalled<string[]>("train.folded", []);

/** Another database has other runs under the same numbers. */
function key(run: number): string {
  return `${run}@${app.info?.database ?? ""}`;
}

/** Runs of whose verdict only the headline is shown, for the next start of the window too. A verdict nobody has folded is open. */
export const foldings = {
  has: (run: number): boolean => kept.value.includes(key(run)),
  set(run: number, folded: boolean): void {
    const others = kept.value.filter((known) => known !== key(run));
    kept.value = folded ? [...others, key(run)].slice(-MOST) : others;
  },
  /** Opens all; for tests, which share this module. */
  reset: (): void => {
    kept.value = [];
  },
};
