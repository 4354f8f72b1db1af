import { connections } from "../../app/connections.svelte";
import { showInvisible } from "../../format/marks";
import type { MeasuredScore } from "../../api/bindings/MeasuredScore";
import type { PromptVersion } from "../../api/bindings/PromptVersion";

/** Of each version whose text an earlier one has the number of the first that has it. Versions stand newest first. */
export function firstWithText(versions: readonly PromptVersion[]): Map<number, number> {
  const first = new Map<string, number>();
  const found = new Map<number, number>();
  for (const { number, prompt } of versions.toReversed()) {
    const text = JSON.stringify([prompt.system_prompt, prompt.output_prompt]);
    const earlier = first.get(text);
    if (earlier === undefined) first.set(text, number);
    else found.set(number, earlier);
  }
  return found;
}

/** Who wrote a version, in words; `earlier` is the number of the first version with the same text. */
export function authorWords(version: PromptVersion, earlier?: number): string {
  switch (version.author) {
    case "hand":
      return earlier === undefined ? "edited by hand" : `the text of v${earlier}`;
    case "sample":
      return "sample";
    case "optimizer": {
      const run = version.run_name === null ? "a deleted run" : `run “${showInvisible(version.run_name)}”`;
      if (version.epoch === null) return run;
      return version.epoch === 0 ? `baseline of ${run}` : `epoch ${version.epoch} of ${run}`;
    }
  }
}

/** The model under which a score was measured: figures of two models say nothing about each other. */
export function measuredBy({ connection, model }: MeasuredScore): string {
  return connections.isSimulated(connection) ? "demo, simulated" : showInvisible(model);
}
