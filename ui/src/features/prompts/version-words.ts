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
      if (earlier !== undefined) return `the text of v${earlier}`;
      // Both are true: a hand chose the changes, an epoch wrote them.
      return version.epoch === null
        ? "edited by hand"
        : `edited by hand, with changes taken from epoch ${version.epoch} of ${runWords(version)}`;
    case "sample":
      return "sample";
    case "optimizer": {
      const run = runWords(version);
      if (version.epoch === null) return run;
      return version.epoch === 0 ? `baseline of ${run}` : `epoch ${version.epoch} of ${run}`;
    }
  }
}

function runWords({ run_name }: PromptVersion): string {
  return run_name === null ? "a deleted run" : `run “${showInvisible(run_name)}”`;
}

/** The model under which a score was measured: figures of two models say nothing about each other. */
export function measuredBy({ connection, model }: MeasuredScore): string {
  return connections.isSimulated(connection) ? "demo, simulated" : showInvisible(model);
}
