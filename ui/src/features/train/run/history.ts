import type { EpochAnswer } from "../../../api/bindings/EpochAnswer";
import { call } from "../../../api/client";
import { app } from "../../../app/state.svelte";
import { inspector, type InspectedSide } from "../../../app/inspector.svelte";

/** Answers by epoch as sides of the inspector: epochs in a row with the same answer are one. */
function sidesOf(answers: readonly EpochAnswer[]): InspectedSide[] {
  const sides: (InspectedSide & { from: number; to: number })[] = [];
  for (const { epoch, prediction } of answers) {
    const last = sides.at(-1);
    const same =
      last !== undefined &&
      last.prediction.response === prediction.response &&
      last.prediction.outcome === prediction.outcome &&
      last.prediction.missing === prediction.missing;
    if (same) last.to = epoch;
    else sides.push({ title: "", prediction, from: epoch, to: epoch });
  }
  return sides.map(({ prediction, from, to }) => ({ title: named(from, to), prediction }));
}

function named(from: number, to: number): string {
  const first = from === 0 ? "Baseline" : `Epoch ${from}`;
  return from === to ? first : `${first} to ${to}`;
}

/** Opens an example with what every evaluated prompt of the run answered to it. */
export async function showHistory(run: number, example: number, onStep?: (by: -1 | 1) => void): Promise<void> {
  try {
    const history = await call("example_history", { run, example });
    inspector.show({
      example: history.example,
      columns: app.project?.dataset?.columns ?? [],
      sides: sidesOf(history.answers),
      ...(onStep ? { onStep } : {}),
    });
  } catch (error) {
    app.fail(error);
  }
}
