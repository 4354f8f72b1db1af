import type { RunConfig } from "../../../api/bindings/RunConfig";

const ROLES = [
  { role: "primary", name: "primary model" },
  { role: "optimizer", name: "optimizer" },
  { role: "judge", name: "judge" },
] as const;

/** Which models of a run are the demo model: as a tag, and what it means for the result. Null where none is. */
export function simulatedParts(
  config: RunConfig,
  isSimulated: (connection: number) => boolean,
): { tag: string; about: string } | null {
  const models = ROLES.flatMap(({ role, name }) => {
    const model = config[role];
    return model ? [{ role, name, simulated: isSimulated(model.connection) }] : [];
  });
  const simulated = models.filter((model) => model.simulated);
  if (simulated.length === 0) return null;
  if (simulated.length === models.length) {
    return {
      tag: "simulated",
      about: "The demo model is simulated. It shows how training works and says nothing about a real model.",
    };
  }
  const names = simulated.map(({ name }) => name).join(" and ");
  const meaning = simulated.some(({ role }) => role === "primary")
    ? "Its answers and scores say nothing about a real model."
    : simulated.some(({ role }) => role === "judge")
      ? "The answers are real; the scores it gives say nothing about a real judge."
      : "The answers and the scores are real; the proposals show how training works, a real optimizer writes others.";
  return {
    tag: `simulated ${names}`,
    about: `The ${names} of this run ${simulated.length === 1 ? "is" : "are"} the demo model, which is simulated. ${meaning}`,
  };
}
