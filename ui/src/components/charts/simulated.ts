/** So many runs are named; beyond, their number is enough. */
const NAMED = 6;

/** What a picture of these runs must not lose: that figures of the demo model say nothing about a real one. Empty where none is simulated. */
export function simulatedNotes(runs: readonly { name: string; simulated: boolean }[]): string[] {
  const simulated = runs.filter((run) => run.simulated);
  if (simulated.length === 0) return [];
  if (simulated.length === runs.length) {
    return ["Simulated: the demo model took part. These figures say nothing about a real model."];
  }
  const names = simulated.slice(0, NAMED).map(({ name }) => name);
  const more = simulated.length > NAMED ? ` and ${simulated.length - NAMED} more` : "";
  return [`Simulated, so that figures say nothing about a real model: ${names.join(", ")}${more}.`];
}
