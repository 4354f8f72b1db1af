import type { SplitPlan } from "../../api/bindings/SplitPlan";

export type RatioPlan = Extract<SplitPlan, { kind: "ratio" }>;

/** The two borders of a split bar: the end of train, and the end of validation. */
export type Handle = "train" | "validation";

const SMALLEST = 5;

/** Where a handle stands, in percent from the left. */
export function positionOf(plan: RatioPlan, handle: Handle): number {
  return handle === "train" ? plan.train : plan.train + plan.validation;
}

/**
 * Moves a handle. Train and validation keep at least 5 percent each; the test split may go away, since without one
 * every test figure is simply not measured.
 */
export function moveHandle(plan: RatioPlan, handle: Handle, position: number): RatioPlan {
  const end = plan.train + plan.validation;
  if (handle === "train") {
    const train = clamp(Math.round(position), SMALLEST, end - SMALLEST);
    return { ...plan, train, validation: end - train };
  }
  const border = clamp(Math.round(position), plan.train + SMALLEST, 100);
  // Less than 5 percent of test is no test: the handle snaps to the end.
  const snapped = border > 100 - SMALLEST ? 100 : border;
  return { ...plan, validation: snapped - plan.train, test: 100 - snapped };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
