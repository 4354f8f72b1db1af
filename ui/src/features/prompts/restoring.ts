import type { ProjectView } from "../../api/bindings/ProjectView";
import type { PromptVersion } from "../../api/bindings/PromptVersion";
import type { Edit } from "../../app/edits.svelte";
import { app } from "../../app/state.svelte";
import { offerUndo } from "../../app/undo";
import { draftOf, type DraftKeeper } from "./draft.svelte";
import { lockedWith } from "./locks";
import { besideDraft, replacePrompts } from "./replacing";
import { VersionList } from "./version-list.svelte";

/** Makes an old version the prompts being edited and the newest version, and says how to take it back. */
export async function restoreVersion(
  versions: VersionList,
  version: PromptVersion,
  keeper: DraftKeeper,
): Promise<void> {
  const before = besideDraft(keeper);
  const known = new Set(versions.list.map(({ id }) => id));
  try {
    // First: what is locked when a version is made is locked in it.
    keeper.editLocked(lockedWith(before.locked, version.locked));
    await keeper.flush();
    const restored = await versions.restore(version, keeper.draft.prompt);
    const replacing = await replacePrompts(keeper, restored.prompt, `Restore version ${version.number}`, before);
    const made = versions.list.filter(({ id }) => !known.has(id)).map((version) => versions.saving(version));
    const edit = withVersions(replacing, made);
    const locked = keeper.draft.locked.length > before.locked.length ? " with what was locked in it" : "";
    const message =
      restored.number === version.number
        ? `The prompts are those of version ${version.number} again${locked}.`
        : `Version ${version.number} is restored as version ${restored.number}${locked}.`;
    offerUndo(message, edit, "good");
    await app.refreshProject();
  } catch (error) {
    // Nothing was restored: what was locked is as it was.
    keeper.editLocked(before.locked);
    app.fail(error);
  }
}

/** A change of the draft that takes along the versions it made, newest first: those that a run was made with meanwhile stay. */
function withVersions(edit: Edit, made: readonly Edit[]): Edit {
  let gone: Edit[] = [];
  const undo = async () => {
    gone = [];
    try {
      for (const version of made) {
        await version.undo();
        gone.unshift(version);
      }
    } catch {
      // In the history it is in nobody's way; the draft is what undo is for.
    }
    await edit.undo();
  };
  const redo = async () => {
    for (const version of gone) await version.redo();
    await edit.redo();
  };
  return { ...edit, undo, redo };
}

/** The same from anywhere in a project, which shows the prompts then. */
export async function restoreFromElsewhere(view: ProjectView, version: PromptVersion): Promise<void> {
  const { id } = view.project;
  const versions = new VersionList(id);
  await versions.load();
  const keeper = draftOf(view);
  app.navigate("prompts");
  await restoreVersion(versions, version, keeper);
}
