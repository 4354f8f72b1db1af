import type { ProjectView } from "../../api/bindings/ProjectView";
import type { PromptVersion } from "../../api/bindings/PromptVersion";
import { app } from "../../app/state.svelte";
import { offerUndo } from "../../app/undo";
import { draftOf, type DraftKeeper } from "./draft.svelte";
import { lockedWith } from "./locks";
import { replacePrompts } from "./replacing";
import { VersionList } from "./version-list.svelte";

/** Makes an old version the prompts being edited and the newest version, and says how to take it back. */
export async function restoreVersion(
  versions: VersionList,
  version: PromptVersion,
  keeper: DraftKeeper,
): Promise<void> {
  const before = keeper.draft.locked;
  try {
    // First: what is locked when a version is made is locked in it.
    keeper.editLocked(lockedWith(before, version.locked));
    await keeper.flush();
    const restored = await versions.restore(version, keeper.draft.prompt);
    const edit = await replacePrompts(keeper, restored.prompt, `Restore version ${version.number}`, before);
    const locked = keeper.draft.locked.length > before.length ? " with what was locked in it" : "";
    const message =
      restored.number === version.number
        ? `The prompts are those of version ${version.number} again${locked}.`
        : `Version ${version.number} is restored as version ${restored.number}${locked}.`;
    offerUndo(message, edit, "good");
    await app.refreshProject();
  } catch (error) {
    // Nothing was restored: what was locked is as it was.
    keeper.editLocked(before);
    app.fail(error);
  }
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
