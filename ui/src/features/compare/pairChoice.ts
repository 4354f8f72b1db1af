import { ofProject, recalled } from "../../app/recalled.svelte";
import type { Bucket } from "../../api/bindings/Bucket";
import type { Split } from "../../api/bindings/Split";

export type PairTab = "examples" | "classes" | "prompts";

/** What is set side by side, and how it is looked at. Of runs and epochs null follows the run set and the best. */
export interface PairChoice {
  first: number | null;
  second: number | null;
  firstEpoch: number | null;
  secondEpoch: number | null;
  split: Split;
  tab: PairTab;
  /** Null: all examples. */
  bucket: Bucket | null;
}

const USUAL: PairChoice = {
  first: null,
  second: null,
  firstEpoch: null,
  secondEpoch: null,
  split: "validation",
  tab: "examples",
  bucket: "broken",
};

/** The choice of a project; it survives leaving the screen and a restart. */
export function pairChoiceOf(project: number): { value: PairChoice } {
  return recalled<PairChoice>(
    ofProject("compare.pair", project),
    USUAL,
    (value) => typeof value === "object" && value !== null && Object.keys(USUAL).every((key) => key in value),
  );
}
