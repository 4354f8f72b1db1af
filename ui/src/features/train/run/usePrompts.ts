import type { ProjectView } from "../../../api/bindings/ProjectView";
import type { Prompt } from "../../../api/bindings/Prompt";
import { call } from "../../../api/client";
import { app } from "../../../app/state.svelte";
import { offerUndo } from "../../../app/undo";
import { draftBegan } from "../../prompts/began";
import { draftOf } from "../../prompts/draft.svelte";
import { samePrompt } from "../../prompts/version-list.svelte";

/** The proposal that prompts were taken out of, with what its changes were made to. */
export interface TakenFrom {
  run: number;
  epoch: number;
  before: Prompt;
}

/**
 * Makes an epoch's prompts, or some of its changes, the draft. They become a version when they are saved or a run starts from them, so
 * taking this back leaves nothing behind.
 */
export async function usePrompts(
  view: ProjectView,
  prompt: Prompt,
  source: string,
  from: TakenFrom | null = null,
): Promise<void> {
  const { id } = view.project;
  // The draft has one keeper, so that what is being typed and what comes from here can not overtake each other.
  const keeper = draftOf(view);
  const before = keeper.draft;
  const began = draftBegan(id);
  const begunBefore = began.value;
  const onto = from === null ? null : await versionOf(id, from.before);
  const taken = from === null ? null : { run: from.run, epoch: from.epoch };
  keeper.replace(prompt, taken);
  if (onto !== null) began.value = onto;
  if (!(await keeper.flush())) {
    const { status } = keeper;
    app.notify({ kind: "bad", message: status.kind === "failed" ? status.message : "The draft could not be saved." });
    return;
  }
  const redo = async () => {
    keeper.replace(prompt, taken);
    if (onto !== null) began.value = onto;
    await keeper.flush();
  };
  const undo = async () => {
    keeper.replace(before.prompt, before.taken);
    began.value = begunBefore;
    await keeper.flush();
  };
  const message = `The prompts of ${source} are the draft now.`;
  const name = `Use the prompts of ${source}`;
  offerUndo(message, { name, project: id, undo, redo }, "good");
}

/** Number of the newest version with a text; null where none has it, or nobody can tell. */
async function versionOf(project: number, prompt: Prompt): Promise<number | null> {
  try {
    const versions = await call("list_prompt_versions", { project });
    const numbers = versions.filter((version) => samePrompt(prompt, version.prompt)).map(({ number }) => number);
    return numbers.length > 0 ? Math.max(...numbers) : null;
  } catch (error) {
    app.fail(error);
    return null;
  }
}
