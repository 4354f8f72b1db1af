import { ApiFailure, call } from "../../api/client";
import type { OutsideScore } from "../../api/bindings/OutsideScore";
import type { Prompt } from "../../api/bindings/Prompt";
import type { PromptVersion } from "../../api/bindings/PromptVersion";
import type { Edit } from "../../app/edits.svelte";
import { app } from "../../app/state.svelte";
import { make } from "../../app/undo";

/** How often a note of a version was changed: a list that was read before is read again. */
export const noted = $state({ times: 0 });

/** The prompt versions of a project, newest first. */
export class VersionList {
  list = $state.raw<readonly PromptVersion[]>([]);
  loading = $state(true);
  failed = $state<string | null>(null);
  /** Number of the version that is being restored. */
  restoring = $state<number | null>(null);

  /** By version without a run's score what it scored otherwise. */
  outside = $state.raw<ReadonlyMap<number, OutsideScore>>(new Map());

  readonly project: number;
  #ticket = 0;

  constructor(project: number) {
    this.project = project;
  }

  get newest(): PromptVersion | null {
    return this.list[0] ?? null;
  }

  async load(): Promise<void> {
    this.#ticket += 1;
    const ticket = this.#ticket;
    this.loading = true;
    try {
      const versions = await call("list_prompt_versions", { project: this.project });
      if (ticket !== this.#ticket) return;
      this.list = [...versions].sort((one, other) => other.number - one.number);
      this.failed = null;
      if (versions.some(({ measured }) => measured.length === 0)) void this.#lookOutside(ticket);
    } catch (error) {
      if (ticket === this.#ticket) this.failed = ApiFailure.from(error).message;
    } finally {
      if (ticket === this.#ticket) this.loading = false;
    }
  }

  async #lookOutside(ticket: number): Promise<void> {
    // Without it the list says less, and nothing wrong.
    const found = await call("scores_outside_runs", { project: this.project }).catch(() => []);
    if (ticket === this.#ticket) this.outside = new Map(found.map((score) => [score.version, score]));
  }

  /**
   * Makes an old version the newest one; `edited`, where it is no version yet, becomes one first, so nothing is lost. The newest one
   * stays what it is.
   */
  async restore(version: PromptVersion, edited: Prompt): Promise<PromptVersion> {
    this.restoring = version.number;
    try {
      const kept = await this.keepEdited(edited, `before v${version.number} was restored`);
      if (kept === null && samePrompt(version.prompt, this.newest?.prompt)) return this.newest ?? version;
      return await this.#save(version.prompt, `restored from v${version.number}`);
    } finally {
      this.restoring = null;
      await this.load();
    }
  }

  /** Makes edited prompts a version before others take their place; null where they are one already, or nothing is written. */
  async keepEdited(edited: Prompt, note: string): Promise<PromptVersion | null> {
    const blank = edited.system_prompt.trim() === "" && edited.output_prompt.trim() === "";
    if (blank || this.list.some((known) => samePrompt(edited, known.prompt))) return null;
    return this.#save(edited, note);
  }

  /** A version that was just saved, as a change: it can be taken back as long as no run was made with it. */
  saving({ number, prompt, note, id }: PromptVersion): Edit {
    const { project } = this;
    let saved = id;
    const seen = async () => {
      noted.times += 1;
      if (app.projectId === project) await app.refreshProject();
    };
    return {
      name: `Save version ${number}`,
      project,
      undo: async () => {
        await call("withdraw_version", { project, version: saved });
        await seen();
      },
      redo: async () => {
        saved = (await call("save_prompt_version", { project, prompt, note })).id;
        await seen();
      },
    };
  }

  /** Writes the note of a version anew; false when it could not be kept. */
  async note({ id, number, note: before }: PromptVersion, wanted: string): Promise<boolean> {
    const note = wanted.trim();
    if (note === before) return true;
    const { project } = this;
    const to = async (text: string) => {
      await call("note_version", { project, version: id, note: text });
      noted.times += 1;
    };
    return make({ name: `Note on version ${number}`, project, redo: () => to(note), undo: () => to(before) });
  }

  #save(prompt: Prompt, note: string): Promise<PromptVersion> {
    return call("save_prompt_version", { project: this.project, prompt, note });
  }
}

export function samePrompt(one: Prompt, other: Prompt | undefined): boolean {
  return other !== undefined && one.system_prompt === other.system_prompt && one.output_prompt === other.output_prompt;
}
