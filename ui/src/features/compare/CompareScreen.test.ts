import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { addWorkedProject } from "../../api/memory/scenario";
import { runs } from "../../app/runs.svelte";
import { app } from "../../app/state.svelte";
import { choose } from "../../testing/choose";
import { asked, freshClient } from "../../testing/client";
import { place } from "../train/place.svelte";
import CompareScreen from "./CompareScreen.svelte";
import { forgetRunSet } from "./runSet.svelte";

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
});

async function open(runs: number, size = 300) {
  const project = addWorkedProject(client.engine, `Tickets ${Math.random()}`, size, runs);
  await app.openProject(project.id, "compare");
  return { project, ...render(CompareScreen) };
}

describe("Compare", () => {
  it("sends a project without runs to Train", async () => {
    await open(0);
    await userEvent.click(screen.getByRole("button", { name: "Go to Train" }));
    expect(app.screen).toBe("train");
  });

  it("compares the epochs of the only run, baseline against best, and says how to get a second", async () => {
    const { project } = await open(1);
    expect(screen.getByText(/only run/)).toBeDefined();
    const run = client.engine.runs.find((known) => known.project === project.id)!;
    await waitFor(() => expect(asked(client, "compare")).toHaveLength(1));
    expect(asked(client, "compare")[0]).toMatchObject({
      first: { run: run.id, epoch: 0 },
      second: { run: run.id, epoch: null },
    });
  });

  it("asks anew once “best” is another epoch of a run that goes on", async () => {
    await open(1);
    await waitFor(() => expect(asked(client, "compare")).toHaveLength(1));
    const shown = runs.get(client.engine.runs.at(-1)!.id)!.summary;
    runs.replace({ ...shown, usage: { ...shown.usage, calls: shown.usage.calls + 1 } });
    runs.replace({ ...shown, best: { ...shown.best, epoch: shown.best.epoch + 1 } });
    await waitFor(() => expect(asked(client, "compare")).toHaveLength(2));
  });

  it("leads to any two prompt versions, with a run and without one", async () => {
    for (const runs of [0, 1]) {
      const { unmount } = await open(runs, 120);
      await userEvent.click(await screen.findByRole("button", { name: "Compare two versions…" }));
      const dialog = await screen.findByRole("dialog", { name: "Compare two versions" });
      expect(within(dialog).getByLabelText("Before")).toBeTruthy();
      await waitFor(() => expect(asked(client, "list_prompt_versions")).toHaveLength(runs + 1));
      unmount();
    }
  });

  it("saves one report of all runs that are selected", async () => {
    const user = userEvent.setup({ pointerEventsCheck: 0 });
    const { project } = await open(3);
    const [one, two, three] = client.engine.runs.filter((known) => known.project === project.id);
    await userEvent.click(screen.getByRole("button", { name: "Take " + one!.name + " out" }));
    for (const [at, [words, format]] of [["Markdown", "md"] as const, ["HTML page", "html"] as const].entries()) {
      await user.click(screen.getByRole("button", { name: "Save a report of the selected runs" }));
      await user.click(await screen.findByRole("menuitem", { name: `Save report of the 2 selected runs (${words})` }));
      await waitFor(() => expect(asked(client, "export_runs")).toHaveLength(at + 1));
      const request = asked(client, "export_runs")[at] as { runs: number[]; baseline: number | null; format: string };
      expect(new Set(request.runs)).toEqual(new Set([two!.id, three!.id]));
      expect(request.format).toBe(format);
      // The run that carries the flag.
      const flag = screen.getByRole("button", { name: / is the baseline run$/, pressed: true });
      const held = [two!, three!].find(({ id }) => id === request.baseline);
      expect(flag.getAttribute("aria-label")).toBe(`${held?.name} is the baseline run`);
      const other = held === two ? three! : two!;
      await user.click(screen.getByRole("button", { name: `${other.name} is the baseline run` }));
      await waitFor(() =>
        expect([...client.saved.keys()].some((name) => name.endsWith(`2-runs.${format}`))).toBe(true),
      );
    }
    for (const box of screen.getAllByRole("checkbox", { name: /^Compare /, checked: true })) await user.click(box);
    await user.click(screen.getByRole("button", { name: "Save a report of the selected runs" }));
    const items = await screen.findAllByRole("menuitem", { name: /^Save report of the 0 selected runs/ });
    expect(items.map((item) => item.getAttribute("aria-disabled"))).toEqual(["true", "true"]);
  });

  it("shows best, not last, with its epoch", async () => {
    const { project } = await open(1);
    const run = client.engine.runs.find((known) => known.project === project.id)!;
    const best = run.bestPrompt();
    const row = screen.getAllByRole("row").find((known) => known.textContent?.includes(run.name))!;
    expect(row.textContent).toContain(`${(best.validation!.score * 100).toFixed(1)}%`);
    expect(row.textContent).toContain(best.epoch === 0 ? "baseline" : `epoch ${best.epoch}`);
  });

  it("tells of a run that was over at once how long it took, and of an opened test split that it was", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 2);
    const [run, other] = client.engine.runs;
    const summary = run!.summary.bind(run);
    run!.summary = () => ({ ...summary(), active_ms: 644, test_opened_before: 5 });
    await app.openProject(project.id, "compare");
    render(CompareScreen);
    const row = (name: string) => screen.getByRole("checkbox", { name: `Compare ${name}` }).closest("tr")!;
    expect(within(row(run!.name)).getByText("0.6 s")).toBeDefined();
    expect(within(row(run!.name)).getByText("5 test examples opened by an earlier run")).toBeDefined();
    expect(row(other!.name).textContent).not.toContain("opened by");
    const of = `5 of ${run!.summary().splits.test} test examples of “${run!.name}”`;
    const opened = `Opened by an earlier run: ${of}. The test figures are no longer independent.`;
    const test = await screen.findByRole("radio", { name: "test" });
    expect(screen.queryByText(opened)).toBeNull();
    await userEvent.click(test);
    expect(await screen.findByText(opened)).toBeDefined();
  });

  it("draws ticked runs only and shows the settings in which they differ", async () => {
    await open(3);
    const settings = (await screen.findByRole("heading", { name: "Settings that differ" })).closest("section")!;
    expect(within(settings).getByText("examples shown")).toBeDefined();
    expect(within(settings).queryByText("patience")).toBeNull();
    await userEvent.click(within(settings).getByRole("checkbox", { name: "Show all" }));
    expect(within(settings).getByText("patience")).toBeDefined();
    const legend = () => screen.getAllByRole("button", { pressed: false, name: /%\s*(epoch|baseline|$)/ }).length;
    await waitFor(() => expect(legend()).toBe(3));
    await userEvent.click(screen.getAllByRole("checkbox", { name: /^Compare / })[0]!);
    await waitFor(() => expect(legend()).toBe(2));
  });

  it("filters examples by bucket and opens them with the keyboard", async () => {
    await open(2);
    const fixed = await screen.findByRole("button", { name: /^Fixed \d/ });
    const broken = screen.getByRole("button", { name: /^Broken \d/ });
    const wanted = Number(/\d+/.exec(fixed.textContent!)![0]) > 0 ? fixed : broken;
    if (wanted.getAttribute("aria-pressed") === "false") await userEvent.click(wanted);
    const count = Number(/\d+/.exec(wanted.textContent!)![0]);
    const grid = await screen.findByRole("grid");
    expect(grid.getAttribute("aria-rowcount")).toBe(String(count + 1));
    await fireEvent.keyDown(within(grid).getAllByRole("row")[1]!, { key: "Enter" });
    const { inspector } = await import("../../app/inspector.svelte");
    expect(inspector.shown?.sides).toHaveLength(2);
  });

  it("shows whole above the answers what tells two sides apart, however long the name of their run is", async () => {
    const project = addWorkedProject(client.engine, "Long", 120, 1);
    const run = client.engine.runs.find((known) => known.project === project.id)!;
    run.name = `two ${"R".repeat(290)} end`;
    await app.openProject(project.id, "compare");
    render(CompareScreen);
    // A bucket in which there is something.
    const buckets = within(await screen.findByRole("group", { name: "Which examples" })).getAllByRole("button");
    await userEvent.click(buckets.find(({ textContent }) => !/ 0$/.test(textContent.trim()))!);
    const heads = within(await screen.findByRole("grid"))
      .getAllByRole("columnheader")
      .slice(3);
    const points = ["baseline", `epoch ${run.bestPrompt().epoch}`];
    expect(heads.map((head) => head.querySelector(".point")?.textContent)).toEqual(points);
    for (const head of heads) expect(head.querySelector(".run .end")?.textContent).toMatch(/R end,$/);
    expect(heads.map((head) => head.title)).toEqual(points.map((point) => `${run.name}, ${point}`));
  });

  it("offers the test split only where both prompts were asked on it", async () => {
    const { project } = await open(2);
    expect(await screen.findByRole("radio", { name: "test" })).toBeDefined();
    await userEvent.click(screen.getByRole("radio", { name: "test" }));
    await waitFor(() => expect(asked(client, "compare").at(-1)).toMatchObject({ split: "test" }));
    const run = client.engine.runs.find((known) => known.project === project.id)!;
    const other = run.epochs.find(
      (epoch) => epoch.epoch > 0 && epoch.validation && epoch.epoch !== run.bestPrompt().epoch,
    )!;
    await choose("Second epoch", String(other.epoch));
    await waitFor(() =>
      expect(asked(client, "compare").at(-1)).toMatchObject({ split: "validation", second: { epoch: other.epoch } }),
    );
    expect(screen.queryByRole("radio", { name: "test" })).toBeNull();
  });

  it("says in the engine's words why two runs can not be compared", async () => {
    client.fail("compare", "The two runs froze different datasets. Choose runs of the same one.", "invalid");
    await open(2);
    expect(await screen.findByText(/froze different datasets/)).toBeDefined();
  });

  it("stands a hovered row out and lets go with Escape", async () => {
    await open(2);
    const row = screen.getAllByRole("checkbox", { name: /^Compare / })[0]!.closest("tr")!;
    await fireEvent.click(row);
    expect(row.classList.contains("strong")).toBe(true);
    await userEvent.keyboard("{Escape}");
    expect(row.classList.contains("strong")).toBe(false);
  });

  it("lets go of a row that a filter takes from under the pointer", async () => {
    await open(2);
    const row = screen.getAllByRole("checkbox", { name: /^Compare / })[0]!.closest("tr")!;
    await fireEvent.pointerEnter(row);
    const faded = () => document.querySelectorAll("tr.faded").length;
    await waitFor(() => expect(faded()).toBe(1));
    const filter = screen.getByLabelText("Filter runs");
    await fireEvent.input(filter, { target: { value: "zzz" } });
    await waitFor(() => expect(row.isConnected).toBe(false));
    await fireEvent.input(filter, { target: { value: "" } });
    await waitFor(() => expect(screen.getAllByRole("checkbox", { name: /^Compare / })).toHaveLength(2));
    expect(faded()).toBe(0);
  });

  it("opens a run in Train from its name", async () => {
    const { project } = await open(2);
    const run = client.engine.runs.find((known) => known.project === project.id)!;
    await userEvent.click(screen.getByRole("button", { name: run.name }));
    expect(app.screen).toBe("train");
    expect(place.run(project.id)).toBe(run.id);
  });

  it("keeps markup in names as text", async () => {
    const html = "<img src=x onerror=1>";
    const project = addWorkedProject(client.engine, "Hostile", 120, 2);
    for (const run of client.engine.runs) run.name = html;
    await app.openProject(project.id, "compare");
    const { container } = render(CompareScreen);
    expect((await screen.findAllByText(html)).length).toBeGreaterThan(1);
    expect(container.querySelector("img")).toBeNull();
  });

  it("shows repeats as one group with mean and spread over those that are completed", async () => {
    const { project } = await open(0);
    const config = { ...client.engine.defaultConfig(project), name: "Trial", accept: "any" as const };
    await client.call("start_repeats", { project: project.id, config, repeats: 3 });
    client.engine.runs.filter((run) => run.project === project.id).forEach((run) => run.complete());
    await app.refreshProject();
    const card = await screen.findByRole("region", { name: "Repeats" });
    expect(await within(card).findByText("3 of 3", { selector: "td:nth-child(2)" })).toBeDefined();
    expect(within(card).getByRole("rowheader", { name: "Trial" })).toBeDefined();
    expect(within(card).getAllByText(/ ± /).length).toBeGreaterThan(0);
  });

  it("makes what lies below the repeats once these are read, or cannot be", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 1);
    const config = { ...client.engine.defaultConfig(project), name: "Trial" };
    await client.call("start_repeats", { project: project.id, config, repeats: 2 });
    await app.openProject(project.id, "compare");
    const curves = () => screen.queryByRole("heading", { name: "Validation score" });
    const letGo = client.hold("list_repeats");
    const { unmount } = render(CompareScreen);
    expect(screen.getByRole("region", { name: "Runs" })).toBeDefined();
    await waitFor(() => expect(asked(client, "list_repeats")).toHaveLength(1));
    expect(curves()).toBeNull();
    letGo();
    expect(await screen.findByRole("region", { name: "Repeats" })).toBeDefined();
    await waitFor(() => expect(curves()).not.toBeNull());
    expect(await screen.findByRole("heading", { name: "Settings that differ" })).toBeDefined();
    unmount();
    client.fail("list_repeats", "The database is busy with another program.");
    render(CompareScreen);
    await waitFor(() => expect(curves()).not.toBeNull());
    expect(screen.queryByRole("region", { name: "Repeats" })).toBeNull();
  });

  it("has every run in the legend of the curves before they are read: it does not grow over them", async () => {
    const letGo = client.hold("get_run");
    await open(2);
    const keys = () =>
      [
        ...screen.getByRole("heading", { name: "Validation score" }).closest("section")!.querySelectorAll(".key .name"),
      ].map(({ textContent }) => textContent);
    expect(keys()).toEqual(expect.arrayContaining(["wide", "cheap"]));
    const before = keys();
    letGo();
    await waitFor(() => expect(screen.getAllByText(/^epoch \d+$/).length).toBeGreaterThan(0));
    expect(keys()).toEqual(before);
  });

  it("sets cost against score, as a chart with a summary and as a table, and saves it", async () => {
    await open(3);
    const card = (await screen.findByRole("heading", { name: "Calls against score" })).closest("section")!;
    expect(within(card).getByText(/No run beats these in both: .*%/)).toBeDefined();
    const slider = within(card).getByRole("slider");
    await fireEvent.keyDown(slider, { key: "ArrowRight" });
    expect(slider.getAttribute("aria-valuetext")).toMatch(/: \d.*% for [\d,]+ calls$/);
    await userEvent.click(within(card).getByRole("button", { name: "Show as table" }));
    expect(within(card).getAllByRole("row")).toHaveLength(4);
    await userEvent.click(within(card).getByRole("button", { name: "Save these runs as CSV" }));
    await waitFor(() =>
      expect(client.saved.get("calls-against-score.csv")).toMatch(/^run,metric,calls,best validation/),
    );
  });

  it("offers dollars as an axis where some run has a price, and names one that has none below its curves", async () => {
    const { project } = await open(2);
    expect(screen.queryByRole("radio", { name: "by dollars" })).toBeNull();
    const model = { connection: 900, model: "gpt-4.1-mini", temperature: null, max_output_tokens: null, seed: null };
    for (const name of ["one", "two"]) {
      const config = { ...client.engine.defaultConfig(project), name, primary: model, optimizer: model };
      client.engine.startRun(project, config).finishNow();
    }
    const two = client.engine.runs.find((run) => run.name === "two")!;
    const summary = two.summary.bind(two);
    two.summary = () => ({ ...summary(), usage: { ...summary().usage, cost: null } });
    await app.refreshProject();
    for (const box of screen.getAllByRole("checkbox", { name: /^Compare (wide|cheap)/ })) await userEvent.click(box);
    for (const box of screen.getAllByRole("checkbox", { name: /^Compare (one|two)/ })) await userEvent.click(box);
    const curves = screen.getByRole("heading", { name: "Validation score" }).closest("section")!;
    await userEvent.click(await screen.findByRole("radio", { name: "by dollars" }));
    expect(await within(curves).findByRole("button", { name: /^one/ })).toBeDefined();
    expect(await within(curves).findByText("1 run: dollars not known (two).")).toBeDefined();
    expect(within(curves).queryByRole("button", { name: /^two/ })).toBeNull();
    expect(within(curves).getByRole("slider", { name: /along the dollars axis/ })).toBeDefined();
    expect(within(curves).getByRole<HTMLInputElement>("radio", { name: "by dollars" }).checked).toBe(true);
    await userEvent.click(within(curves).getByRole("radio", { name: "by epoch" }));
    expect(within(curves).getByRole("button", { name: /^two/ })).toBeDefined();
    const scatter = (await screen.findByRole("heading", { name: "Cost against score" })).closest("section")!;
    await userEvent.click(within(scatter).getByRole("radio", { name: "calls" }));
    expect(within(scatter).getByRole("heading", { name: "Calls against score" })).toBeDefined();
  });

  it("draws settings and results from four runs on, and filters by keyboard", async () => {
    await open(4);
    const card = (await screen.findByRole("heading", { name: "Settings and results" })).closest("section")!;
    await userEvent.click(within(card).getByRole("button", { name: "Show as table" }));
    expect(within(card).getByRole("columnheader", { name: "examples shown" })).toBeDefined();
    expect(within(card).getAllByRole("row")).toHaveLength(5);
  });

  it("compares label by label, with the difference of the confusions", async () => {
    await open(2);
    await userEvent.click(await screen.findByRole("tab", { name: "Labels" }));
    const table = await screen.findByRole("region", { name: "By label" });
    expect(within(table).getByRole("columnheader", { name: "change of F1" })).toBeDefined();
    expect(within(table).getByRole("rowheader", { name: "billing" })).toBeDefined();
    const matrix = screen.getByRole("region", { name: "Confusion, second minus first" });
    expect(matrix.textContent).toMatch(/[+−]\d/);
    // Every figure opens the rows behind it.
    const cell = within(matrix).getAllByRole("button", { name: /^[+−]\d+ of .* answered as .*: show$/ })[0]!;
    const [, truth, answered] = /of (.*) answered as (.*): show$/.exec(cell.getAttribute("aria-label")!)!;
    await userEvent.click(cell);
    const label = await screen.findByLabelText<HTMLSelectElement>("True label");
    expect(label.value).toBe(truth);
    const query = truth === answered ? "" : answered;
    expect(screen.getByLabelText<HTMLInputElement>("Search these examples").value).toBe(query);
    await userEvent.click(screen.getByRole("tab", { name: "Labels" }));
    await userEvent.click(await screen.findByRole("button", { name: /^\d+ rows? of billing: show$/ }));
    expect((await screen.findByLabelText<HTMLSelectElement>("True label")).value).toBe("billing");
    expect(screen.getByLabelText<HTMLInputElement>("Search these examples").value).toBe("");
  });

  it("hides columns, filters runs, and puts a run out of sight without losing it", async () => {
    const user = userEvent.setup({ pointerEventsCheck: 0 });
    await open(2);
    await user.click(screen.getByRole("button", { name: "Columns" }));
    await user.click(await screen.findByRole("menuitemcheckbox", { name: /^models/ }));
    await waitFor(() => expect(screen.queryByRole("columnheader", { name: "models" })).toBeNull());
    // The menu stays for the next column.
    await user.click(screen.getByRole("menuitemcheckbox", { name: "primary temperature" }));
    expect(await screen.findByRole("columnheader", { name: "primary temperature" })).toBeDefined();
    await user.keyboard("{Escape}");
    await user.type(screen.getByLabelText("Filter runs"), "wide");
    expect(screen.getAllByRole("checkbox", { name: /^Compare / })).toHaveLength(1);
    await user.clear(screen.getByLabelText("Filter runs"));
    await user.click(screen.getByRole("button", { name: "Archive wide" }));
    await waitFor(() => expect(screen.getAllByRole("checkbox", { name: /^Compare / })).toHaveLength(1));
    await user.click(screen.getByLabelText("archived (1)"));
    const back = await screen.findByRole("button", { name: "Bring back wide" });
    expect([...document.querySelectorAll("tr.pale")]).toEqual([back.closest("tr")]);
    await user.click(back);
    await waitFor(() => expect(screen.getAllByRole("checkbox", { name: /^Compare / })).toHaveLength(2));
    expect(document.querySelectorAll("tr.pale")).toHaveLength(0);
  });

  it("keeps its runs and its axis for the next start", async () => {
    const { project, unmount } = await open(3);
    await userEvent.click(screen.getAllByRole("checkbox", { name: /^Compare / })[0]!);
    await userEvent.click(screen.getByRole("radio", { name: "by time" }));
    unmount();
    forgetRunSet();
    await app.openProject(project.id, "compare");
    render(CompareScreen);
    expect((screen.getByRole("radio", { name: "by time" }) as HTMLInputElement).checked).toBe(true);
    const ticked = screen.getAllByRole("checkbox", { name: /^Compare / }) as HTMLInputElement[];
    expect(ticked.filter((box) => box.checked)).toHaveLength(2);
  });

  it("groups runs by a setting, and renames one in place", async () => {
    const { project } = await open(4);
    await choose("Group by", "strategy");
    const heads = await screen.findAllByText(/^strategy: /);
    expect(heads.map((head) => head.textContent)).toEqual([
      expect.stringMatching(/pareto.*2 runs, best validation \d/s),
      expect.stringMatching(/greedy.*2 runs, best validation \d/s),
    ]);
    await userEvent.click(screen.getByRole("button", { name: "Rename wide" }));
    const field = screen.getByLabelText("New name of wide");
    await userEvent.clear(field);
    await userEvent.type(field, "the wide one{Enter}");
    const run = client.engine.runs.findLast((known) => known.project === project.id)!;
    await waitFor(() => expect(asked(client, "rename_run")).toEqual([{ run: run.id, name: "the wide one" }]));
    expect(await screen.findByRole("button", { name: "the wide one" })).toBeDefined();
  });

  it("shows only the settings in which the runs differ", async () => {
    await open(4);
    expect(screen.queryByRole("columnheader", { name: "examples shown" })).toBeNull();
    await userEvent.click(screen.getByRole("checkbox", { name: "differences only" }));
    const table = screen.getByRole("region", { name: "Runs" });
    expect(within(table).getByRole("columnheader", { name: "examples shown" })).toBeDefined();
    expect(within(table).getByRole("columnheader", { name: "strategy" })).toBeDefined();
    // All four ask the same model.
    expect(within(table).queryByRole("columnheader", { name: "models" })).toBeNull();
    // All four have completed.
    expect(within(table).queryByRole("columnheader", { name: "status" })).toBeNull();
    expect(within(table).getByRole("columnheader", { name: "best validation" })).toBeDefined();
    await userEvent.click(within(table).getByRole("button", { name: "Save the runs as CSV" }));
    await waitFor(() =>
      expect(client.saved.get("runs.csv")).toMatch(
        /^run,best validation,test,strategy,examples shown,.*,started,number,low,.*,metric,simulated,test examples opened before,test examples training has too\r\n/,
      ),
    );
    expect(
      client.saved
        .get("runs.csv")!
        .trim()
        .split("\r\n")
        .slice(1)
        .every((row) => /,"primary, optimizer",\d+,0$/.test(row)),
    ).toBe(true);
    await userEvent.click(screen.getByRole("checkbox", { name: "differences only" }));
  });

  it("carries the set as tokens: each can be pinned and taken out, the baseline is flagged", async () => {
    await open(3);
    const tokens = screen.getByRole("list", { name: "Compared runs" });
    expect(within(tokens).getAllByRole("listitem")).toHaveLength(3);
    expect(within(tokens).getAllByLabelText("the baseline run")).toHaveLength(1);
    const [first] = within(tokens).getAllByRole("button", { pressed: false });
    await userEvent.click(first!);
    expect(first!.getAttribute("aria-pressed")).toBe("true");
    await userEvent.keyboard("{Escape}");
    expect(first!.getAttribute("aria-pressed")).toBe("false");
    await userEvent.click(within(tokens).getAllByRole("button", { name: /^Take .* out$/ })[0]!);
    expect(within(tokens).getAllByRole("listitem")).toHaveLength(2);
  });

  it("sets training against validation, and names the widest gap", async () => {
    await open(3);
    await userEvent.click(await screen.findByRole("radio", { name: "train" }));
    const card = screen.getByRole("heading", { name: "Training gap" }).closest("section")!;
    expect(
      within(card).getByText(/(The widest gap: .* a gap of \d|The nearest to it: .* points above training)/),
    ).toBeDefined();
    await userEvent.click(within(card).getByRole("button", { name: "Show as table" }));
    expect(within(card).getByRole("columnheader", { name: "train − validation" })).toBeDefined();
    await userEvent.click(screen.getByRole("radio", { name: "calls" }));
  });

  it("stands a run out wherever the pointer is on it", async () => {
    await open(2);
    const settings = (await screen.findByRole("heading", { name: "Settings that differ" })).closest("section")!;
    const head = within(settings).getByRole("columnheader", { name: /cheap/ });
    await fireEvent.pointerEnter(head);
    const row = screen.getByRole("checkbox", { name: "Compare cheap" }).closest("tr")!;
    expect(row.classList.contains("strong")).toBe(true);
    await fireEvent.pointerLeave(head);
    expect(row.classList.contains("strong")).toBe(false);
  });
});
