import type { Parent } from "../../../api/bindings/Parent";
import type { Prompt } from "../../../api/bindings/Prompt";
import type { PromptVersion } from "../../../api/bindings/PromptVersion";

/** What is known of where the prompts of a run that is being prepared may come from. */
export interface Origins {
  versions: readonly PromptVersion[];
  draft: Prompt | null;
  /** Number of the version that the draft began as, where that is known. */
  began: number | null;
  /** The run it is made from, with the prompts of the epoch it goes on from; null while they are not read, or not there any more. */
  parent: { parent: Parent; name: string; prompt: Prompt | null } | null;
}

const LISTED = new Intl.ListFormat("en", { type: "conjunction" });

export function samePrompt(a: Prompt, b: Prompt): boolean {
  return a.system_prompt === b.system_prompt && a.output_prompt === b.output_prompt;
}

/** Which prompts a run starts from, in words that are true of them. */
export function startsFrom(prompt: Prompt, { versions, draft, began, parent }: Origins): string {
  if (prompt.system_prompt === "" && prompt.output_prompt === "") {
    return "Both prompts are empty: training starts from nothing.";
  }
  const named = namedVersions(versions.filter((known) => samePrompt(known.prompt, prompt)));
  if (parent) {
    const { epoch } = parent.parent;
    const source = `${epoch === 0 ? "the first prompts" : `the prompts of epoch ${epoch}`} of “${parent.name}”`;
    if (parent.prompt && samePrompt(parent.prompt, prompt)) return capital(named ? `${source}, ${named}` : source);
    if (named) return capital(named);
    return parent.prompt ? `${capital(source)}, changed by hand` : "Prompts of its own, not a version yet";
  }
  if (named) return capital(named);
  if (!draft || !samePrompt(draft, prompt)) return "Prompts of its own, not a version yet";
  const newest = versions.reduce((most, { number }) => Math.max(most, number), 0);
  const since = versions.some(({ number }) => number === began) ? began : newest;
  return since ? `The draft, changed since v${since}` : "The draft, not a version yet";
}

/** One text may be several versions, as after a restore: whichever was chosen is among them. */
function namedVersions(same: readonly PromptVersion[]): string | null {
  const [newest, ...earlier] = same.map(({ number }) => number).sort((a, b) => b - a);
  if (newest === undefined) return null;
  return earlier.length === 0
    ? `prompt v${newest}`
    : `prompt v${newest}, the same text as ${LISTED.format(earlier.map((number) => `v${number}`))}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
