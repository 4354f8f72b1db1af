import { call } from "../../../api/client";
import type { ProjectView } from "../../../api/bindings/ProjectView";
import type { Prompt } from "../../../api/bindings/Prompt";
import { app } from "../../../app/state.svelte";
import { offerUndo } from "../../../app/undo";
import { draftOf } from "../../prompts/draft.svelte";

/** Makes an epoch's prompts the draft and a version of the project. */
export async function usePrompts(view: ProjectView, prompt: Prompt, note: string): Promise<void> {
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
  try {
    const version = await call("save_prompt_version", { project: id, prompt, note });
    await app.refreshProject();
    const use = async (wanted: Prompt) => {
      keeper.editPrompt(wanted);
      await keeper.flush();
    };
    const message = `The prompts of ${note} are the draft now, and version ${version.number}.`;
    const name = `Use the prompts of ${note}`;
    offerUndo(message, { name, project: id, undo: () => use(before), redo: () => use(prompt) }, "good");
  } catch (error) {
    app.fail(error);
  }
}
