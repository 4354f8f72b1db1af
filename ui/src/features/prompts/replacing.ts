import type { Prompt } from "../../api/bindings/Prompt";
import type { Edit } from "../../app/edits.svelte";
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

/** Puts other prompts in the place of those being edited; either way brings back what stood there last, with what was typed since. */
export async function replacePrompts(
  keeper: DraftKeeper,
  prompt: Prompt,
  name: string,
  lockedBefore = keeper.draft.locked,
): Promise<Edit> {
  const { locked } = keeper.draft;
  let other: Standing = { prompt, taken: null, locked };
  const exchange = async () => {
    const before = keeper.draft;
    keeper.replace(other);
    other = before;
    await keeper.flush();
  };
  await exchange();
  other = { ...other, locked: lockedBefore };
  return { name, project: keeper.project, undo: exchange, redo: exchange };
}
