import { edits } from "../../app/edits.svelte";
import { recalled } from "../../app/recalled.svelte";
import { USUALLY_SHOWN } from "./runColumns";

/** Names of the columns that the user wants to see of the runs, in every project. */
export const wantedColumns = recalled<readonly string[]>("compare.columns", USUALLY_SHOWN);

/** Shows a column that is hidden, or hides it, which can be taken back: the others stay as they are by then. */
export function turnColumn(name: string): void {
  const shown = !wantedColumns.value.includes(name);
  const turn = (on: boolean) => {
    const others = wantedColumns.value.filter((known) => known !== name);
    wantedColumns.value = on ? [...others, name] : others;
  };
  turn(shown);
  edits.record({
    name: `${shown ? "Show" : "Hide"} the column “${name}” of the runs`,
    undo: () => turn(!shown),
    redo: () => turn(shown),
  });
}
