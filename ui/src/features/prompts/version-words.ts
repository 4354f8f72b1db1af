import { connections } from "../../app/connections.svelte";
import { showInvisible } from "../../format/marks";
import { percent } from "../../format/percent";
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

/** So much of a version is said in a list. */
const LISTED = 120;

/** A version among others to choose from. Number, score and epoch come first: they tell those of one run apart. */
export function choiceWords(version: PromptVersion, earlier?: number): { name: string; lead: string; whole: string } {
  const score = version.validation ? ` ${percent(version.validation.score)},` : "";
  const author = authorWords(version, earlier);
  const epoch = /^(?:epoch \d+|baseline)(?= of )/.exec(author)?.[0];
  const begins = `v${version.number}:${score}`;
  const whole = `${begins} ${author}${version.note ? `, ${showInvisible(version.note)}` : ""}`;
  return {
    lead: epoch ? `${begins} ${epoch}` : begins,
    whole,
    name: whole.length > LISTED ? `${whole.slice(0, LISTED - 1)}…` : whole,
  };
}

/** The model under which a score was measured: figures of two models say nothing about each other. */
export function measuredBy({ connection, model }: Pick<MeasuredScore, "connection" | "model">): string {
  return connections.isSimulated(connection) ? "demo, simulated" : showInvisible(model);
}
