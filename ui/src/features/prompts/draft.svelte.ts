import { ApiFailure, call } from "../../api/client";
import { onLeaving } from "../../app/leaving";
import { app } from "../../app/state.svelte";
import type { ProjectView } from "../../api/bindings/ProjectView";
import type { Prompt } from "../../api/bindings/Prompt";
import type { PromptDraft } from "../../api/bindings/PromptDraft";
import { forgetBegan } from "./began";

export type DraftStatus =
  | { kind: "saved" }
  /** Typed, and not sent yet. */
  | { kind: "waiting" }
  | { kind: "saving" }
  | { kind: "failed"; message: string };

/** What is edited, with what it is known to have of others. */
export type Standing = Pick<PromptDraft, "prompt" | "taken" | "locked">;

const PAUSE_MS = 400;
// A project read before a save was answered may arrive after it; within this time an older text is taken for that.
const LATE_MS = 5000;

function same(one: PromptDraft, other: PromptDraft): boolean {
  return (
    one.prompt.system_prompt === other.prompt.system_prompt &&
    one.prompt.output_prompt === other.prompt.output_prompt &&
    one.optimizer_system_prompt === other.optimizer_system_prompt &&
    JSON.stringify(one.locked) === JSON.stringify(other.locked) &&
    one.taken?.run === other.taken?.run &&
    one.taken?.epoch === other.taken?.epoch
  );
}

/** The prompts of one project as they are typed, kept outside of every screen, so that leaving one loses nothing. */
export class DraftKeeper {
  readonly project: number;
  draft = $state.raw<PromptDraft>() as PromptDraft;
  status = $state.raw<DraftStatus>({ kind: "saved" });

  #held: PromptDraft;
  #heldBefore: PromptDraft | null = null;
  #heldSince = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<boolean> | null = null;
  #onsaved: (draft: PromptDraft) => void;

  constructor(project: number, draft: PromptDraft, onsaved: (draft: PromptDraft) => void = () => {}) {
    this.project = project;
    this.draft = draft;
    this.#held = draft;
    this.#onsaved = onsaved;
  }

  editPrompt(change: Partial<Prompt>): void {
    this.#edit({ ...this.draft, prompt: { ...this.draft.prompt, ...change } });
  }

  /** Other prompts take the place of those that were edited; `taken` where they have changes of an epoch's proposal. */
  replace(standing: Partial<Standing> & Pick<Standing, "prompt" | "taken">): void {
    const { prompt, taken, locked = this.draft.locked } = standing;
    this.#edit({ ...this.draft, prompt, taken, locked });
  }

  /** The prompts are a version, which knows what was taken; what is edited from now on is made from that. */
  forgetTaken(): void {
    if (this.draft.taken) this.#edit({ ...this.draft, taken: null });
  }

  editOptimizer(text: string): void {
    this.#edit({ ...this.draft, optimizer_system_prompt: text });
  }

  /** Which texts no optimizer may change. */
  editLocked(locked: PromptDraft["locked"]): void {
    this.#edit({ ...this.draft, locked });
  }

  /** Sends what is not sent yet; false when that failed. */
  flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    this.#saving ??= this.#save().finally(() => (this.#saving = null));
    return this.#saving;
  }

  /** The project was read again: takes a draft another screen wrote, never in place of what is being typed here. */
  adopt(incoming: PromptDraft): void {
    if (same(incoming, this.draft)) return;
    if (this.status.kind !== "saved") return;
    const late = this.#heldBefore !== null && same(incoming, this.#heldBefore);
    if (late && Date.now() - this.#heldSince < LATE_MS) {
      // Sent once more, so that window and engine hold the same whichever came first.
      this.#held = incoming;
      this.#touch();
      return;
    }
    this.draft = incoming;
    this.#held = incoming;
    this.#heldBefore = null;
  }

  #edit(draft: PromptDraft): void {
    if (same(draft, this.draft)) return;
    this.draft = draft;
    this.#touch();
  }

  #touch(): void {
    clearTimeout(this.#timer);
    if (this.#saving === null && same(this.draft, this.#held)) {
      this.status = { kind: "saved" };
      return;
    }
    this.status = { kind: "waiting" };
    this.#timer = setTimeout(() => void this.flush(), PAUSE_MS);
  }

  async #save(): Promise<boolean> {
    while (!same(this.draft, this.#held)) {
      const sent = this.draft;
      this.status = { kind: "saving" };
      try {
        await call("save_draft", { project: this.project, draft: sent });
      } catch (error) {
        this.status = { kind: "failed", message: ApiFailure.from(error).message };
        return false;
      }
      this.#heldBefore = this.#held;
      this.#held = sent;
      this.#heldSince = Date.now();
      this.#onsaved(sent);
    }
    clearTimeout(this.#timer);
    this.status = { kind: "saved" };
    return true;
  }
}

const keepers = new Map<number, { keeper: DraftKeeper; unwatch: () => void }>();

/** The keeper of a project, the same one for as long as the window lives. What is saved shows in the open project. */
export function draftOf(view: ProjectView): DraftKeeper {
  const { id } = view.project;
  const known = keepers.get(id);
  if (known) return known.keeper;
  const keeper = new DraftKeeper(id, view.draft, (draft) => {
    if (app.projectId === id && app.project) app.project = { ...app.project, draft };
  });
  keepers.set(id, { keeper, unwatch: onLeaving(() => keeper.flush()) });
  return keeper;
}

/** Forgets all drafts; for tests, which share one module. */
export function forgetDrafts(): void {
  for (const { unwatch } of keepers.values()) unwatch();
  keepers.clear();
  forgetBegan();
}
