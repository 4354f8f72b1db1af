import type { RunSummary } from "../../api/bindings/RunSummary";

/** So many runs are named; beyond, their number is enough. */
const NAMED = 6;

type Run = Pick<RunSummary, "name" | "simulated_roles">;

function names(runs: readonly Run[]): string {
  const more = runs.length > NAMED ? ` and ${runs.length - NAMED} more` : "";
  return `${runs
    .slice(0, NAMED)
    .map(({ name }) => name)
    .join(", ")}${more}`;
}

/** What a picture of these runs must not lose: that figures of the demo model say nothing about a real one. Empty where none is simulated. */
export function simulatedNotes(runs: readonly Run[]): string[] {
  const simulated = runs.filter(({ simulated_roles }) => simulated_roles.some((role) => role !== "optimizer"));
  const optimized = runs.filter((run) => run.simulated_roles.length > 0 && !simulated.includes(run));
  const notes: string[] = [];
  if (simulated.length > 0) {
    notes.push(
      simulated.length === runs.length
        ? "Simulated: the demo model took part. These figures say nothing about a real model."
        : `Simulated, so that figures say nothing about a real model: ${names(simulated)}.`,
    );
  }
  // The answers and the scores are real beside a simulated optimizer.
  if (optimized.length > 0) {
    notes.push(
      optimized.length === runs.length
        ? "The optimizer is simulated; the scores are real."
        : `Simulated optimizer, real scores: ${names(optimized)}.`,
    );
  }
  return notes;
}
