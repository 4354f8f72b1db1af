import type { Role } from "../api/bindings/Role";
import type { RunConfig } from "../api/bindings/RunConfig";

const ROLES: readonly { role: Role; name: string }[] = [
  { role: "primary", name: "primary model" },
  { role: "optimizer", name: "optimizer" },
  { role: "judge", name: "judge" },
];

/** The roles of a run that is not started yet which the demo model would play. */
export function simulatedRoles(config: RunConfig, isSimulated: (connection: number) => boolean): Role[] {
  return ROLES.map(({ role }) => role).filter((role) => {
    const model = config[role];
    return model !== null && isSimulated(model.connection);
  });
}

/** A tag, and what it means for the result. */
export type SimulatedParts = { tag: string; about: string };

/** Which models of a run are the demo model. Null where none is. */
export function simulatedParts(config: RunConfig, roles: readonly Role[]): SimulatedParts | null {
  const models = ROLES.map(({ role }) => role).filter((role) => config[role] !== null);
  return partsOf(models, roles);
}

/** The same by the roles that a run has models for, and those the demo model plays. */
export function partsOf(all: readonly Role[], roles: readonly Role[]): SimulatedParts | null {
  const models = ROLES.filter(({ role }) => all.includes(role));
  const simulated = models.filter(({ role }) => roles.includes(role));
  if (simulated.length === 0) return null;
  if (simulated.length === models.length) {
    return {
      tag: "simulated",
      about: "The demo model is simulated. It shows how training works and says nothing about a real model.",
    };
  }
  const names = simulated.map(({ name }) => name).join(" and ");
  const meaning = roles.includes("primary")
    ? "Its answers and scores say nothing about a real model."
    : roles.includes("judge")
      ? "The answers are real; the scores it gives say nothing about a real judge."
      : "The answers and the scores are real; the proposals show how training works, a real optimizer writes others.";
  return {
    tag: `simulated ${names}`,
    about: `The ${names} of this run ${simulated.length === 1 ? "is" : "are"} the demo model, which is simulated. ${meaning}`,
  };
}
