import type { ProjectView } from "../../../api/bindings/ProjectView";
import type { Prompt } from "../../../api/bindings/Prompt";
import type { PromptVersion } from "../../../api/bindings/PromptVersion";
import { app } from "../../../app/state.svelte";
import { offerUndo } from "../../../app/undo";
import { draftBegan } from "../../prompts/began";
import { oneLine } from "../../../format/oneLine";
import { draftOf } from "../../prompts/draft.svelte";
import { noted, samePrompt, VersionList } from "../../prompts/version-list.svelte";

/** Of the name of a run in a note. */
const LONGEST_NAME = 120;

/** The proposal that prompts were taken out of, with what its changes were made to. */
export interface TakenFrom {
  run: number;
  epoch: number;
  before: Prompt;
}

/**
 * Makes an epoch's prompts, or some of its changes, the draft. They become a version when they are saved or a run starts from them. What
 * stood in the draft and is no version yet becomes one before; taking this back leaves nothing behind.
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
  const began = draftBegan(id);
  const begunBefore = began.value;
  const versions = new VersionList(id);
  await versions.load();
  const before = keeper.draft;
  const kept = await keptOf(versions, before.prompt, source);
  if (kept === "failed") return;
  const keeping = kept && versions.saving(kept);
  const onto = from === null ? null : newestOf(versions, from.before);
  const taken = from === null ? null : { run: from.run, epoch: from.epoch };
  const replace = () => {
    keeper.replace({ prompt, taken });
    if (onto !== null) began.value = onto;
    return keeper.flush();
  };
  if (!(await replace())) {
    const { status } = keeper;
    app.notify({ kind: "bad", message: status.kind === "failed" ? status.message : "The draft could not be saved." });
    return;
  }
  const redo = async () => {
    await keeping?.redo();
    await replace();
  };
  const undo = async () => {
    const back = { prompt: before.prompt, taken: before.taken };
    keeper.replace(back);
    began.value = begunBefore;
    await keeper.flush();
    await keeping?.undo();
    // For a moment it was the version that is gone now, and nothing taken.
    keeper.replace(back);
    await keeper.flush();
  };
  const message = `The prompts of ${source} are the draft now${kept ? `; what stood there is version ${kept.number}` : ""}.`;
  const name = `Use the prompts of ${source}`;
  offerUndo(message, { name, project: id, undo, redo }, "good");
  if (!kept) return;
  noted.times += 1;
  await app.refreshProject();
}

/** The version that a draft became, null where it is one or empty. */
async function keptOf(versions: VersionList, draft: Prompt, source: string): Promise<PromptVersion | null | "failed"> {
  try {
    if (versions.failed !== null) throw new Error(versions.failed);
    return await versions.keepEdited(draft, `before the prompts of ${oneLine(source, LONGEST_NAME)} were used`);
  } catch (error) {
    app.fail(error);
    return "failed";
  }
}

/** Number of the newest version with a text; null where none has it. */
function newestOf({ list }: VersionList, prompt: Prompt): number | null {
  return list.find((version) => samePrompt(prompt, version.prompt))?.number ?? null;
}
