import { tick } from "svelte";
import { app, type SheetPlace } from "./state.svelte";

/** Does something once a command has led to this place. To be called as the part that has it is made. */
export function whenWanted(place: SheetPlace, ready: () => boolean, show: () => void): void {
  $effect(() => {
    if (app.wantedPlace !== place || !ready()) return;
    app.wantedPlace = null;
    show();
  });
}

/** Where a command led comes into view, with the focus on the first thing that can be done there. */
export function wantedAs(place: SheetPlace) {
  return (node: HTMLElement) => {
    whenWanted(
      place,
      () => true,
      // A sheet puts the focus on its first part as it opens.
      () =>
        void tick().then(() => {
          node.scrollIntoView({ block: "nearest" });
          node.querySelector<HTMLElement>("button:not(:disabled), input:not(:disabled)")?.focus();
        }),
    );
  };
}
