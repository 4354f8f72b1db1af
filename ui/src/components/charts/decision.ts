import type { Decision } from "../../api/bindings/Decision";

/** The class of a decision's tag. */
export const DECISION_TAG: Record<Decision, string> = { baseline: "", accepted: "g", rejected: "", invalid: "b" };
