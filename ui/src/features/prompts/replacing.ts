import type { Prompt } from "../../api/bindings/Prompt";
import type { Edit } from "../../app/edits.svelte";
import type { DraftKeeper } from "./draft.svelte";

/** Puts other prompts in the place of those being edited; either way brings back what stood there last, with what was typed since. */
export async function replacePrompts(keeper: DraftKeeper, prompt: Prompt, name: string): Promise<Edit> {
  let other = prompt;
  const exchange = async () => {
    const before = keeper.draft.prompt;
    keeper.editPrompt(other);
    other = before;
    await keeper.flush();
  };
  await exchange();
  return { name, project: keeper.project, undo: exchange, redo: exchange };
}
