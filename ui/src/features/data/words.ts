import type { ExampleFilter } from "../../api/bindings/ExampleFilter";

/** What a filter on found trouble shows, in words. */
export const ONLY_WORDS: Record<NonNullable<ExampleFilter["only"]>, string> = {
  duplicates: "duplicates",
  contradictions: "same input, different ground truth",
  doubts: "in the doubt queue",
};
