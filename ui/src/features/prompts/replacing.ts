import type { Prompt } from "../../api/bindings/Prompt";
import type { PromptDraft } from "../../api/bindings/PromptDraft";
import type { Edit } from "../../app/edits.svelte";
import { draftBegan } from "./began";
import type { DraftKeeper, Standing } from "./draft.svelte";

/** A text of the draft that an editor shows. */
export type DraftText = keyof Prompt | "optimizer_system_prompt";

/** What was typed in one text, as a change of the project: its editor, which knew how to take it back, is gone. */
export function typedIn(keeper: DraftKeeper, text: DraftText, before: string, label: string): Edit {
  let other = before;
  const exchange = async () => {
    const { prompt, optimizer_system_prompt } = keeper.draft;
    const now = text === "optimizer_system_prompt" ? optimizer_system_prompt : prompt[text];
    if (text === "optimizer_system_prompt") keeper.editOptimizer(other);
    else keeper.editPrompt({ [text]: other });
    other = now;
    await keeper.flush();
  };
  return { name: `typing in “${label}”`, project: keeper.project, undo: exchange, redo: exchange };
}

/** What a change of the draft has to bring back beside its prompts. */
interface Beside {
  locked: PromptDraft["locked"];
  /** The version that the prompts began as. */
  began: number | null;
}

/** What stands beside the prompts being edited now. */
export function besideDraft(keeper: DraftKeeper): Beside {
  return { locked: keeper.draft.locked, began: draftBegan(keeper.project).value };
}

/** Puts other prompts in the place of those being edited; either way brings back what stood there last, with what was typed since. */
export async function replacePrompts(
  keeper: DraftKeeper,
  prompt: Prompt,
  name: string,
  before = besideDraft(keeper),
): Promise<Edit> {
  const began = draftBegan(keeper.project);
  let other: { standing: Standing; began: number | null } = {
    standing: { prompt, taken: null, locked: keeper.draft.locked },
    began: began.value,
  };
  const exchange = async () => {
    const now = { standing: keeper.draft, began: began.value };
    keeper.replace(other.standing);
    began.value = other.began;
    other = now;
    await keeper.flush();
  };
  await exchange();
  other = { standing: { ...other.standing, locked: before.locked }, began: before.began };
  return { name, project: keeper.project, undo: exchange, redo: exchange };
}
