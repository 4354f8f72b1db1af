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

class MapSplit {
  /** The split that the learning map shows. */
  value = $state<"validation" | "train">("validation");
}

/** Shared, so that a figure of a split leads to its examples. */
export const mapSplit = new MapSplit();

/**
 * Opens a tab behind the epochs of the run that is shown: a figure leads to its rows. The learning map has those of training and
 * validation, `missing` those without an answer, and the lists of an epoch go with the epoch that is selected.
 */
export function openTab(tab: EpochTab, split: "validation" | "train" = mapSplit.value): void {
  mapSplit.value = split;
  openedTab.value = tab;
  // Above the tabs are figures, chart and timeline: what was asked for comes into view.
  requestAnimationFrame(() => document.querySelector("[data-epoch-panel]")?.scrollIntoView({ block: "nearest" }));
}
