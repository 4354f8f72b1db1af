import { recalled } from "../../../app/recalled.svelte";

export type EpochTab =
  | "changes"
  | "fixed"
  | "broken"
  | "still_wrong"
  | "still_right"
  | "map"
  | "failures"
  | "missing"
  | "candidates"
  | "shown"
  | "metrics"
  | "confusion"
  | "calls"
  | "cost";

/** The tab behind the selected epoch, for the next start of the window too. */
export const openedTab = recalled<EpochTab>("train.tab", "changes");

/** Opens a tab behind the epochs of the run that is shown: a figure leads to its rows. */
export function openTab(tab: EpochTab): void {
  openedTab.value = tab;
  // Above the tabs are figures, chart and timeline: what was asked for comes into view.
  requestAnimationFrame(() => document.querySelector("[data-epoch-panel]")?.scrollIntoView({ block: "nearest" }));
}
