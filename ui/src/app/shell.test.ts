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
import { count } from "../format/count";
import { tooltip } from "../format/tooltip";
import { typing } from "../components/editor/lastTyped";
import { edits } from "./edits.svelte";
import { inspector } from "./inspector.svelte";
import { deleteRun } from "./runEdits";
import { runs } from "./runs.svelte";
import { app } from "./state.svelte";
import { finishRun, stopRun, wishOf } from "./steering.svelte";

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

describe("run pill", () => {
  async function running() {
    const project = addProject("Support routing");
    const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "steady" });
    await started();
    return { run, pill: await screen.findByRole("group", { name: "Run Support routing · steady" }) };
  }

  it("follows the run on every screen and says that it is simulated", async () => {
    const { pill } = await running();
    await waitFor(() => {
      client.advance(1);
      expect(pill.textContent).toContain("training");
    });
    expect(pill.textContent).toContain("simulated");
    expect(pill.textContent).toContain("of 10,000 calls");
  });

  it("is heard of on every screen but its own when it pauses, goes on and ends", async () => {
    const { run, pill } = await running();
    const said = (words: string) =>
      waitFor(() => expect(screen.getAllByRole("status").map((region) => region.textContent)).toContain(words));
    await userEvent.click(within(pill).getByRole("button", { name: "Pause" }));
    await said("“steady” of “Support routing” is paused.");
    await userEvent.click(within(pill).getByRole("button", { name: "Resume" }));
    await said("“steady” of “Support routing” is running.");
    await userEvent.click(within(pill).getByRole("button", { name: "Stop" }));
    await userEvent.click(await screen.findByRole("button", { name: "Stop the run" }));
    await waitFor(() => expect(run.status).toBe("cancelled"));
    const toast = (await screen.findByText(/^“steady” of “Support routing” was cancelled\./)).parentElement!;
    await userEvent.click(within(toast).getByRole("button", { name: "Show" }));
    await waitFor(() => expect([app.screen, place.run(run.project)]).toEqual(["train", run.id]));
  });

  it("says no longer that it pauses once its own card let it go on", async () => {
    const { run, pill } = await running();
    await userEvent.click(within(pill).getByRole("button", { name: "Pause" }));
    await waitFor(() => expect(run.status).toBe("paused"));
    await app.openProject(run.project, "train");
    place.show(run.project, run.id);
    const card = await screen.findByRole("status", { name: "State of this run" });
    await userEvent.click(await within(card).findByRole("button", { name: "Resume" }));
    await waitFor(() => expect(run.status).toBe("running"));
    const again = await screen.findByRole("group", { name: /^Run .*steady$/ });
    await waitFor(() => expect(within(again).getByTitle("Show this run").textContent).toContain("Running"));
    expect(within(again).getByRole<HTMLButtonElement>("button", { name: "Pause" }).disabled).toBe(false);
  });

  it("says no longer that it pauses once another program let it go on", async () => {
    const { run } = await running();
    await app.openProject(run.project, "data");
    await screen.findByRole("heading", { name: "Data" });
    const pill = await screen.findByRole("group", { name: "Run steady" });
    await userEvent.click(within(pill).getByRole("button", { name: "Pause" }));
    await within(pill).findByRole("button", { name: "Resume" });
    run.resume();
    window.dispatchEvent(new Event("focus"));
    const pause = await within(pill).findByRole<HTMLButtonElement>("button", { name: "Pause" });
    await waitFor(() => expect(within(pill).getByTitle("Show this run").textContent).toContain("Running"));
    await waitFor(() => expect(pause.disabled).toBe(false));
    expect(pill.textContent).not.toContain("Pausing…");
    // The next pause is shown at once again.
    const answer = client.hold("pause_run");
    await userEvent.click(pause);
    expect(pill.textContent).toContain("Pausing…");
    answer();
    await within(pill).findByRole("button", { name: "Resume" });
  });

  it("says that it stops until it has, also while it stands still", async () => {
    const { run, pill } = await running();
    await userEvent.click(within(pill).getByRole("button", { name: "Pause" }));
    await within(pill).findByRole("button", { name: "Resume" });
    const answer = client.hold("stop_run");
    void stopRun(run.id);
    await waitFor(() => expect(pill.textContent).toContain("Stopping…"));
    await runs.reload(run.id);
    expect(wishOf(runs.get(run.id)!.summary)).toBe("stopping");
    answer();
    await waitFor(() => expect(pill.isConnected).toBe(false));
  });

  it("shows the limit that the run comes nearest to", async () => {
    const project = addProject("Support routing");
    const budget = { max_calls: 10_000, max_tokens: 50_000, max_cost: null, max_seconds: null };
    const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "steady", budget });
    await started();
    const pill = await screen.findByRole("group", { name: "Run Support routing · steady" });
    await waitFor(() => {
      client.advance(1);
      expect(pill.textContent).toMatch(/[1-9][\d,]* of 50,000 tokens/);
    });
    const { prompt_tokens: read, completion_tokens: written } = run.usage;
    await waitFor(() => expect(pill.textContent).toContain(`${count(read + written)} of 50,000 tokens`));
    expect(pill.textContent).not.toContain("calls");
  });

  it("is not told of beside its own screen, which says it itself", async () => {
    const { run } = await running();
    await app.openProject(run.project, "train");
    await screen.findByRole("heading", { name: "Train" });
    run.stop();
    await screen.findByText("Cancelled");
    expect(app.toasts).toHaveLength(0);
  });

  it("names the run of a project that is not open, also where it asks whether to stop it", async () => {
    await running();
    const other = addProject("Another");
    await app.openProject(other.id, "data");
    await screen.findByRole("heading", { name: "Data" });
    const pill = await screen.findByRole("group", { name: "Run Support routing · steady" });
    expect(pill.textContent).toContain("Support routing · steady");
    await userEvent.click(within(pill).getByRole("button", { name: "Stop" }));
    expect(await screen.findByRole("heading", { name: "Stop “Support routing · steady”?" })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
    // In its own project it is plain which one it is.
    await app.openProject(client.engine.projects.find((known) => known.name === "Support routing")!.id, "data");
    await waitFor(() => expect(screen.getByRole("group", { name: "Run steady" }).textContent).not.toContain("steady"));
  });

  it("lists all that go on, each to go to, to pause and to stop", async () => {
    const { run } = await running();
    const other = addProject("Another");
    const second = client.engine.startRun(other, { ...client.engine.defaultConfig(other), name: "second" });
    await app.openProject(other.id, "data");
    await runs.watch(second.id);
    await userEvent.click(await screen.findByRole("button", { name: "1 more: show all runs that go on" }));
    const list = await screen.findByRole("list", { name: "Runs that go on" });
    await within(list).findByText("Support routing · steady");
    await userEvent.click(within(list).getByRole("button", { name: "Pause Support routing · steady" }));
    await waitFor(() => expect(run.status).toBe("paused"));
    expect(second.status).toBe("running");
    await userEvent.click(within(list).getByRole("button", { name: "Stop Another · second" }));
    expect(await screen.findByRole("heading", { name: /^Stop “second”/ })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Stop the run" }));
    await waitFor(() => expect(second.status).toBe("cancelled"));
    await userEvent.click(await screen.findByRole("button", { name: "Show Support routing · steady" }));
    await waitFor(() => expect(app.projectId).toBe(run.project));
    expect(place.run(run.project)).toBe(run.id);
    expect(screen.queryByRole("list", { name: "Runs that go on" })).toBeNull();
  });

  it("names its run beside the results of another one, and leads to it", async () => {
    const project = addProject("Support routing");
    const over = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "finished" });
    over.stop();
    const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "steady" });
    await started();
    await app.openProject(project.id, "train");
    const pill = await screen.findByRole("group", { name: "Run steady" });
    place.show(project.id, over.id);
    await waitFor(() => expect(pill.textContent).toContain("steady"));
    await userEvent.click(within(pill).getByTitle("Show this run"));
    expect(place.run(project.id)).toBe(run.id);
    await waitFor(() => expect(pill.textContent).not.toContain("steady"));
  });

  it("says that it waits for a server that is not reached, and goes on when it is there again", async () => {
    const { run, pill } = await running();
    await waitFor(() => {
      client.advance(1);
      expect(pill.textContent).toContain("training");
    });
    run.waits({ until: Date.now() + 90_000, reason: "failures" });
    await waitFor(() => expect(pill.textContent).toMatch(/waiting (90|8\d) s, the server failed/));
    expect(within(pill).getByRole("button", { name: "Pause" })).toBeTruthy();
    client.advance(1);
    await waitFor(() => expect(pill.textContent).not.toContain("waiting"));
  });

  it("shows at once what it was told, and tells it once", async () => {
    const { run, pill } = await running();
    const answer = client.hold("pause_run");
    await userEvent.click(screen.getByRole("button", { name: "Pause" }));
    expect(pill.textContent).toContain("Pausing…");
    expect(pill.textContent).not.toContain("Running");
    expect((within(pill).getByRole("button", { name: "Pause" }) as HTMLButtonElement).disabled).toBe(true);
    expect(run.status).toBe("running");
    answer();
    await screen.findByRole("button", { name: "Resume" });
    expect(pill.textContent).not.toContain("Pausing…");
    const stopped = client.hold("stop_run");
    await userEvent.click(screen.getByRole("button", { name: "Stop" }));
    await userEvent.click(await screen.findByRole("button", { name: "Stop the run" }));
    await waitFor(() => expect(pill.textContent).toContain("Stopping…"));
    stopped();
    await waitFor(() => expect(screen.queryByRole("group", { name: "Run steady" })).toBeNull());
  });

  it("says that it finishes until the test split is open, and then what it does", async () => {
    const { run, pill } = await running();
    const answer = client.hold("finish_run");
    void finishRun(run.id);
    await waitFor(() => expect(pill.textContent).toContain("Finishing…"));
    expect((within(pill).getByRole("button", { name: "Stop" }) as HTMLButtonElement).disabled).toBe(false);
    const live = runs.get(run.id)!;
    expect(wishOf(live.summary)).toBe("finishing");
    const testing = { epoch: 1, phase: "test", done: 0, total: 30, waiting: null } as const;
    expect(wishOf({ ...live.summary, progress: testing }), "it says so itself").toBeNull();
    answer();
    await waitFor(() => expect(runs.get(run.id)?.summary.status).toBe("completed"));
    expect(wishOf(runs.get(run.id)!.summary)).toBeNull();
  });

  it("says before a stop what becomes of the test split, also while it is being measured", async () => {
    const { run } = await running();
    await userEvent.click(screen.getByRole("button", { name: "Stop" }));
    const dialog = await screen.findByRole("dialog", { name: /^Stop / });
    expect(dialog.textContent).toContain("The run does not open its test split.");
    await waitFor(() => {
      client.advance(1);
      expect(runs.get(run.id)?.progress?.phase).toBe("test");
    });
    await waitFor(() => expect(dialog.textContent).toMatch(/being measured: the examples count as opened/));
    expect(dialog.textContent).not.toContain("does not open");
  });

  it("counts the version that an epoch brought while the run goes on", async () => {
    const { run } = await running();
    await app.openProject(run.project, "data");
    expect(app.project?.version).toBe(0);
    await waitFor(() => {
      client.advance(20);
      expect(run.view().epochs.some(({ decision }) => decision === "accepted")).toBe(true);
    });
    const { system_prompt, output_prompt } = run.bestPrompt();
    const prompt = { system_prompt, output_prompt };
    client.engine.addVersion(client.engine.project(run.project), prompt, "", run);
    expect(await screen.findByRole("button", { name: "Prompts v1" })).toBeTruthy();
    expect(run.status).toBe("running");
  });

  it("names the simulated part: real answers beside a simulated optimizer are no simulated run", async () => {
    const { run, pill } = await running();
    expect(pill.textContent).toContain("simulated");
    run.simulatedRoles.splice(0, run.simulatedRoles.length, "optimizer");
    await runs.reload(run.id);
    await waitFor(() => expect(pill.textContent).toContain("simulated optimizer"));
  });

  it("pauses and resumes", async () => {
    const { run } = await running();
    await userEvent.click(screen.getByRole("button", { name: "Pause" }));
    await userEvent.click(await screen.findByRole("button", { name: "Resume" }));
    await waitFor(() => expect(run.status).toBe("running"));
  });

  it("goes when a run that waits is stopped, of which nothing more is told", async () => {
    const { run, pill } = await running();
    await userEvent.click(screen.getByRole("button", { name: "Pause" }));
    await screen.findByRole("button", { name: "Resume" });
    await userEvent.click(screen.getByRole("button", { name: "Stop" }));
    await userEvent.click(await screen.findByRole("button", { name: "Stop the run" }));
    await waitFor(() => expect(run.status).toBe("cancelled"));
    await waitFor(() => expect(pill.isConnected).toBe(false));
    expect(screen.queryByRole("group", { name: /steady/ })).toBeNull();
  });

  it("stops only after the question", async () => {
    const { run, pill } = await running();
    await userEvent.click(screen.getByRole("button", { name: "Stop" }));
    expect(run.status).toBe("running");
    await userEvent.click(await screen.findByRole("button", { name: "Stop the run" }));
    await waitFor(() => expect(run.status).toBe("cancelled"));
    await waitFor(() => expect(pill.isConnected).toBe(false));
    expect(screen.queryByRole("group", { name: /steady/ })).toBeNull();
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
