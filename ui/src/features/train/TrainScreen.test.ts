import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { RunConfig } from "../../api/bindings/RunConfig";
import type { MemoryClient } from "../../api/memory";
import { addWorkedProject } from "../../api/memory/scenario";
import { inspector } from "../../app/inspector.svelte";
import { runs } from "../../app/runs.svelte";
import { app } from "../../app/state.svelte";
import { asked, freshClient } from "../../testing/client";
import { place } from "./place.svelte";
import TrainScreen from "./TrainScreen.svelte";

let client: MemoryClient;
type Project = ReturnType<typeof addWorkedProject>;

beforeEach(() => {
  client = freshClient();
});

async function open(project: Project) {
  await app.openProject(project.id, "train");
  return render(TrainScreen);
}

function start(project: Project, change = {}) {
  return client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "mine", ...change });
}

describe("before a run", () => {
  it("sends a project without examples to Data", async () => {
    await open(client.engine.addProject("Empty"));
    await userEvent.click(screen.getByRole("button", { name: "Go to Data" }));
    expect(app.screen).toBe("data");
  });

  it("shows what the run will use and where data goes before anything is spent", async () => {
    await open(addWorkedProject(client.engine, "Tickets", 120, 0));
    expect(await screen.findByRole("button", { name: /Start training/ })).toBeDefined();
    expect((await screen.findAllByText("Data stays on this computer.")).length).toBeGreaterThan(0);
    expect(screen.getAllByText("simulated").length).toBeGreaterThan(0);
    expect(asked(client, "start_run")).toEqual([]);
  });

  it("starts with Ctrl+Enter, with what the field being typed in says, and shows the run", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 0);
    await open(project);
    const epochs = await screen.findByLabelText("After epochs");
    await userEvent.clear(epochs);
    await userEvent.type(epochs, "3");
    await userEvent.keyboard("{Control>}{Enter}{/Control}");
    await waitFor(() => expect(asked(client, "start_run")).toHaveLength(1));
    expect(asked(client, "start_run")[0]).toMatchObject({ project: project.id, config: { epochs: 3 } });
    expect(await screen.findByRole("button", { name: "New run" })).toBeDefined();
  });

  it("does not start while a field holds no number, and leads to it", async () => {
    await open(addWorkedProject(client.engine, "Tickets", 120, 0));
    const epochs = await screen.findByLabelText("After epochs");
    await userEvent.clear(epochs);
    await userEvent.click(screen.getByRole("button", { name: /Start training/ }));
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("After epochs")));
    expect(asked(client, "start_run")).toEqual([]);
  });

  it("names a missing model at its field", async () => {
    await open(addWorkedProject(client.engine, "Tickets", 120, 0));
    await userEvent.clear(await screen.findByLabelText("Primary model: name"));
    await userEvent.click(screen.getByRole("button", { name: /Start training/ }));
    expect(await screen.findByText("Name the model that answers the examples.")).toBeDefined();
    expect(asked(client, "start_run")).toEqual([]);
  });

  it("offers to measure what the asserts of the file ask for", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 1);
    const wish = [{ metric: { kind: "judge" as const, rubric: "is kind" }, weight: 1 }];
    if (project.dataset) project.dataset.info.suggested_metric.from_file = wish;
    await open(project);
    await userEvent.click(await screen.findByRole("button", { name: "New run" }));
    await userEvent.click(await screen.findByRole("button", { name: "Measure that" }));
    expect(await screen.findByText(/As the asserts of the file ask: LLM judge/)).toBeDefined();
    await userEvent.click(screen.getByRole("button", { name: /Start training/ }));
    await waitFor(() => expect(asked(client, "start_run")).toHaveLength(1));
    const { config } = asked(client, "start_run")[0] as { config: { metrics: unknown; judge: unknown } };
    expect(config.metrics).toEqual(wish);
    expect(config.judge).not.toBeNull();
    await waitFor(() => expect(app.project?.runs).toHaveLength(2));
  });

  it("keeps the focus with the keys where the button that was pressed goes with its screen", async () => {
    await open(addWorkedProject(client.engine, "Tickets", 120, 1));
    (await screen.findByRole("button", { name: "New run" })).focus();
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("heading", { name: "New run" })));
    screen.getByRole("button", { name: /^Back to/ }).focus();
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Train" })));
  });

  it("says in the engine's words why a run can not start, and can try again", async () => {
    await open(addWorkedProject(client.engine, "Tickets", 120, 0));
    const button = await screen.findByRole("button", { name: /Start training/ });
    client.fail("start_run", "The key of OpenAI is missing. Enter it under Connections.", "unauthorized");
    await userEvent.click(button);
    expect((await screen.findByText(/Enter it under Connections/)).getAttribute("role")).toBe("alert");
    client.heal("start_run");
    await userEvent.click(button);
    expect(await screen.findByRole("button", { name: "New run" })).toBeDefined();
  });

  it("estimates again when a setting changes", async () => {
    await open(addWorkedProject(client.engine, "Tickets", 120, 0));
    await screen.findByText(/^at most [\d,]+$/);
    const epochs = screen.getByLabelText("After epochs");
    await userEvent.clear(epochs);
    await userEvent.type(epochs, "4{Tab}");
    await waitFor(() => expect(asked(client, "estimate_run").at(-1)).toMatchObject({ config: { epochs: 4 } }));
    expect(await screen.findByText("at most 4")).toBeDefined();
  });

  it("gives a judge metric its model and takes it away again", async () => {
    await open(addWorkedProject(client.engine, "Tickets", 120, 0));
    const metric = await screen.findByLabelText("Metric");
    await fireEvent.change(metric, { target: { value: "judge" } });
    expect(await screen.findByLabelText("Rubric")).toBeDefined();
    expect(screen.getByLabelText("Judge model: name")).toBeDefined();
    const name = screen.getByLabelText("Judge model: name");
    await fireEvent.input(name, { target: { value: "strict" } });
    await fireEvent.change(name);
    // A limit in tokens or dollars needs to know the most it may write, as of the others.
    const most = screen.getByLabelText("Most output tokens, judge");
    await fireEvent.input(most, { target: { value: "300" } });
    await fireEvent.change(most);
    const judge = () => (asked(client, "estimate_run").at(-1) as { config: RunConfig }).config.judge;
    await waitFor(() => expect(judge()).toMatchObject({ model: "strict", max_output_tokens: 300 }));
    await fireEvent.change(metric, { target: { value: "exact" } });
    await waitFor(() => expect(screen.queryByLabelText("Judge model: name")).toBeNull());
    expect(screen.queryByLabelText("Most output tokens, judge")).toBeNull();
  });
});

describe("a run", () => {
  it("shows a running run as it goes on", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 0);
    const run = start(project);
    await open(project);
    expect(await screen.findByText(/The first prompts (are being|have not been) measured/)).toBeDefined();
    client.advance(16);
    expect(await screen.findByRole("option", { name: /Epoch 0 .*baseline/ })).toBeDefined();
    client.advance(20);
    expect(run.epochs.length).toBe(2);
    expect(await screen.findByRole("option", { name: /Epoch 1 .*(accepted|rejected|invalid)/ })).toBeDefined();
  });

  it("moves everything with the selected epoch, by click, arrow and bracket", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 1);
    await open(project);
    await userEvent.click(await screen.findByRole("option", { name: /Epoch 2 / }));
    expect(await screen.findByRole("heading", { name: "Epoch 2" })).toBeDefined();
    await userEvent.keyboard("{ArrowRight}");
    expect(await screen.findByRole("heading", { name: "Epoch 3" })).toBeDefined();
    await userEvent.keyboard("[[");
    expect(await screen.findByRole("heading", { name: "Epoch 2" })).toBeDefined();
    await userEvent.keyboard("{Home}");
    expect(await screen.findByRole("heading", { name: "Baseline" })).toBeDefined();
  });

  it("stands where it was left, also after a look at another project's", async () => {
    const projects = ["Tickets", "Letters"].map((name) => addWorkedProject(client.engine, name, 120, 1));
    for (const [at, project] of projects.entries()) {
      const { unmount } = await open(project);
      await userEvent.click(await screen.findByRole("option", { name: new RegExp(`Epoch ${at + 1} `) }));
      expect(await screen.findByRole("heading", { name: `Epoch ${at + 1}` })).toBeDefined();
      unmount();
    }
    await open(projects[0]!);
    expect(await screen.findByRole("heading", { name: "Epoch 1" })).toBeDefined();
  });

  it("says in plain words how a finished run ended", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 1);
    await open(project);
    const state = await screen.findByRole("status", { name: "State of this run" });
    expect(state.textContent).toContain("Completed");
    expect(state.textContent).toMatch(/gains|Nothing beat/);
    expect((await within(state).findAllByRole("listitem")).length).toBeGreaterThan(0);
  });

  it("admits that nothing beat the baseline", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 0);
    const run = start(project);
    client.advance(16);
    run.stop();
    await open(project);
    const state = await screen.findByRole("status", { name: "State of this run" });
    expect(state.textContent).toContain("Nothing beat the baseline");
    await userEvent.click(within(state).getByRole("button", { name: "Save these scores as CSV" }));
    await waitFor(() =>
      expect(client.saved.get("outcome.csv")).toMatch(
        /^split,baseline,"baseline, low","baseline, high",best,"best, low","best, high",n,missing\r\nvalidation,0\.\d+,/,
      ),
    );
  });

  it("leads from a failed run to a new one with the same settings", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 0);
    const run = start(project, { epochs: 7 });
    client.advance(20);
    run.failWith("The key was refused by api.example.com. Enter a new one under Connections.");
    await open(project);
    expect(await screen.findByText(/The key was refused/)).toBeDefined();
    await userEvent.click(screen.getByRole("button", { name: "Start again" }));
    expect(((await screen.findByLabelText("After epochs")) as HTMLInputElement).value).toBe("7");
  });

  it("resumes a run that was interrupted", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 0);
    const run = start(project);
    client.advance(20);
    run.interrupt();
    await open(project);
    const state = await screen.findByRole("status", { name: "State of this run" });
    expect(state.textContent).toContain("MLprompt ended while this run went on.");
    expect(state.textContent).not.toContain("The program ended");
    await userEvent.click(within(state).getByRole("button", { name: "Resume" }));
    await waitFor(() => expect(runs.get(run.id)?.summary.status).toBe("running"));
    expect(asked(client, "resume_run")).toEqual([{ run: run.id }]);
  });

  it("opens the examples behind a figure in the inspector", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 1);
    const run = client.engine.runs[0]!;
    const epoch = run.epochs.find((known) => known.fixed > 1)!;
    await open(project);
    await userEvent.click(await screen.findByRole("option", { name: new RegExp(`Epoch ${epoch.epoch} `) }));
    await userEvent.click(await screen.findByRole("tab", { name: `Fixed ${epoch.fixed}` }));
    const grid = await screen.findByRole("grid");
    expect(grid.getAttribute("aria-rowcount")).toBe(String(epoch.fixed + 1));
    await userEvent.click(within(grid).getAllByRole("row")[1]!);
    expect(inspector.shown?.sides.map((side) => side.title)).toEqual(["best before", `epoch ${epoch.epoch}`]);
    const first = inspector.shown?.example.id;
    const marked = () =>
      within(grid)
        .getAllByRole("row", { current: true })
        .map((row) => row.dataset["index"]);
    await waitFor(() => expect(marked()).toEqual(["0"]));
    inspector.shown?.onStep?.(1);
    expect(inspector.shown?.example.id).not.toBe(first);
    await waitFor(() => expect(marked()).toEqual(["1"]));
  });

  it("shows each metric of a weighted score on its own", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 0);
    const metrics = [
      { metric: { kind: "exact" }, weight: 3 },
      { metric: { kind: "f1" }, weight: 1 },
    ];
    const run = start(project, { metrics });
    run.finishNow();
    const epoch = run.epochs.find((known) => known.decision === "accepted")!;
    place.show(project.id, run.id, epoch.epoch);
    await open(project);
    await userEvent.click(await screen.findByRole("tab", { name: "Metrics" }));
    const row = (await screen.findByRole("rowheader", { name: "token F1" })).closest("tr")!;
    expect(within(row).getByText("25.0%")).toBeDefined();
    expect(within(row).getByText(/to .*, n = \d+/)).toBeDefined();
    place.show(project.id, run.id, 0);
  });

  it("makes an epoch's prompts the draft, and nothing else, so that it can be taken back whole", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 1);
    await open(project);
    await userEvent.click(await screen.findByRole("option", { name: /Epoch 1 / }));
    const wanted = client.engine.runs[0]!.candidate(1)!.prompt;
    const before = project.draft.prompt;
    const versions = [...project.versions];
    const use = await screen.findByRole("button", { name: "Use these prompts" });
    await waitFor(() => expect(use.hasAttribute("disabled")).toBe(false));
    await userEvent.click(use);
    await waitFor(() => expect(project.draft.prompt).toEqual(wanted));
    await waitFor(() => expect(app.toasts.at(-1)?.kind).toBe("good"));
    app.toasts.at(-1)?.action?.run();
    await waitFor(() => expect(project.draft.prompt).toEqual(before));
    expect(project.versions).toEqual(versions);
  });

  it("keeps what was written and is no version yet as one, before an epoch's prompts take its place", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 1);
    const written = { ...project.draft.prompt, system_prompt: "Written by hand, never saved as a version." };
    project.draft = { ...project.draft, prompt: written };
    const versions = project.versions.length;
    await open(project);
    await userEvent.click(await screen.findByRole("option", { name: /Epoch 1 / }));
    const use = await screen.findByRole("button", { name: "Use these prompts" });
    await waitFor(() => expect(use.hasAttribute("disabled")).toBe(false));
    await userEvent.click(use);
    const wanted = client.engine.runs[0]!.candidate(1)!.prompt;
    await waitFor(() => expect(project.draft.prompt).toEqual(wanted));
    await waitFor(() => expect(app.toasts.at(-1)?.message).toMatch(/; what stood there is version \d+\.$/));
    expect(project.versions.map(({ prompt }) => prompt)).toContainEqual(written);
    app.toasts.at(-1)?.action?.run();
    await waitFor(() => expect(project.draft.prompt).toEqual(written));
    await waitFor(() => expect(project.versions).toHaveLength(versions));
  });

  it("exports, renames and deletes", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 2);
    const user = userEvent.setup({ pointerEventsCheck: 0 });
    await open(project);
    const newest = client.engine.runs[0]!;
    const menu = async (item: string) => {
      await user.click(await screen.findByRole("button", { name: /^More for run/ }));
      await user.click(await screen.findByRole("menuitem", { name: item }));
    };
    await menu("Export everything (JSON)");
    await waitFor(() => expect([...client.saved.keys()]).toEqual([`${newest.name}.json`]));
    await menu("Rename");
    const name = await screen.findByLabelText<HTMLInputElement>("Name");
    expect(name.value).toBe(newest.name);
    await user.clear(name);
    await user.type(name, "another name{Enter}");
    await waitFor(() => expect(newest.name).toBe("another name"));
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(await screen.findByRole("button", { name: "another name: choose a run" })).toBeDefined();
    await menu("Delete run");
    await waitFor(() => expect(client.engine.runs).toHaveLength(1));
    await waitFor(() => expect(app.toasts.at(-1)?.message).toBe(`“${newest.name}” is deleted.`));
    expect(await screen.findByRole("button", { name: /^More for run/ })).toBeDefined();
    expect(runs.get(newest.id)).toBeUndefined();
  });
});

describe("an invalid epoch", () => {
  it("shows what was wrong with the reply instead of a diff", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 0);
    const run = start(project, { epochs: 60 });
    run.finishNow();
    const invalid = run.epochs.find((epoch) => epoch.decision === "invalid")!;
    place.show(project.id, run.id, invalid.epoch);
    await open(project);
    expect(await screen.findByText("What was wrong with the reply")).toBeDefined();
    expect(screen.queryByRole("tab", { name: /Fixed/ })).toBeNull();
    expect(screen.getByRole("button", { name: "Use these prompts" }).hasAttribute("disabled")).toBe(true);
  });
});

describe("an epoch of several replies", () => {
  it("says of one that brought nothing that what is shown comes from another", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 0);
    const run = start(project, { epochs: 6 });
    run.finishNow();
    const { epoch } = run.epochs.find(({ decision }) => decision === "accepted")!;
    const detail = run.detail.bind(run);
    run.detail = (of) => {
      const known = detail(of);
      const broken = { messages: [], reply: "{", error: "It never closed." };
      return known && of === epoch ? { ...known, exchange: [...known.exchange.slice(0, 1), broken] } : known;
    };
    place.show(project.id, run.id, epoch);
    await open(project);
    expect(await screen.findByText("A reply that brought nothing")).toBeTruthy();
    expect(screen.getByText("What is shown above comes from the other reply.")).toBeTruthy();
    expect(screen.queryByText("What was wrong with the reply")).toBeNull();
  });
});

describe("hostile strings", () => {
  const html = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
  const long = "x".repeat(100_000);

  it("stay text, and a text without a blank stays short until it is asked for", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 0);
    for (const example of project.dataset!.examples) example.user_input = `${html}${long}`;
    const run = start(project, { prompt: { system_prompt: html, output_prompt: long } });
    run.name = html;
    run.finishNow();
    for (const epoch of run.epochs) epoch.reason = html;
    place.show(project.id, run.id, 1);
    const { container } = await open(project);
    await screen.findByRole("heading", { name: "Epoch 1" });
    await waitFor(() => expect(screen.getAllByText(html, { exact: false }).length).toBeGreaterThan(1));
    const shown = await screen.findByRole("tab", { name: "Examples shown" });
    await userEvent.click(shown);
    await screen.findByText(/went to the optimizer/);
    await userEvent.click(await screen.findByRole("tab", { name: /Still wrong/ }));
    const grid = await screen.findByRole("grid");
    expect(grid.textContent!.length).toBeLessThan(30_000);
    expect(container.querySelector("img, script")).toBeNull();
    expect((window as { hacked?: number }).hacked).toBeUndefined();
  });
});
