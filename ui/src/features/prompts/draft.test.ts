import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PromptDraft } from "../../api/bindings/PromptDraft";
import { useClient } from "../../api/client";
import { MemoryClient } from "../../api/memory";
import { DraftKeeper } from "./draft.svelte";
import { typedIn } from "./replacing";

function draft(system: string): PromptDraft {
  return { prompt: { system_prompt: system, output_prompt: "" }, optimizer_system_prompt: "", locked: [], taken: null };
}

let memory: MemoryClient;
let keeper: DraftKeeper;
let saved: PromptDraft[];

function sent(): string[] {
  return memory.calls
    .filter((call) => call.name === "save_draft")
    .map((call) => (call.request as { draft: PromptDraft }).draft.prompt.system_prompt);
}

beforeEach(() => {
  vi.useFakeTimers();
  memory = new MemoryClient();
  useClient(memory);
  const project = memory.engine.addProject("Tickets", { system_prompt: "start", output_prompt: "" });
  saved = [];
  keeper = new DraftKeeper(project.id, draft("start"), (kept) => saved.push(kept));
});
afterEach(() => {
  vi.useRealTimers();
});

describe("typing whose editor is gone", () => {
  it("is taken back and made again, with what was typed in between", async () => {
    keeper.editPrompt({ system_prompt: "an hour's work" });
    const edit = typedIn(keeper, "system_prompt", "start", "System prompt");
    expect(edit.name).toBe("typing in “System prompt”");
    const done = async (change: unknown) => {
      await vi.advanceTimersByTimeAsync(1000);
      await change;
    };
    await done(edit.undo());
    expect(keeper.draft.prompt.system_prompt).toBe("start");
    await done(edit.redo());
    expect(keeper.draft.prompt.system_prompt).toBe("an hour's work");
    expect(sent().at(-1)).toBe("an hour's work");

    keeper.editOptimizer("Be brief.");
    const ofOptimizer = typedIn(keeper, "optimizer_system_prompt", "", "Optimizer instructions");
    await done(ofOptimizer.undo());
    expect(keeper.draft.optimizer_system_prompt).toBe("");
    await done(ofOptimizer.redo());
    expect(keeper.draft.optimizer_system_prompt).toBe("Be brief.");
    expect(keeper.draft.prompt.system_prompt).toBe("an hour's work");
  });
});

describe("autosave", () => {
  it("saves once typing pauses, and only the last text", async () => {
    for (const text of ["a", "ab", "abc"]) {
      keeper.editPrompt({ system_prompt: text });
      expect(keeper.status.kind).toBe("waiting");
      await vi.advanceTimersByTimeAsync(300);
    }
    expect(sent()).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(sent()).toEqual(["abc"]);
    expect(keeper.status.kind).toBe("saved");
    expect(saved.map((kept) => kept.prompt.system_prompt)).toEqual(["abc"]);
  });

  it("sends at once on leaving", async () => {
    keeper.editPrompt({ system_prompt: "left in a hurry" });
    const flushed = keeper.flush();
    expect(sent()).toEqual(["left in a hurry"]);
    await vi.advanceTimersByTimeAsync(0);
    expect(await flushed).toBe(true);
  });

  it("sends nothing when typing came back to what is saved", async () => {
    keeper.editPrompt({ system_prompt: "x" });
    keeper.editPrompt({ system_prompt: "start" });
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent()).toEqual([]);
    expect(keeper.status.kind).toBe("saved");
  });

  it("saves what was typed while an earlier save was on its way", async () => {
    keeper.editPrompt({ system_prompt: "one" });
    const flushed = keeper.flush();
    keeper.editPrompt({ system_prompt: "two" });
    await vi.advanceTimersByTimeAsync(1000);
    await flushed;
    expect(sent()).toEqual(["one", "two"]);
    expect(keeper.draft.prompt.system_prompt).toBe("two");
    expect(keeper.status.kind).toBe("saved");
  });

  it("keeps the text and says why when saving fails, and saves it later", async () => {
    memory.fail("save_draft", "The disk is full. Free some space.");
    keeper.editPrompt({ system_prompt: "dear to me" });
    await vi.advanceTimersByTimeAsync(1000);
    expect(keeper.status).toEqual({ kind: "failed", message: "The disk is full. Free some space." });
    expect(keeper.draft.prompt.system_prompt).toBe("dear to me");

    memory.heal("save_draft");
    const flushed = keeper.flush();
    await vi.advanceTimersByTimeAsync(0);
    expect(await flushed).toBe(true);
    expect(keeper.status.kind).toBe("saved");
  });
});

describe("a project that is read again", () => {
  it("brings in what another screen wrote", () => {
    keeper.adopt(draft("from a run"));
    expect(keeper.draft.prompt.system_prompt).toBe("from a run");
    expect(keeper.status.kind).toBe("saved");
  });

  it("never replaces what is being typed", async () => {
    keeper.editPrompt({ system_prompt: "typing" });
    keeper.adopt(draft("start"));
    keeper.adopt(draft("from a run"));
    expect(keeper.draft.prompt.system_prompt).toBe("typing");
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent()).toEqual(["typing"]);
  });

  it("never replaces a text that could not be saved", async () => {
    memory.fail("save_draft", "The disk is full.");
    keeper.editPrompt({ system_prompt: "typing" });
    await vi.advanceTimersByTimeAsync(1000);
    keeper.adopt(draft("start"));
    expect(keeper.draft.prompt.system_prompt).toBe("typing");
  });

  it("does not fall back to the text before the last save when the reading was late", async () => {
    keeper.editPrompt({ system_prompt: "typed" });
    await vi.advanceTimersByTimeAsync(500);
    keeper.adopt(draft("start"));
    expect(keeper.draft.prompt.system_prompt).toBe("typed");
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent().at(-1)).toBe("typed");
  });

  it("takes an older text that arrives long after", async () => {
    keeper.editPrompt({ system_prompt: "typed" });
    await vi.advanceTimersByTimeAsync(60_000);
    keeper.adopt(draft("start"));
    expect(keeper.draft.prompt.system_prompt).toBe("start");
  });
});
