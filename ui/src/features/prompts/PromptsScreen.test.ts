import { cleanup, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { call, useClient } from "../../api/client";
import { EVERY_EXAMPLE } from "../../api/filter";
import type { PromptDraft } from "../../api/bindings/PromptDraft";
import { MemoryClient } from "../../api/memory";
import { DEMO } from "../../api/memory/defaults";
import { tickets } from "../../api/memory/corpus";
import { edits } from "../../app/edits.svelte";
import { app } from "../../app/state.svelte";
import { usePlainEditor } from "../../testing/plainEditor";
import { place } from "../train/place.svelte";
import TrainScreen from "../train/TrainScreen.svelte";
import { forgetDrafts } from "./draft.svelte";
import PromptsScreen from "./PromptsScreen.svelte";
import { forgetTries } from "./trying.svelte";

usePlainEditor();

const PROMPT = { system_prompt: "You route messages.", output_prompt: "Which queue?" };
let memory: MemoryClient;

async function open(options: { rows?: number; versions?: number } = {}): Promise<number> {
  const project = memory.engine.addProject("Tickets", PROMPT);
  if (options.rows) memory.engine.addDataset(project, tickets(options.rows), "tickets.csv");
  for (let number = 1; number <= (options.versions ?? 0); number += 1) {
    const prompt = number === options.versions ? PROMPT : { ...PROMPT, system_prompt: `Try ${number}.` };
    memory.engine.addVersion(project, prompt, number === 1 ? "first draft" : "");
  }
  await app.openProject(project.id, "prompts");
  return project.id;
}

/** Of three versions the first is edited. */
async function editFirstVersion(): Promise<void> {
  render(PromptsScreen);
  await within(versions()).findByRole("row", { name: /v3/ });
  await userEvent.clear(system());
  await userEvent.type(system(), "Try 1.");
  await userEvent.type(system(), " More.");
  await screen.findByRole("button", { name: "1 line changed since v1" });
}

/** The window is closed and opened again. */
async function restart(id: number): Promise<void> {
  cleanup();
  // Leaving the screen sends what is not sent yet.
  await waitFor(() => expect(memory.engine.project(id).draft.prompt).toEqual(app.project?.draft.prompt));
  forgetDrafts();
  forgetTries();
  await app.openProject(id, "prompts");
}

function drafts(): PromptDraft[] {
  return memory.calls
    .filter((made) => made.name === "save_draft")
    .map((made) => (made.request as { draft: PromptDraft }).draft);
}

const versions = () => screen.getByRole("region", { name: "Versions" });
const trying = () => screen.getByRole("region", { name: "Try on an example" });
const system = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "System prompt" });

beforeEach(() => {
  memory = new MemoryClient();
  useClient(memory);
});

describe("versions", () => {
  it("teaches what a version is when there is none", async () => {
    await open();
    render(PromptsScreen);
    expect(await within(versions()).findByText("No versions yet.")).toBeTruthy();
  });

  it("lists one with its author, note and that it was not run", async () => {
    await open({ versions: 1 });
    render(PromptsScreen);
    const row = await within(versions()).findByRole("row", { name: /v1/ });
    expect(row.textContent).toMatch(/edited by hand.*first draft.*not run/s);
  });

  it("lists many, newest first", async () => {
    await open({ versions: 40 });
    render(PromptsScreen);
    const rows = await within(versions()).findAllByRole("row", { name: /^v\d+/ });
    expect(rows).toHaveLength(40);
    expect(rows[0]?.textContent).toContain("v40");
  });

  it("draws the newest of thousands, and more when they are asked for", async () => {
    await open({ versions: 2_500 });
    render(PromptsScreen);
    const list = within(versions());
    expect(await list.findByText("v2500")).toBeTruthy();
    expect(list.getAllByText("Restore")).toHaveLength(100);
    expect(list.getByText("The newest 100 of 2,500 versions.")).toBeTruthy();
    await userEvent.click(list.getByRole("button", { name: "Show 100 more" }));
    expect(list.getAllByText("Restore")).toHaveLength(200);
    expect(list.getByText("v2301")).toBeTruthy();
  });

  it("says why they could not be read, and reads them again", async () => {
    await open({ versions: 2 });
    memory.fail("list_prompt_versions", "The database can not be read. Free some space.");
    render(PromptsScreen);
    expect((await within(versions()).findByRole("alert")).textContent).toContain("Free some space.");
    memory.heal("list_prompt_versions");
    await userEvent.click(within(versions()).getByRole("button", { name: "Try again" }));
    expect(await within(versions()).findByRole("row", { name: /v2/ })).toBeTruthy();
  });

  it("restores an old one as a new one, and keeps what was being edited", async () => {
    const id = await open({ versions: 3 });
    render(PromptsScreen);
    await userEvent.type(system(), " More.");
    await userEvent.click(await screen.findByRole("button", { name: "Restore version 1" }));
    await waitFor(() => expect(system().value).toBe("Try 1."));
    const list = await call("list_prompt_versions", { project: id });
    const after = new Map(list.map((version) => [version.number, version]));
    expect(after.get(4)?.prompt.system_prompt).toBe("You route messages. More.");
    expect(after.get(5)?.prompt.system_prompt).toBe("Try 1.");
    expect(after.get(5)?.note).toBe("restored from v1");
    await waitFor(() => expect(drafts().at(-1)?.prompt.system_prompt).toBe("Try 1."));
  });

  it("brings the version that an old one is restored as into view", async () => {
    await open({ versions: 3 });
    render(PromptsScreen);
    const old = await screen.findByRole("button", { name: "Restore version 1" });
    const seen: string[] = [];
    vi.spyOn(Element.prototype, "scrollIntoView").mockImplementation(function (this: Element) {
      seen.push(this.textContent ?? "");
    });
    await userEvent.click(old);
    await waitFor(() => expect(seen.some((text) => /restored from v1/.test(text))).toBe(true));
    vi.restoreAllMocks();
  });

  it("restores the newest by changing only the draft, its note included", async () => {
    const id = await open({ versions: 2 });
    memory.engine.addVersion(memory.engine.project(id), { ...PROMPT, system_prompt: "Newest." }, "NOTE2");
    await app.refreshProject();
    render(PromptsScreen);
    await userEvent.click(await screen.findByRole("button", { name: "Restore version 3" }));
    await waitFor(() => expect(system().value).toBe("Newest."));
    const list = await call("list_prompt_versions", { project: id });
    expect(list.map(({ number, note }) => [number, note])[0]).toEqual([3, "NOTE2"]);
    expect(memory.calls.filter(({ name }) => name === "save_prompt_version")).toEqual([]);
  });

  it("says of a text that is there again which version it is, not that it was edited", async () => {
    await open({ versions: 2 });
    render(PromptsScreen);
    await userEvent.click(await screen.findByRole("button", { name: "Restore version 1" }));
    const row = await within(versions()).findByRole("row", { name: /v3/ });
    expect(row.textContent).toMatch(/the text of v1.*restored from v1/s);
    expect(row.textContent).not.toContain("edited by hand");
  });

  it("measures what is edited against the version it began as", async () => {
    await open({ versions: 3 });
    render(PromptsScreen);
    await within(versions()).findByRole("row", { name: /v3/ });
    await userEvent.clear(system());
    await userEvent.type(system(), "Try 1.");
    expect(await screen.findByText("The text of v1 is being edited")).toBeTruthy();
    await userEvent.type(system(), " More.");
    expect(await screen.findByRole("button", { name: "1 line changed since v1" })).toBeTruthy();
    const card = screen.getByRole("region", { name: "System prompt" });
    expect(await within(card).findByText(/^\+\d+ tokens? since v1$/)).toBeTruthy();
  });

  it("keeps the version it began as over a restart, whatever a run makes meanwhile, on Train as well", async () => {
    const id = await open({ versions: 3, rows: 40 });
    await editFirstVersion();
    await restart(id);
    memory.engine.addVersion(memory.engine.project(id), { ...PROMPT, system_prompt: "Of\na\nrun." }, "");
    await app.refreshProject();
    render(PromptsScreen);
    await within(versions()).findByRole("row", { name: /v4/ });
    expect(screen.getByRole("button", { name: "1 line changed since v1" })).toBeTruthy();
    cleanup();
    place.startNew(id);
    render(TrainScreen);
    expect(await screen.findByText("The draft, changed since v1")).toBeTruthy();
  });

  it("takes a restore back, and makes it again", async () => {
    await open({ versions: 3 });
    render(PromptsScreen);
    await userEvent.click(await screen.findByRole("button", { name: "Restore version 1" }));
    await waitFor(() => expect(edits.toUndo).toBe("Restore version 1"));
    await userEvent.type(system(), " More.");
    await edits.undo();
    await waitFor(() => expect(system().value).toBe(PROMPT.system_prompt));
    await waitFor(() => expect(drafts().at(-1)?.prompt.system_prompt).toBe(PROMPT.system_prompt));
    await edits.redo();
    await waitFor(() => expect(system().value).toBe("Try 1. More."));
  });

  it("measures a draft against the version it began as again when a restore over it is taken back", async () => {
    await open({ versions: 3 });
    await editFirstVersion();
    await userEvent.click(screen.getByRole("button", { name: "Restore version 2" }));
    await waitFor(() => expect(edits.toUndo).toBe("Restore version 2"));
    await waitFor(() => expect(screen.queryByRole("button", { name: /changed since/ })).toBeNull());
    await edits.undo();
    await waitFor(() => expect(system().value).toBe("Try 1. More."));
    await waitFor(() => expect(within(versions()).queryByRole("row", { name: /v4/ })).toBeNull());
    expect(screen.getByRole("button", { name: "1 line changed since v1" })).toBeTruthy();
    await edits.redo();
    await waitFor(() => expect(system().value).toBe("Try 2."));
    await waitFor(() => expect(screen.queryByRole("button", { name: /changed since/ })).toBeNull());
  });

  it("takes both versions of a restore over a draft back, the newest first, and makes them again in their order", async () => {
    const id = await open({ versions: 2 });
    const notes = () => memory.engine.project(id).versions.map(({ number, note }) => `${number} ${note}`);
    render(PromptsScreen);
    await within(versions()).findByRole("row", { name: /v2/ });
    await userEvent.type(system(), " Mine.");
    await userEvent.click(screen.getByRole("button", { name: "Restore version 1" }));
    await waitFor(() => expect(edits.toUndo).toBe("Restore version 1"));
    const made = notes();
    expect(made.slice(0, 2)).toEqual(["4 restored from v1", "3 before v1 was restored"]);
    await edits.undo();
    expect(notes()).toEqual(made.slice(2));
    const withdrawn = memory.calls.filter(({ name }) => name === "withdraw_version").map(({ request }) => request);
    expect(withdrawn).toHaveLength(2);
    expect(JSON.stringify(withdrawn[0])).not.toBe(JSON.stringify(withdrawn[1]));
    await edits.redo();
    expect(notes()).toEqual(made);
  });

  it("takes the versions along that a restore made, but none that a run was made with", async () => {
    const id = await open({ versions: 3 });
    const numbers = () => memory.engine.project(id).versions.map(({ number }) => number);
    render(PromptsScreen);
    await userEvent.click(await screen.findByRole("button", { name: "Restore version 1" }));
    await waitFor(() => expect(edits.toUndo).toBe("Restore version 1"));
    const restored = numbers();
    expect(restored.length).toBeGreaterThan(3);
    await edits.undo();
    expect(numbers()).toEqual([3, 2, 1]);
    await waitFor(() => expect(within(versions()).queryByRole("row", { name: /v4/ })).toBeNull());
    await edits.redo();
    expect(numbers()).toEqual(restored);
    memory.fail("withdraw_version", "A run was made with this version.", "invalid");
    await edits.undo();
    expect(numbers()).toEqual(restored);
    await waitFor(() => expect(system().value).toBe(PROMPT.system_prompt));
    expect(app.toasts.filter(({ kind }) => kind === "bad")).toEqual([]);
  });

  it("says under which model each score was measured", async () => {
    const id = await open({ versions: 1 });
    const [version] = memory.engine.project(id).versions;
    const score = { score: 0.63, n: 100, missing: 0, low: 0.5, high: 0.7 };
    version!.validation = score;
    version!.measured = [
      { run: 2, run_name: "later", connection: 1, model: "demo", score: { ...score, score: 0.291 } },
      { run: 1, run_name: "first", connection: 9, model: "slow-small", score },
    ];
    render(PromptsScreen);
    const row = await within(versions()).findByRole("row", { name: /v1/ });
    expect(row.textContent).toMatch(/29\.1.*demo.*63\.0.*slow-small/s);
  });

  it("shows what a version scored that was asked in no run", async () => {
    const id = await open({ versions: 2 });
    const [newest] = memory.engine.project(id).versions;
    const score = { score: 0.255, n: 55, missing: 0, low: 0.158, high: 0.383 };
    const model = { connection: 9, model: "sim-primary", temperature: null, max_output_tokens: null, seed: null };
    memory.engine.outside.set(id, [{ version: newest!.id, model, score }]);
    render(PromptsScreen);
    const row = await within(versions()).findByRole("row", { name: /v2/ });
    await waitFor(() => expect(row.textContent).toMatch(/25\.5.*15\.8.*n 55.*in no run, sim-primary/s));
    expect(within(versions()).getByRole("row", { name: /v1/ }).textContent).toContain("not run");
  });

  it("says that locks were added when a version is saved with nothing but them", async () => {
    await open({ versions: 1 });
    render(PromptsScreen);
    await within(versions()).findByRole("row", { name: /v1/ });
    system().setSelectionRange(0, 9);
    await userEvent.click(screen.getByRole("button", { name: "Lock the selected text of the system prompt" }));
    await userEvent.keyboard("{Control>}s{/Control}");
    const dialog = await screen.findByRole("dialog", { name: "Save the locks of version 1" });
    expect(dialog.textContent).toContain("1 text locked");
  });

  it("keeps no second copy when what was being edited is a version already", async () => {
    const id = await open({ versions: 2 });
    render(PromptsScreen);
    await userEvent.click(await screen.findByRole("button", { name: "Restore version 1" }));
    await waitFor(() => expect(system().value).toBe("Try 1."));
    const list = await call("list_prompt_versions", { project: id });
    expect(list.map((version) => version.prompt.system_prompt).sort()).toEqual([
      "Try 1.",
      "Try 1.",
      "You route messages.",
    ]);
  });

  it("counts the lines changed since the newest and saves them with a note by Ctrl+S", async () => {
    const id = await open({ versions: 2 });
    render(PromptsScreen);
    await within(versions()).findByRole("row", { name: /v2/ });
    await userEvent.type(system(), "\nBilling covers refunds.");
    expect(await screen.findByRole("button", { name: "1 line changed since v2" })).toBeTruthy();
    await userEvent.keyboard("{Control>}s{/Control}");
    const dialog = await screen.findByRole("dialog", { name: "Save as version 3" });
    await userEvent.type(within(dialog).getByRole("textbox", { name: "Note (optional)" }), "refunds{Enter}");
    await waitFor(async () => {
      const saved = (await call("list_prompt_versions", { project: id })).find((version) => version.number === 3);
      expect(saved?.note).toBe("refunds");
    });
    await waitFor(() => expect(screen.queryByRole("button", { name: /changed since/ })).toBeNull());
  });
});

describe("a version that is saved", () => {
  it("shows the changes of the version it was made from, which undo makes the base again", async () => {
    const id = await open({ versions: 3 });
    const project = memory.engine.projects.find((known) => known.id === id)!;
    render(PromptsScreen);
    await within(versions()).findByRole("row", { name: /v3/ });
    const [oldest] = await call("list_prompt_versions", { project: id }).then((all) =>
      all.sort((a, b) => a.number - b.number),
    );
    // What is edited is the first version, as after a restart on it.
    await userEvent.clear(system());
    await userEvent.type(system(), oldest!.prompt.system_prompt);
    await waitFor(() => expect(screen.queryByRole("button", { name: /changed since/ })).toBeNull());
    await userEvent.type(system(), "\nBilling covers refunds.");
    expect(await screen.findByRole("button", { name: "1 line changed since v1" })).toBeTruthy();
    await userEvent.keyboard("{Control>}s{/Control}");
    const dialog = await screen.findByRole("dialog", { name: "Save as version 4" });
    expect(within(dialog).getAllByText(/v1/).length).toBeGreaterThan(0);
    expect(within(dialog).queryByText(/v3/)).toBeNull();
    await userEvent.click(within(dialog).getByRole("button", { name: "Save version 4" }));
    await waitFor(() => expect(screen.queryByRole("button", { name: /changed since/ })).toBeNull());
    await waitFor(() => expect(app.toasts.at(-1)?.message).toBe("Version 4 is saved."));
    app.toasts.at(-1)!.action!.run();
    expect(await screen.findByRole("button", { name: "1 line changed since v1" })).toBeTruthy();
    expect(project.versions).toHaveLength(3);
  });
});

describe("the draft", () => {
  it("is sent when the screen is left before the pause is over", async () => {
    await open();
    const { unmount } = render(PromptsScreen);
    await userEvent.type(system(), "!");
    expect(drafts()).toEqual([]);
    unmount();
    expect(drafts().map((draft) => draft.prompt.system_prompt)).toEqual(["You route messages.!"]);
  });

  it.each([
    ["blur", () => window.dispatchEvent(new Event("blur"))],
    ["pagehide", () => window.dispatchEvent(new Event("pagehide"))],
    [
      "hidden",
      () => {
        vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
        document.dispatchEvent(new Event("visibilitychange"));
      },
    ],
  ])("is sent when the window is left before the pause is over (%s)", async (_, leave) => {
    await open();
    render(PromptsScreen);
    await userEvent.type(system(), "!");
    expect(drafts()).toEqual([]);
    leave();
    expect(drafts().map((draft) => draft.prompt.system_prompt)).toEqual(["You route messages.!"]);
  });

  it("survives a project refresh and a visit to another screen", async () => {
    await open();
    const { unmount } = render(PromptsScreen);
    await userEvent.type(system(), "!");
    await app.refreshProject();
    expect(system().value).toBe("You route messages.!");
    unmount();
    render(PromptsScreen);
    expect(system().value).toBe("You route messages.!");
  });

  it("stays on screen with the reason when it cannot be saved", async () => {
    await open();
    memory.fail("save_draft", "The disk is full. Free some space.");
    render(PromptsScreen);
    await userEvent.type(system(), "!");
    expect(await screen.findByText(/Not saved. The disk is full/)).toBeTruthy();
    expect(system().value).toBe("You route messages.!");
    await userEvent.click(screen.getByRole("button", { name: "Train from these" }));
    expect(app.screen).toBe("prompts");
  });

  it("is saved before training starts from it", async () => {
    await open();
    render(PromptsScreen);
    await userEvent.type(system(), "!");
    await userEvent.click(screen.getByRole("button", { name: "Train from these" }));
    await waitFor(() => expect(app.screen).toBe("train"));
    expect(drafts().at(-1)?.prompt.system_prompt).toBe("You route messages.!");
    expect(app.project?.draft.prompt.system_prompt).toBe("You route messages.!");
  });
});

describe("variables", () => {
  it("names what is no column of the dataset", async () => {
    await open({ rows: 200 });
    render(PromptsScreen);
    await userEvent.type(system(), " {{{{nothing}}");
    const card = screen.getByRole("region", { name: "System prompt" });
    expect(within(card).getByText(/\{\{nothing\}\} is no column and is sent as it stands/)).toBeTruthy();
  });

  it("warns of the column that holds the ground truth", async () => {
    const id = await open({ rows: 200 });
    const truth = memory.engine.project(id).dataset!.info.roles.truth!;
    render(PromptsScreen);
    await userEvent.type(system(), ` {{{{${truth}}}`);
    const card = screen.getByRole("region", { name: "System prompt" });
    expect(
      within(card).getByText(`{{${truth}}} is the ground truth: every message would hold its own answer. Take it out.`),
    ).toBeTruthy();
  });
});

describe("trying", () => {
  it("shows what was sent, the answer and its score", async () => {
    await open({ rows: 200 });
    render(PromptsScreen);
    await within(trying()).findByText("ground truth");
    await userEvent.keyboard("{Control>}{Enter}{/Control}");
    expect(await within(trying()).findByText(/\d\.\d\d (no )?match/)).toBeTruthy();
    expect(within(trying()).getByText("Which queue?").className).toContain("output");
    expect(within(trying()).getByText("system message")).toBeTruthy();
    expect(within(trying()).getByText("simulated")).toBeTruthy();
  });

  it("says that the prompts changed since the answer", async () => {
    await open({ rows: 200 });
    render(PromptsScreen);
    await within(trying()).findByText("ground truth");
    await userEvent.keyboard("{Control>}{Enter}{/Control}");
    await within(trying()).findByText(/match/);
    await userEvent.type(system(), "!");
    expect(within(trying()).getByText(/The prompts changed since this answer/)).toBeTruthy();
  });

  it("keeps test rows sealed", async () => {
    const id = await open({ rows: 200 });
    const page = await call("list_examples", {
      project: id,
      filter: { ...EVERY_EXAMPLE, split: "test" },
      sort: null,
      offset: 0,
      limit: 1,
    });
    const sealed = page.rows[0];
    render(PromptsScreen);
    await within(trying()).findByText("ground truth");
    const number = within(trying()).getByRole("spinbutton", { name: /Row number/ });
    await userEvent.clear(number);
    await userEvent.type(number, `${sealed?.number}{Enter}`);
    number.blur();
    expect(await within(trying()).findByText(new RegExp(`Row ${sealed?.number} is a test row`))).toBeTruthy();
    expect(trying().textContent).not.toContain(sealed?.user_input);
  });

  it("shows a failure as a sentence", async () => {
    await open({ rows: 200 });
    memory.fail("start_try", "Groq refused the key. Open Connections and enter a working key.");
    render(PromptsScreen);
    await within(trying()).findByText("ground truth");
    await userEvent.click(within(trying()).getByRole("button", { name: /Run/ }));
    expect((await within(trying()).findByRole("alert")).textContent).toContain("Groq refused the key.");
  });

  it("shows the answer as it comes, and keeps what had come when it is stopped", async () => {
    await open({ rows: 200 });
    memory.engine.tries.holdAfter = 1;
    render(PromptsScreen);
    await within(trying()).findByText("ground truth");
    await userEvent.click(within(trying()).getByRole("button", { name: /Run/ }));
    expect(await within(trying()).findByText(/answer, as it comes; first words after 7 ms/)).toBeTruthy();
    expect(within(trying()).getByText("the model is writing…")).toBeTruthy();
    await userEvent.click(within(trying()).getByRole("button", { name: "Stop" }));
    expect(await within(trying()).findByText(/stopped; this had come, and is not kept/)).toBeTruthy();
    await waitFor(() => expect(within(trying()).queryByRole("button", { name: "Stop" })).toBeNull());
    expect(within(trying()).queryByText("latency")).toBeNull();
    memory.engine.tries.holdAfter = Infinity;
    await userEvent.click(within(trying()).getByRole("button", { name: /Run/ }));
    expect(await within(trying()).findByText(/first words after 7 ms/)).toBeTruthy();
    expect(await within(trying()).findByText("latency")).toBeTruthy();
    expect(within(trying()).queryByText(/as it comes|had come/)).toBeNull();
  });

  it("leaves the model when another row is chosen", async () => {
    await open({ rows: 200 });
    memory.engine.tries.holdAfter = 1;
    render(PromptsScreen);
    await within(trying()).findByText("ground truth");
    await userEvent.click(within(trying()).getByRole("button", { name: /Run/ }));
    await within(trying()).findByText(/answer, as it comes/);
    await userEvent.click(within(trying()).getByRole("button", { name: "Next row" }));
    await waitFor(() => expect(memory.calls.filter(({ name }) => name === "stop_try")).toHaveLength(1));
    expect(within(trying()).queryByText(/as it comes|had come/)).toBeNull();
  });

  it("goes on while another screen is looked at, and everything is there on return", async () => {
    await open({ rows: 200 });
    memory.engine.tries.holdAfter = 1;
    const { unmount } = render(PromptsScreen);
    await within(trying()).findByText("ground truth");
    await userEvent.click(within(trying()).getByRole("radio", { name: "Typed input" }));
    await userEvent.type(within(trying()).getByRole("textbox", { name: "Input" }), "Where is my parcel?");
    await userEvent.click(within(trying()).getByRole("button", { name: "Add a model" }));
    await userEvent.click(within(trying()).getByRole("button", { name: /Run/ }));
    await waitFor(() => expect(within(trying()).getAllByText(/answer, as it comes/)).toHaveLength(2));
    unmount();
    memory.engine.tries.holdAfter = Infinity;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(memory.calls.filter(({ name }) => name === "stop_try")).toEqual([]);
    render(PromptsScreen);
    expect(within(trying()).getByRole<HTMLTextAreaElement>("textbox", { name: "Input" }).value).toBe(
      "Where is my parcel?",
    );
    expect(await within(trying()).findByRole("region", { name: "Answers by model" })).toBeTruthy();
    expect(within(trying()).getByRole("button", { name: "Take out model 2" })).toBeTruthy();
    expect(await within(trying()).findAllByText("none: a typed input has no ground truth")).toHaveLength(2);
  });

  it("runs with the number that stands in a field which was not left", async () => {
    await open({ rows: 200 });
    render(PromptsScreen);
    await within(trying()).findByText("ground truth");
    const samples = within(trying()).getByLabelText("answers");
    await userEvent.clear(samples);
    await userEvent.type(samples, "5{Control>}{Enter}{/Control}");
    await waitFor(() => expect(memory.calls.filter(({ name }) => name === "start_try")).toHaveLength(5));
  });

  it("brings the answer and the score of some rows into view", async () => {
    await open({ rows: 200 });
    render(PromptsScreen);
    await within(trying()).findByText("ground truth");
    const seen: string[] = [];
    vi.spyOn(Element.prototype, "scrollIntoView").mockImplementation(function (this: Element) {
      seen.push(this.textContent ?? "");
    });
    await userEvent.keyboard("{Control>}{Enter}{/Control}");
    await waitFor(() => expect(seen.join()).toContain("latency"));
    const status = within(screen.getByRole("region", { name: "Try on random rows" })).getByRole("status");
    await userEvent.click(screen.getByRole("button", { name: "Try on 20 random rows" }));
    await waitFor(() => expect(seen.join()).toMatch(/of 20 right/));
    expect(status.textContent, "it stood there before, so it is heard").toMatch(/of 20 right/);
  });

  it("has what was typed and the chosen tab again after a restart", async () => {
    const id = await open({ rows: 60 });
    render(PromptsScreen);
    await userEvent.click(within(trying()).getByRole("radio", { name: "Typed input" }));
    await userEvent.type(within(trying()).getByLabelText("Input"), "Where is it?");
    await userEvent.click(screen.getByRole("tab", { name: "Optimizer instructions" }));
    await restart(id);
    render(PromptsScreen);
    expect(screen.getByRole("tab", { selected: true }).textContent).toContain("Optimizer instructions");
    await userEvent.click(screen.getByRole("tab", { name: "Prompts" }));
    expect(within(trying()).getByLabelText<HTMLTextAreaElement>("Input").value).toBe("Where is it?");
  });

  it("takes a typed input where there is no dataset", async () => {
    await open();
    render(PromptsScreen);
    await userEvent.type(await within(trying()).findByRole("textbox", { name: "Input" }), "Where is my parcel?");
    await waitFor(() =>
      expect(within(trying()).getByRole<HTMLButtonElement>("button", { name: /Run/ }).disabled).toBe(false),
    );
    await userEvent.click(within(trying()).getByRole("button", { name: /Run/ }));
    expect(await within(trying()).findByText("none: a typed input has no ground truth")).toBeTruthy();
  });
});

describe("optimizer instructions", () => {
  it("go back to the default", async () => {
    await open();
    render(PromptsScreen);
    await userEvent.click(screen.getByRole("tab", { name: "Optimizer instructions" }));
    const text = await screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Optimizer instructions" });
    const standard = text.value;
    expect(screen.getByText("It never receives validation or test examples.")).toBeTruthy();
    await userEvent.type(text, " Be brief.");
    await userEvent.click(await screen.findByRole("button", { name: "Back to the default" }));
    expect(text.value).toBe(standard);
    expect(await screen.findByText("the default")).toBeTruthy();
    expect(edits.toUndo).toBe("Back to the default instructions");
    await edits.undo();
    await waitFor(() => expect(text.value).toBe(`${standard} Be brief.`));
    await edits.redo();
    await waitFor(() => expect(text.value).toBe(standard));
    expect(drafts().at(-1)?.optimizer_system_prompt).toBe(standard);
  });

  it("have what a call costs and what was added to the default below them", async () => {
    memory.engine.connections.list = [...memory.engine.connections.list, { ...DEMO, id: 7, kind: "openai" }];
    memory.engine.keeping.prices = [{ model: "gpt-x", input: 10, output: 30, cached_input: null }];
    const usual = memory.engine.defaultConfig.bind(memory.engine);
    memory.engine.defaultConfig = (project) => {
      const config = usual(project);
      return { ...config, optimizer: { ...config.optimizer, connection: 7, model: "gpt-x" } };
    };
    await open();
    render(PromptsScreen);
    await userEvent.click(screen.getByRole("tab", { name: "Optimizer instructions" }));
    const text = await screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Optimizer instructions" });
    const said = () => document.querySelector("p.bar")?.textContent ?? "";
    await waitFor(() => expect(said()).toMatch(/\$[\d.]+ a call of \S+, \$[\d.]+ per 1,000/));
    expect(said()).not.toContain("since");
    await userEvent.type(text, " Be brief.");
    await waitFor(() => expect(said()).toMatch(/\+\d+ tokens, \+\$[\d.]+ a call since the default/));
  });
});
