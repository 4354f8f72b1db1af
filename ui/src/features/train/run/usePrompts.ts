import { call } from "../../../api/client";
import type { ProjectView } from "../../../api/bindings/ProjectView";
import type { Prompt } from "../../../api/bindings/Prompt";
import { edits, move } from "../../../app/edits.svelte";
import { app } from "../../../app/state.svelte";
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
    edits.record({ name: `Use the prompts of ${note}`, undo: () => use(before), redo: () => use(prompt) });
    app.notify({
      kind: "good",
      message: `The prompts of ${note} are the draft now, and version ${version.number}.`,
      action: { name: "Undo", run: () => void move(edits, "undo") },
    });
  } catch (error) {
    app.fail(error);
  }
}
