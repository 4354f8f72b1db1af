import type { ContextLimit } from "../../api/bindings/ContextLimit";
import type { ExampleFilter } from "../../api/bindings/ExampleFilter";
import { count } from "../../format/count";

/** What a filter on found trouble shows, in words. */
export const ONLY_WORDS: Record<NonNullable<ExampleFilter["only"]>, string> = {
  duplicates: "duplicates",
  contradictions: "same input, different ground truth",
  leaks: "input in more than one split",
  doubts: "in the doubt queue",
};

/** What a model takes, as in “longer than gpt-4o takes (128,000 tokens)”; a limit that is not known is said to be assumed. */
export function limitWords({ model, tokens }: ContextLimit): string {
  return model === null
    ? `${count(tokens)} tokens, as much as most models take`
    : `${model} takes (${count(tokens)} tokens)`;
}
