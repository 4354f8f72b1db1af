import { EditorView } from "@codemirror/view";
import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import App from "../App.svelte";
import type { MemoryClient } from "../api/memory";
import { tickets } from "../api/memory/corpus";
import { addWorkedProject } from "../api/memory/scenario";
import { freshWindow, PLACE } from "../testing/window";
import { draftOf } from "../features/prompts/draft.svelte";
import { place } from "../features/train/place.svelte";
import { tooltip } from "../format/tooltip";
import { typing } from "../components/editor/lastTyped";
import { edits } from "./edits.svelte";
import { inspector } from "./inspector.svelte";
import { deleteRun } from "./runEdits";
import { app } from "./state.svelte";

let client: MemoryClient;
beforeEach(() => {
  client = freshWindow();
});

function addProject(name: string) {
  const project = client.engine.addProject(name);
  client.engine.addDataset(project, tickets(120), "tickets.csv");
  return project;
}

async function started() {
  render(App);
  await screen.findByRole("heading", { name: "Projects" });
}

/** The editor of the system prompt, which comes after the plain field that stands in for it. */
function systemPrompt(): Promise<EditorView> {
  return waitFor(() => {
    const found = EditorView.findFromDOM(screen.getByRole("textbox", { name: "System prompt" }));
    expect(found).not.toBeNull();
    return found!;
  });
}

describe("window", () => {
  it("has nothing to navigate before a project is open", async () => {
    await started();
    expect((screen.getByRole("button", { name: "Data" }) as HTMLButtonElement).disabled).toBe(true);
    await userEvent.keyboard("2");
    expect(app.screen).toBe("home");
  });

  it("reopens the project and the screen of the last time", async () => {
    const project = addProject("Support routing");
    localStorage.setItem(PLACE, JSON.stringify({ project: project.id, screen: "data" }));
    render(App);
    expect(await screen.findByRole("heading", { name: "Data" })).toBeTruthy();
    const navigation = within(screen.getByRole("navigation", { name: "MLprompt" }));
    expect(navigation.getByRole("button", { name: /^Data/ }).getAttribute("aria-current")).toBe("page");
  });

  it("opens a single project with data on the very first start, ready to train", async () => {
    addProject("Sample");
    localStorage.clear();
    render(App);
    expect(await screen.findByRole("heading", { name: "Train" })).toBeTruthy();
  });

  it("starts on Home when the last project is gone, without an error", async () => {
    localStorage.setItem(PLACE, JSON.stringify({ project: 77, screen: "train" }));
    await started();
    expect(app.toasts).toHaveLength(0);
  });

  it("moves between screens with 1 to 4, but not while text is typed", async () => {
    const project = addProject("Support routing");
    await started();
    await app.openProject(project.id, "data");
    await userEvent.type(await screen.findByLabelText("Search in examples"), "3");
    expect(app.screen).toBe("data");
    (document.activeElement as HTMLElement).blur();
    await userEvent.keyboard("4");
    expect(app.screen).toBe("compare");
  });

  it("takes back with Ctrl Z what the last message offers, but not while text is typed", async () => {
    client.engine.addProject("Kept");
    client.engine.addProject("Gone");
    render(App);
    (await screen.findByRole("button", { name: "Gone" })).focus();
    await userEvent.keyboard("{Delete}");
    expect(await screen.findByText("“Gone” is deleted.")).toBeTruthy();
    (await screen.findByRole("button", { name: "Kept" })).focus();
    await userEvent.keyboard("{F2}");
    const field = await screen.findByRole("textbox", { name: "Name of the project" });
    await waitFor(() => expect(document.activeElement).toBe(field));
    await userEvent.keyboard("{Control>}z{/Control}{Escape}");
    expect(screen.queryByRole("button", { name: "Gone" })).toBeNull();
    await userEvent.keyboard("{Control>}z{/Control}");
    expect(await screen.findByRole("button", { name: "Gone" })).toBeTruthy();
    await waitFor(() => expect(screen.queryByText("“Gone” is deleted.")).toBeNull());
  });

  it("speaks of the last change alone, not of all before it", async () => {
    render(App);
    for (const what of ["first", "second"]) app.notify({ kind: "info", message: `The ${what} change.`, topic: "edit" });
    app.notify({ kind: "info", message: "Something else." });
    expect(await screen.findByText("The second change.")).toBeTruthy();
    expect(screen.queryByText("The first change.")).toBeNull();
    expect(screen.getByText("Something else.")).toBeTruthy();
  });

  it("says once what goes wrong in the same words", async () => {
    render(App);
    for (const message of ["The file is gone.", "Another.", "The file is gone."]) app.notify({ kind: "bad", message });
    expect(await screen.findByText("Another.")).toBeTruthy();
    expect(screen.getAllByText("The file is gone.")).toHaveLength(1);
    // It is the newest, and heard again.
    expect(app.toasts.map(({ message }) => message)).toEqual(["Another.", "The file is gone."]);
  });

  it("opens the import sheet on dropped files, and a second drop replaces the first", async () => {
    client.engine.files.add("/a.csv", "input,label\na,b\n");
    client.engine.files.add("/b.csv", "input,label\na,b\nc,d\n");
    await started();
    client.drop({ type: "enter" });
    expect(await screen.findByText("Drop to import")).toBeTruthy();
    client.drop({ type: "drop", paths: ["/a.csv"] });
    expect(await screen.findByRole("button", { name: "Import 1 example" })).toBeTruthy();
    expect(screen.queryByText("Drop to import")).toBeNull();
    client.drop({ type: "drop", paths: ["/b.csv"] });
    expect(await screen.findByRole("button", { name: "Import 2 examples" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Import 1 example" })).toBeNull();
  });

  it("asks what to do with active runs before it closes", async () => {
    const project = addProject("Support routing");
    client.engine.startRun(project, client.engine.defaultConfig(project));
    await started();
    client.requestClose();
    expect(await screen.findByRole("heading", { name: "1 run is still active" })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Keep running" }));
    await waitFor(() => expect(client.closed).toBe("keep_running"));
  });

  it("keeps what is being typed before it closes", async () => {
    const project = addProject("Support routing");
    await started();
    await app.openProject(project.id, "prompts");
    const view = await systemPrompt();
    view.dispatch({ changes: { from: 0, insert: "DRAFTY" }, userEvent: "input.type" });
    expect(project.draft.prompt.system_prompt).not.toContain("DRAFTY");
    client.requestClose();
    await waitFor(() => expect(client.closed).toBe("close"));
    expect(project.draft.prompt.system_prompt).toContain("DRAFTY");
  });

  it("takes typing back from outside of the editor, in its turn among other changes", async () => {
    const project = addProject("Support routing");
    await started();
    await app.openProject(project.id, "prompts");
    const view = await systemPrompt();
    const type = (insert: string) => view.dispatch({ changes: { from: 0, insert }, userEvent: "input.type" });
    const press = async (shiftKey = false) => {
      view.contentDOM.blur();
      await fireEvent.keyDown(document.body, { key: "z", ctrlKey: true, shiftKey });
    };
    type("first ");
    await press();
    expect(view.state.doc.toString()).not.toContain("first");
    expect(app.toasts.at(-1)?.message).toBe("Undone: typing in “System prompt”.");
    await press(true);
    expect(view.state.doc.toString()).toContain("first");

    let renamed = true;
    edits.record({ name: "Rename it", undo: () => (renamed = false), redo: () => (renamed = true) });
    await press();
    await waitFor(() => expect(renamed).toBe(false));
    expect(view.state.doc.toString(), "what was changed last goes first").toContain("first");
    type("second ");
    await press();
    expect(view.state.doc.toString()).not.toContain("second");
    // With its editor the typing is gone.
    app.navigate("data");
    await waitFor(() => expect(typing("undo")).toBeNull());
  });

  it("waits for keys that were pressed before it was asked to close", async () => {
    const project = addProject("Support routing");
    await started();
    await app.openProject(project.id, "prompts");
    await screen.findByRole("textbox", { name: "System prompt" });
    const draft = draftOf(app.project!);
    client.requestClose();
    for (const text of ["late", "later"]) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      await fireEvent.keyDown(document.body, { key: "x" });
      draft.editPrompt({ system_prompt: text });
    }
    await waitFor(() => expect(client.closed).toBe("close"));
    expect(project.draft.prompt.system_prompt).toBe("later");
  });

  it("keeps the form of a new run before it closes", async () => {
    const project = addProject("Support routing");
    await started();
    place.startNew(project.id);
    await app.openProject(project.id, "train");
    const epochs = await screen.findByLabelText<HTMLInputElement>("After epochs");
    await userEvent.clear(epochs);
    await userEvent.type(epochs, "7{Tab}");
    client.requestClose();
    await waitFor(() => expect(client.closed).toBe("close"));
    expect(project.prepared?.config.epochs).toBe(7);
  });

  it("stays open once when something can not be saved, and says so", async () => {
    const project = addProject("Support routing");
    await started();
    await app.openProject(project.id, "prompts");
    await screen.findByRole("textbox", { name: "System prompt" });
    client.fail("save_draft", "The disk is full. Free some space.");
    draftOf(app.project!).editPrompt({ system_prompt: "DRAFTY" });
    client.requestClose();
    await waitFor(() => expect(client.closed).toBe("cancel"));
    expect(await screen.findByText(/could not be saved, so the window stays open/)).toBeTruthy();
    client.requestClose();
    await waitFor(() => expect(client.closed).toBe("close"));
  });

  it("says a name of 300 characters shortly where it stands in a sentence or on a button", async () => {
    const project = addProject("Support routing");
    const name = `long ${"z".repeat(295)}`;
    const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name });
    run.interrupt();
    await started();
    const banner = await screen.findByRole("region", { name: "Interrupted run" });
    expect(banner.textContent).toMatch(/Run “long z{75}…” of Support routing was\s+interrupted/);
    expect([...banner.querySelectorAll<HTMLElement>("[title]")].map(({ title }) => title)).toContain(tooltip(name));
    place.startNew(project.id);
    await app.openProject(project.id, "train");
    const back = await screen.findByRole("button", { name: /^Back to long/ });
    expect(back.title).toBe(tooltip(name));
    expect(back.querySelector(".clip")?.textContent).toBe(`Back to ${name}`);
    const parent = { run: run.id, epoch: 0, kind: "again" as const };
    place.startNew(project.id, {
      kind: "settings",
      config: { ...client.engine.defaultConfig(project), parent },
      of: name,
    });
    expect((await screen.findByText(/“long z{75}…”\.$/)).closest("p")?.title).toBe(tooltip(name));
  });

  it("offers to resume a run that was interrupted", async () => {
    const project = addProject("Support routing");
    const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "overnight" });
    run.interrupt();
    await started();
    const banner = await screen.findByRole("region", { name: "Interrupted run" });
    expect(banner.textContent).toContain("overnight");
    await userEvent.click(screen.getByRole("button", { name: "Resume" }));
    await waitFor(() => expect(run.status).toBe("running"));
    await waitFor(() => expect(screen.queryByRole("region", { name: "Interrupted run" })).toBeNull());
    await waitFor(() => expect(app.screen).toBe("train"));
  });
});

describe("what another program adds to the open project", () => {
  it("is there as soon as one comes back to the window", async () => {
    const project = addProject("Support routing");
    await started();
    await app.openProject(project.id, "compare");
    await screen.findByText("There is no run to compare");
    client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "from the terminal" }).finishNow();
    window.dispatchEvent(new Event("focus"));
    expect(await screen.findByRole("checkbox", { name: "Compare from the terminal" })).toBeTruthy();
  });

  it("is not asked for in full while there is nothing new", async () => {
    const project = addProject("Support routing");
    await started();
    await app.openProject(project.id, "compare");
    const shown = app.project;
    window.dispatchEvent(new Event("focus"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(app.project).toBe(shown);
  });
});

describe("a run that was deleted on Train", () => {
  it("comes back with Ctrl Z, though the form of a new one has a history of its own", async () => {
    const project = addProject("Support routing");
    const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "gone" });
    run.stop();
    await started();
    await app.openProject(project.id, "train");
    await screen.findByText("Cancelled");
    await deleteRun(run.summary(), () => place.startNew(project.id));
    await screen.findByRole("heading", { name: "New run" });
    expect(app.project?.runs).toHaveLength(0);
    await fireEvent.keyDown(document.body, { key: "z", ctrlKey: true });
    await waitFor(() => expect(app.project?.runs).toHaveLength(1));
    expect(screen.queryByText("There is nothing to undo.")).toBeNull();
  });
});

describe("palette", () => {
  it("finds a command by words and runs it with Enter", async () => {
    addWorkedProject(client.engine, "Invoice fields", 120, 0);
    await started();
    await userEvent.keyboard("{Control>}k{/Control}");
    const input = await screen.findByRole("combobox", { name: "Search or run" });
    await waitFor(() => expect(screen.getByRole("option", { name: /Open Invoice fields/ })).toBeTruthy());
    await userEvent.type(input, "open inv{Enter}");
    await waitFor(() => expect(app.project?.project.name).toBe("Invoice fields"));
    expect(app.sheet).toBeNull();
  });

  it("shows an example by its number", async () => {
    const project = addProject("Support routing");
    await started();
    await app.openProject(project.id, "data");
    await userEvent.keyboard("{Control>}k{/Control}");
    await userEvent.type(await screen.findByRole("combobox", { name: "Search or run" }), "42{Enter}");
    await waitFor(() => expect(inspector.shown?.example.number).toBe(42));
    expect(await screen.findByRole("complementary", { name: "Row inspector" })).toBeTruthy();
  });

  it("reaches every run, version and epoch by name or number, and the themes", async () => {
    const project = addWorkedProject(client.engine, "Support routing", 120, 2);
    const run = client.engine.runs.find((known) => known.project === project.id)!;
    await started();
    await app.openProject(project.id, "data");
    const type = async (text: string) => {
      await userEvent.keyboard("{Control>}k{/Control}");
      const input = await screen.findByRole("combobox", { name: "Search or run" });
      // The lists behind it arrive a moment after it opens.
      await waitFor(() => expect(screen.getByRole("option", { name: /Show prompt version 1/ })).toBeTruthy());
      await userEvent.type(input, text);
    };
    await type(`open run ${run.name}{Enter}`);
    await waitFor(() => expect(app.screen).toBe("train"));
    expect(await screen.findByText(run.name, { selector: ".clip" })).toBeTruthy();
    await type("prompt version 1{Enter}");
    expect(await screen.findByRole("dialog", { name: "Compare two versions" })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Close" }));
    await type("high contrast{Enter}");
    await waitFor(() => expect(document.documentElement.dataset.contrast).toBe("more"));
    await type("light theme{Enter}");
    await waitFor(() => expect(document.documentElement.dataset.contrast).toBeUndefined());
  });
});
