import type { ProjectView } from "../../../api/bindings/ProjectView";
import type { Prompt } from "../../../api/bindings/Prompt";
import { app } from "../../../app/state.svelte";
import { offerUndo } from "../../../app/undo";
import { draftOf } from "../../prompts/draft.svelte";

/**
 * Makes an epoch's prompts the draft. They become a version when they are saved or a run starts from them, so taking this back
 * leaves nothing behind.
 */
export async function usePrompts(view: ProjectView, prompt: Prompt, source: string): Promise<void> {
  const { id } = view.project;
  // The draft has one keeper, so that what is being typed and what comes from here can not overtake each other.
  const keeper = draftOf(view, (draft) => {
    if (app.projectId === id && app.project) app.project = { ...app.project, draft };
  });
  const before = keeper.draft.prompt;
  keeper.editPrompt(prompt);
  if (!(await keeper.flush())) {
    const { status } = keeper;
    app.notify({ kind: "bad", message: status.kind === "failed" ? status.message : "The draft could not be saved." });
    return;
  }
  const use = async (wanted: Prompt) => {
    keeper.editPrompt(wanted);
    await keeper.flush();
  };
  const message = `The prompts of ${source} are the draft now.`;
  const name = `Use the prompts of ${source}`;
  offerUndo(message, { name, project: id, undo: () => use(before), redo: () => use(prompt) }, "good");
}
