import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { CallPage } from "../../../api/bindings/CallPage";
import type { RunConfig } from "../../../api/bindings/RunConfig";
import type { MemoryClient } from "../../../api/memory";
import { addWorkedProject } from "../../../api/memory/scenario";
import { inspector } from "../../../app/inspector.svelte";
import { recalled } from "../../../app/recalled.svelte";
import { runs } from "../../../app/runs.svelte";
import { app } from "../../../app/state.svelte";
import { asked, freshClient } from "../../../testing/client";
import { place } from "../place.svelte";
import TrainScreen from "../TrainScreen.svelte";

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
});

/** A finished run with its Train screen, at an accepted epoch. */
async function open(change: Partial<RunConfig> = {}, size = 300) {
  const project = addWorkedProject(client.engine, "Tickets", size, 0);
  const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "wide", ...change });
  run.finishNow();
  const epoch = run.epochs.find((known) => known.decision === "accepted")!.epoch;
  place.show(project.id, run.id, epoch);
  await app.openProject(project.id, "train");
  render(TrainScreen);
  await screen.findByRole("heading", { name: `Epoch ${epoch}` });
  return { project, run, epoch };
}

const tab = async (name: RegExp | string) => userEvent.click(await screen.findByRole("tab", { name }));

describe("the learning map", () => {
  it("shows what flipped most first, every epoch in words, and an example with all its answers", async () => {
    const { run } = await open();
    await tab("Learning map");
    const grid = await screen.findByRole("grid", { name: /Learning map/ });
    const rows = within(grid).getAllByRole("row").slice(1);
    const flips = rows.map((row) => Number(within(row).getAllByRole("gridcell").at(-1)!.textContent));
    expect(flips).toEqual([...flips].sort((a, b) => b - a));
    expect(flips[0]).toBeGreaterThan(0);
    expect(rows[0]!.textContent).toMatch(/(match|no match) in \d/);
    await userEvent.click(within(rows[0]!).getAllByRole("gridcell")[1]!);
    await waitFor(() => expect(inspector.shown).not.toBeNull());
    expect(inspector.shown!.sides.length).toBeGreaterThan(1);
    expect(inspector.shown!.sides[0]!.title).toMatch(/^Baseline/);
    expect(run.epochs.length).toBeGreaterThan(3);
  });

  it("leads from a column to its epoch, to the training rows, and to a file", async () => {
    const { run } = await open();
    const wanted = run.epochs.findLast((known) => known.decision !== "invalid")!.epoch;
    await tab("Learning map");
    await userEvent.click(await screen.findByRole("button", { name: `Epoch ${wanted}` }));
    expect(await screen.findByRole("heading", { name: `Epoch ${wanted}` })).toBeDefined();
    await userEvent.click(screen.getByRole("radio", { name: "training" }));
    await waitFor(() => expect(asked(client, "learning_map").at(-1)).toEqual({ run: run.id, split: "train" }));
    await userEvent.click(screen.getByRole("button", { name: "Save the table as CSV" }));
    await waitFor(() => expect(client.saved.get("wide-learning-map.csv")).toMatch(/^row,input,ground truth,epoch 0/));
  });

  it("says why it could not be read", async () => {
    await open();
    client.fail("learning_map", "The database is busy with another program.", "database");
    await tab("Learning map");
    expect((await screen.findByRole("alert")).textContent).toContain("busy");
  });
});

describe("failures", () => {
  it("stand in groups; one group shows its rows alone", async () => {
    const { run, epoch } = await open();
    await tab("Failures");
    const causes = await screen.findByRole("group", { name: "Causes" });
    const [all, first] = within(causes).getAllByRole("button");
    const wrong = run.epochs.find((known) => known.epoch === epoch)!.validation!;
    const missed = Math.round(wrong.n * (1 - wrong.score)) + wrong.missing;
    expect(all!.textContent).toContain(String(missed));
    const count = Number(/(\d+)$/.exec(first!.textContent!.trim())![1]);
    await userEvent.click(first!);
    await waitFor(async () =>
      expect((await screen.findByRole("grid")).getAttribute("aria-rowcount")).toBe(String(count + 1)),
    );
  });

  it("are reached from a cell of the confusion matrix", async () => {
    const { epoch } = await open();
    await tab("Confusion");
    const [cell] = await screen.findAllByRole("button", { name: /answered as .*: show/ });
    await userEvent.click(cell!);
    await waitFor(() => expect(asked(client, "list_failures").at(-1)).toMatchObject({ epoch, only: null }));
    expect(asked(client, "list_failures").at(-1)).toHaveProperty("cell.truth");
    expect(await screen.findByRole("grid")).toBeDefined();
    await userEvent.click(screen.getByRole("button", { name: "All failures by cause" }));
    expect(await screen.findByRole("button", { name: /^All failures/ })).toBeDefined();
  });
});

describe("the confusion", () => {
  it("opens the rows of a cell of the best before, not only of the epoch", async () => {
    const { epoch } = await open();
    await tab("Confusion");
    const before = await screen.findByRole("region", { name: "Best before" });
    await userEvent.click(within(before).getAllByRole("button", { name: /answered as .*: show/ })[0]!);
    await waitFor(() => expect(asked(client, "list_failures").at(-1)).toMatchObject({ epoch, before: true }));
    expect(await screen.findByRole("button", { name: /answered as .*, best before/ })).toBeDefined();
  });
});

describe("calls", () => {
  it("are filtered by the engine and show their answer and their example", async () => {
    const { run, epoch } = await open();
    await tab("Calls");
    await waitFor(() =>
      expect(asked(client, "list_calls").at(-1)).toMatchObject({ run: run.id, filter: { epoch }, offset: 0 }),
    );
    // An answer from disk is no call.
    const { calls, total } = await client.call("list_calls", {
      run: run.id,
      filter: { epoch, role: null, end: null, retries: false },
      offset: 0,
      limit: 1,
    });
    expect(total).toBeGreaterThan(calls);
    expect(await screen.findByText(`${calls} calls, ${total - calls} answers from disk`)).toBeTruthy();
    await userEvent.selectOptions(await screen.findByLabelText("Role"), "optimizer");
    await waitFor(() => expect(asked(client, "list_calls").at(-1)).toMatchObject({ filter: { role: "optimizer" } }));
    const grid = await screen.findByRole("grid", { name: "Calls" });
    await waitFor(() => expect(grid.getAttribute("aria-rowcount")).toBe("2"));
    await userEvent.selectOptions(screen.getByLabelText("Role"), "primary");
    await waitFor(async () =>
      expect(within(await screen.findByRole("grid")).getAllByRole("row").length).toBeGreaterThan(3),
    );
    await userEvent.click(within(screen.getByRole("grid")).getAllByRole("gridcell")[0]!);
    await userEvent.click(await screen.findByRole("button", { name: /^Show example/ }));
    await waitFor(() => expect(inspector.shown).not.toBeNull());
  });

  it("that never ended are under way no longer once the run is, and Cost says that they count", async () => {
    const real = client.call.bind(client);
    vi.spyOn(client, "call").mockImplementation(async (name, request) => {
      const answer = await real(name, request);
      if (name !== "list_calls") return answer;
      const page = answer as CallPage;
      const rows = page.rows.slice(0, 1).map((row) => ({ ...row, end: "unsettled" as const, response: null }));
      return { ...page, total: 1, calls: 1, rows } as never;
    });
    await open();
    await tab("Calls");
    const grid = await screen.findByRole("grid", { name: "Calls" });
    expect(await within(grid).findByText("end unknown")).toBeTruthy();
    await userEvent.click(within(grid).getByText("end unknown"));
    expect(await screen.findByText(/the most it can have come to, which counts as spent/)).toBeTruthy();
    await tab("Cost");
    expect(await screen.findByText(/^1 call had been sent when the run was stopped or broken off/)).toBeTruthy();
  });

  it("that have not ended are under way while the run is, and Cost says nothing of them", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 0);
    const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "wide" });
    while (run.epochs.length < 2) client.advance(1);
    place.show(project.id, run.id, 1);
    await app.openProject(project.id, "train");
    render(TrainScreen);
    await tab("Calls");
    const ends = within(await screen.findByLabelText("How it ended"));
    expect(ends.getByRole("option", { name: "under way" })).toBeTruthy();
    await tab("Cost");
    await screen.findByText(/The run until then/);
    expect(asked(client, "list_calls").filter((request) => JSON.stringify(request).includes("unsettled"))).toEqual([]);
  });

  it("are read again when the run ends, unless one of them is being read", async () => {
    for (const opens of [false, true]) {
      const project = addWorkedProject(client.engine, "Tickets", 300, 0);
      const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "wide" });
      while (run.epochs.length < 2) client.advance(1);
      place.show(project.id, run.id, 1);
      await app.openProject(project.id, "train");
      const { unmount } = render(TrainScreen);
      await tab("Calls");
      const grid = await screen.findByRole("grid", { name: "Calls" });
      await waitFor(() => expect(within(grid).getAllByRole("gridcell").length).toBeGreaterThan(0));
      if (opens) await userEvent.click(within(grid).getAllByRole("gridcell")[0]!);
      const before = asked(client, "list_calls").length;
      client.advance(5_000);
      await waitFor(() => expect(runs.get(run.id)?.summary.status).toBe("completed"));
      if (opens) expect(asked(client, "list_calls")).toHaveLength(before);
      else await waitFor(() => expect(asked(client, "list_calls").length).toBeGreaterThan(before));
      unmount();
    }
  });

  it("show a long answer whole", async () => {
    const { run, epoch } = await open();
    run.candidate(epoch)!.prompt.system_prompt = `${"word ".repeat(900)}the end`;
    await tab("Calls");
    await userEvent.selectOptions(await screen.findByLabelText("Role"), "optimizer");
    const grid = await screen.findByRole("grid", { name: "Calls" });
    await waitFor(() => expect(grid.getAttribute("aria-rowcount")).toBe("2"));
    await userEvent.click(within(screen.getByRole("grid")).getAllByRole("gridcell")[0]!);
    await userEvent.click(await screen.findByRole("button", { name: /^Show the whole answer, 4,\d{3} characters$/ }));
    expect(screen.getByRole("region", { name: /^Call / }).textContent).toContain("the end");
  });
});

describe("an epoch", () => {
  it("keeps a star and a note", async () => {
    const { run, epoch } = await open();
    await userEvent.click(await screen.findByRole("button", { name: `Star epoch ${epoch}` }));
    await waitFor(() => expect(runs.get(run.id)?.marks).toEqual([{ epoch, starred: true, note: "" }]));
    expect(await screen.findByRole("option", { name: new RegExp(`Epoch ${epoch} .*starred`) })).toBeDefined();
    await userEvent.click(screen.getByRole("button", { name: `Note on epoch ${epoch}` }));
    const field = await screen.findByLabelText("Note");
    expect(screen.getByRole("button", { name: "Save note" })).toHaveProperty("disabled", true);
    // Without a change there is nothing to save, and Enter alone is a new line.
    await userEvent.type(field, "{Control>}{Enter}{/Control}");
    expect(screen.getByLabelText("Note")).toBe(field);
    await userEvent.type(field, "the good{Enter}one{Control>}{Enter}{/Control}");
    expect(await screen.findByText(/^the good\s+one$/)).toBeDefined();
    expect(screen.queryByLabelText("Note")).toBeNull();
    expect(asked(client, "mark_epoch").slice(1)).toEqual([
      { run: run.id, epoch, starred: true, note: "the good\none" },
    ]);
  });

  it("keeps what was typed for a note through Esc and a failure, and lets go of it with Cancel", async () => {
    const { epoch } = await open();
    const note = async () => {
      await userEvent.click(await screen.findByRole("button", { name: `Note on epoch ${epoch}` }));
      return (await screen.findByLabelText("Note")) as HTMLTextAreaElement;
    };
    await userEvent.type(await note(), "half a thought");
    await fireEvent(screen.getByRole("dialog"), new Event("cancel", { cancelable: true }));
    expect(screen.queryByLabelText("Note")).toBeNull();
    expect((await note()).value).toBe("half a thought");
    client.fail("mark_epoch", "The disk is full.");
    await userEvent.click(screen.getByRole("button", { name: "Save note" }));
    await waitFor(() => expect(app.toasts.at(-1)?.message).toContain("The disk is full."));
    expect((await note()).value).toBe("half a thought");
    await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
    expect((await note()).value).toBe("");
  });

  it("can be taken over: its prompts are edited and a new run knows its parent", async () => {
    const { project, run, epoch } = await open();
    const user = userEvent.setup({ pointerEventsCheck: 0 });
    await user.click(await screen.findByRole("button", { name: "Go on from here" }));
    await user.click(await screen.findByRole("menuitem", { name: /^Take over/ }));
    expect(await screen.findByText(/Taken over from “wide”/)).toBeDefined();
    expect(screen.getAllByRole("textbox", { name: "System prompt" }).length).toBeGreaterThan(0);
    const known = client.hold("get_run");
    await user.click(await screen.findByRole("button", { name: /Start training/ }));
    await waitFor(() => expect(asked(client, "start_run")).toHaveLength(1));
    expect(asked(client, "start_run")[0]).toMatchObject({
      config: { parent: { run: run.id, epoch, kind: "take_over" }, prompt: run.candidate(epoch)!.prompt },
    });
    await new Promise((passed) => setTimeout(passed, 100));
    expect(place.run(project.id), "it is shown once it is known").toBe("new");
    known();
    await waitFor(() => expect(place.run(project.id)).not.toBe("new"));
    expect(await screen.findByText(/Taken over from/)).toBeDefined();
  });

  it("asks before it is taken over from a run that goes on", async () => {
    const { project } = await open();
    const live = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "live" });
    client.advance(60);
    place.show(project.id, live.id, 0);
    await app.refreshProject();
    const user = userEvent.setup({ pointerEventsCheck: 0 });
    await screen.findByRole("heading", { name: "Baseline" });
    await user.click(await screen.findByRole("button", { name: "Go on from here" }));
    await user.click(await screen.findByRole("menuitem", { name: /^Take over/ }));
    await user.click(await screen.findByRole("button", { name: "Stop it and take over" }));
    await waitFor(() => expect(asked(client, "stop_run")).toEqual([{ run: live.id }]));
    expect(await screen.findByText(/Taken over from “live”/)).toBeDefined();
  });
});

describe("a run that has ended", () => {
  it("gets more budget as a new run with twice the limits", async () => {
    const { project, run } = await open({
      budget: { max_calls: 400, max_tokens: null, max_cost: null, max_seconds: null },
    });
    const user = userEvent.setup({ pointerEventsCheck: 0 });
    await user.click(await screen.findByRole("button", { name: /^More for run/ }));
    await user.click(await screen.findByRole("menuitem", { name: /^More budget/ }));
    expect(await screen.findByText(/only what is new is paid/)).toBeDefined();
    await user.click(await screen.findByRole("button", { name: /Start training/ }));
    await waitFor(() => expect(asked(client, "start_run")).toHaveLength(1));
    expect(asked(client, "start_run")[0]).toMatchObject({
      config: { budget: { max_calls: 800 }, use_cache: true, parent: { run: run.id, kind: "more_budget" } },
    });
    await waitFor(() => expect(place.run(project.id)).not.toBe("new"));
  });

  it("says by how much, how sure, and what to do next", async () => {
    await open();
    const state = await screen.findByRole("status", { name: "State of this run" });
    expect((await within(state).findAllByText(/beyond doubt|almost certainly|very likely/)).length).toBe(2);
    expect(state.textContent).toMatch(/sealed test/);
    expect(state.textContent).toMatch(/points\s*\([+−][\d.]+ to [+−][\d.]+\)/);
    await userEvent.click(await within(state).findByRole("button", { name: "Use the best prompts" }));
    await waitFor(() => expect(asked(client, "save_draft")).toHaveLength(1));
  });

  it("leads from its figures to what is behind them", async () => {
    const { run } = await open();
    const figure = async (name: RegExp) => userEvent.click(await screen.findByRole("button", { name }));
    const chosen = () => screen.getAllByRole("tab", { selected: true }).map((tab) => tab.textContent?.trim());
    await userEvent.click(screen.getByRole("option", { name: /^Epoch 0/ }));
    await screen.findByRole("heading", { name: "Baseline" });
    await figure(/points over baseline/);
    await waitFor(() => expect(chosen().some((name) => name?.startsWith("Fixed"))).toBe(true));
    expect(screen.getByRole("heading", { name: `Epoch ${run.bestPrompt().epoch}` })).toBeDefined();
    await figure(/train, n /);
    await waitFor(() => expect(chosen()).toContain("Learning map"));
    expect(await screen.findByRole("grid", { name: "Learning map, train examples by epoch" })).toBeDefined();
  });

  it("gives the score of a few training examples as that of a few, not as a figure of the split", async () => {
    const { run, project } = await open();
    const summary = run.summary.bind(run);
    const few = { score: 1, low: 0.7, high: 1, n: 10, missing: 0 };
    run.summary = () => ({ ...summary(), best: { ...summary().best, train: few } });
    await app.openProject(project.id, "train");
    runs.reset();
    cleanup();
    render(TrainScreen);
    const figure = await screen.findByRole("button", { name: /train, 100\.0% of only 10$/ });
    expect(figure.querySelector("b")?.textContent).toBe("–");
  });

  it("does not call a test split sealed that an earlier run had opened", async () => {
    const { run, project } = await open();
    cleanup();
    run.testOpenedBefore = 5;
    runs.reset();
    await app.openProject(project.id, "train");
    render(TrainScreen);
    const state = await screen.findByRole("status", { name: "State of this run" });
    expect(await within(state).findByText("test, opened before")).toBeTruthy();
    expect(within(state).queryByText("sealed test")).toBeNull();
  });

  it("draws along calls and time, and along dollars only where they are known", async () => {
    await open();
    expect(await screen.findByRole("radio", { name: "calls" })).toBeDefined();
    expect(screen.queryByRole("radio", { name: "dollars" })).toBeNull();
    await userEvent.click(screen.getByRole("radio", { name: "time" }));
    expect((screen.getByRole("radio", { name: "time" }) as HTMLInputElement).checked).toBe(true);
    expect(screen.getAllByRole("option", { name: /^Epoch / }).length).toBeGreaterThan(3);
  });

  it("has in its table what it goes by, and lets the keys of epochs go from its choices", async () => {
    const { epoch } = await open();
    const choice = await screen.findByRole("radio", { name: "time" });
    await userEvent.click(choice);
    choice.focus();
    await userEvent.keyboard("[[");
    expect(await screen.findByRole("heading", { name: epoch === 1 ? "Baseline" : `Epoch ${epoch - 1}` })).toBeDefined();
    await userEvent.click(screen.getByRole("button", { name: "Show as table" }));
    expect(await screen.findByRole("columnheader", { name: "time so far" })).toBeDefined();
    await userEvent.click(screen.getByRole("radio", { name: "epochs" }));
    expect(screen.queryByRole("columnheader", { name: /so far$/ })?.textContent).not.toBe("time so far");
  });

  it("draws by epoch where all answers came from disk, says why, and keeps the choice for other runs", async () => {
    const { project, run } = await open();
    await userEvent.click(await screen.findByRole("radio", { name: "calls" }));
    expect(screen.queryByText(/^By epoch: /)).toBeNull();
    cleanup();
    for (const epoch of run.epochs) epoch.usage = { ...epoch.usage, calls: 0, cost: 0 };
    runs.reset();
    await app.openProject(project.id, "train");
    render(TrainScreen);
    expect(await screen.findByText("By epoch: no call was counted.")).toBeDefined();
    expect(screen.getByRole<HTMLInputElement>("radio", { name: "calls" }).checked).toBe(true);
    await userEvent.click(screen.getByRole("radio", { name: "time" }));
    expect(screen.queryByText(/^By epoch: /)).toBeNull();
    cleanup();
    recalled("train.x", "epoch").value = "cost";
    render(TrainScreen);
    expect(await screen.findByText("By epoch: nothing was paid.")).toBeDefined();
    await userEvent.click(screen.getByRole("radio", { name: "epochs" }));
    expect(screen.queryByText(/^By epoch: /)).toBeNull();
    expect(screen.queryByRole("radio", { name: "dollars" })).toBeNull();
  });

  it("shows what each epoch cost", async () => {
    const { run } = await open();
    await tab("Cost");
    const table = within(await screen.findByRole("region", { name: "Cost by epoch" }));
    // Beside the epochs the test split, and the sum of all.
    await waitFor(() => expect(table.getAllByRole("row")).toHaveLength(run.epochs.length + 3));
    await userEvent.click(table.getByRole("button", { name: "1" }));
    expect(await screen.findByRole("heading", { name: "Epoch 1" })).toBeDefined();
  });

  it("says in its file what it says on the screen: a rejected epoch gained nothing", async () => {
    const { run } = await open({ early_stop: false });
    await tab("Cost");
    const table = within(await screen.findByRole("region", { name: "Cost by epoch" }));
    await waitFor(() => expect(table.getAllByRole("row")).toHaveLength(run.epochs.length + 3));
    const shown = table.getAllByRole("row").slice(1, run.epochs.length + 1);
    expect(run.epochs.some(({ decision, delta }) => decision === "rejected" && delta !== null)).toBe(true);
    await userEvent.click(screen.getByRole("button", { name: "Save the table as CSV" }));
    await waitFor(() => expect(client.saved.size).toBe(1));
    const written = [...client.saved.values()][0]!.split("\r\n").slice(1, run.epochs.length + 1);
    for (const [at, row] of shown.entries()) {
      const words = within(row).getAllByRole("cell").at(-1)!.textContent!;
      const [, decision] = written[at]!.split(",");
      expect(written[at]!.split(",").at(-1) === "", `${decision}: ${written[at]}`).toBe(words === "–");
    }
  });
});
