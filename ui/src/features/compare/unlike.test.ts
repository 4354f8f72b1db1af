import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { addUnlikeRuns } from "../../api/memory/scenario";
import { edits } from "../../app/edits.svelte";
import { runs } from "../../app/runs.svelte";
import { app } from "../../app/state.svelte";
import { choose } from "../../testing/choose";
import { freshClient } from "../../testing/client";
import { count } from "../../format/count";
import { measuredDifferently } from "./comparable";
import CompareScreen from "./CompareScreen.svelte";
import { forgetRunSet } from "./runSet.svelte";

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
  forgetRunSet();
});

async function open() {
  const project = addUnlikeRuns(client.engine, `Unlike ${Math.random()}`);
  await app.openProject(project.id, "compare");
  return { project, ...render(CompareScreen) };
}

async function tickAll() {
  for (const box of screen.getAllByRole("checkbox", { name: /^Compare / }) as HTMLInputElement[]) {
    if (!box.checked) await userEvent.click(box);
  }
}

/** What its best prompts score in training, only its epochs tell. */
function withoutTrain(run: MemoryClient["engine"]["runs"][number]) {
  const summary = run.summary.bind(run);
  run.summary = () => ({ ...summary(), best: { ...summary().best, train: null } });
}

async function card(title: string): Promise<HTMLElement> {
  return (await screen.findByRole("heading", { name: title })).closest("section")!;
}

describe("runs that were told different things", () => {
  it("are drawn over an axis for each of them, and written as they are", async () => {
    await open();
    await tickAll();
    const parallel = await card("Settings and results");
    await userEvent.click(within(parallel).getByRole("button", { name: "Show as table" }));
    const heads = within(parallel).getAllByRole("columnheader");
    const names = heads.map((head) => head.textContent);
    expect(names).toEqual(expect.arrayContaining(["primary temperature", "metric", "most epochs", "most calls"]));
    const cells = (name: string) =>
      within(parallel)
        .getAllByRole("row")
        .slice(1)
        .map((row) => row.children[names.indexOf(name)]?.textContent);
    expect(cells("most epochs")).toEqual(["8", "8", "6", "5", "4"]);
    expect(cells("primary temperature")).toEqual(["not set", "0", "not set", "0.7", "not set"]);
    await userEvent.click(within(parallel).getByRole("button", { name: "Save the table as CSV" }));
    await waitFor(() => expect(client.saved.get("settings-and-results.csv")).toMatch(/byte for byte,not set,/));
    // Plain numbers in a file, read ones on the page.
    expect(client.saved.get("settings-and-results.csv")).toContain(",10000,");
  });

  it("can be grouped by what differs, and told apart by number and time", async () => {
    await open();
    await fireEvent.focus(screen.getByLabelText("Group by"));
    const groups = within(screen.getByLabelText("Group by")).getAllByRole("option");
    const offered = groups.map((option) => option.textContent);
    expect(offered).toEqual(expect.arrayContaining(["primary temperature", "most calls", "metric"]));
    expect(offered).not.toContain("patience");
    await choose("Group by", "primary temperature");
    expect(await screen.findByText(/^primary temperature: 0\.7/)).toBeDefined();
    await choose("Group by", "");
    for (const name of ["number", "started"]) expect(screen.getByRole("columnheader", { name })).toBeDefined();
    const heads = within(screen.getByRole("region", { name: "Runs" })).getAllByRole("columnheader");
    const order = heads.map((head) => head.textContent?.replace(/[↑↓]/, "").trim());
    expect(order.indexOf("test")).toBeLessThan(order.indexOf("models"));
  });

  it("are marked where they are measured differently, beside the verdict, at the token and in the table", async () => {
    const { project } = await open();
    await tickAll();
    const runs = client.engine.runs.filter((run) => run.project === project.id);
    const [usual, exact] = [
      runs.find((run) => run.name === "usual settings")!,
      runs.find((run) => run.name === "byte for byte")!,
    ];
    await choose("First run", String(usual.id));
    await choose("Second run", String(exact.id));
    expect(await screen.findByText(/^Measured differently: metric label accuracy against exact match\./)).toBeDefined();
    const tokens = screen.getByRole("list", { name: "Compared runs" });
    expect(within(tokens).getAllByText(/measured differently from the baseline run: metric/)).toHaveLength(1);
    const row = screen.getByRole("checkbox", { name: "Compare byte for byte" }).closest("tr")!;
    expect(within(row).getByText(/measured differently/)).toBeDefined();
    await choose("Second run", String(runs[1]!.id));
    await waitFor(() => expect(screen.queryByText(/^Measured differently/)).toBeNull());
  });

  it("are told by what their examples say, not by what dataset and division are called", async () => {
    const { project } = await open();
    const runs = client.engine.runs.filter((run) => run.project === project.id);
    const [usual, other] = [runs[0]!, runs[1]!];
    const [first, second] = [usual.summary(), other.summary()];
    const alike = { ...second, config: { ...second.config, metrics: first.config.metrics } };
    const told = (one: string | null, two: string | null, rest: Partial<typeof second> = {}) =>
      measuredDifferently({ ...alike, ...rest, measured_on: two }, { ...first, measured_on: one });
    const renamed = { dataset: "again.csv" };
    expect(told("a", "a", renamed)).toEqual([]);
    expect(told("a", "b", renamed)).toEqual([`dataset: ${first.dataset}, here again.csv`]);
    const n = count(first.splits.validation);
    expect(told("a", "b")).toEqual([`validation examples: ${n}, here ${n} others`]);
    expect(told(null, "b")).toEqual([]);
    expect(told(null, "b", renamed)).toHaveLength(1);
  });

  it("say below Labels why there are none", async () => {
    const { project } = await open();
    const exact = client.engine.runs.find((run) => run.project === project.id && run.name === "byte for byte")!;
    await choose("Second run", String(exact.id));
    await userEvent.click(screen.getByRole("tab", { name: "Labels" }));
    expect(await screen.findByText(/“byte for byte” is scored by exact match\./)).toBeDefined();
  });

  it("keep their looks when the screen is left and the window started again", async () => {
    const { project, unmount } = await open();
    await tickAll();
    const boxes = screen.getAllByRole("checkbox", { name: /^Compare / });
    await userEvent.click(boxes[0]!);
    const looks = () =>
      [...screen.getByRole("list", { name: "Compared runs" }).querySelectorAll("li")].map((token) => [
        token.querySelector(".name")!.textContent,
        token.querySelector("svg")!.getAttribute("style"),
      ]);
    const before = looks();
    unmount();
    forgetRunSet();
    await app.openProject(project.id, "compare");
    render(CompareScreen);
    expect(looks()).toEqual(before);
  });

  it("come back into the set, as the baseline, when archiving is taken back", async () => {
    await open();
    await tickAll();
    await userEvent.click(screen.getByRole("button", { name: "byte for byte is the baseline run" }));
    const token = () => within(screen.getByRole("list", { name: "Compared runs" })).getAllByRole("listitem");
    const look = token()[0]!.querySelector("svg")!.getAttribute("style");
    await userEvent.click(screen.getByRole("button", { name: "Archive byte for byte" }));
    await waitFor(() => expect(edits.toUndo).toBe("Archive “byte for byte”"));
    expect(token()).toHaveLength(4);
    await edits.undo();
    await waitFor(() => expect(token()).toHaveLength(5));
    expect(token()[0]!.textContent).toContain("byte for byte");
    expect(token()[0]!.querySelector("svg")!.getAttribute("style")).toBe(look);
    expect(within(token()[0]!).getByLabelText("the baseline run")).toBeDefined();
  });

  it("say by name where training was not measured", async () => {
    const { project } = await open();
    const [one, two, ...others] = client.engine.runs.filter((run) => run.project === project.id);
    for (const run of [one!, two!]) {
      withoutTrain(run);
      const at = run.epochs.findIndex(({ epoch }) => epoch === run.bestPrompt().epoch);
      for (const epoch of run.epochs.slice(at)) epoch.train = null;
    }
    await app.refreshProject();
    await userEvent.click(await screen.findByRole("radio", { name: "train" }));
    const gap = await card("Training gap");
    expect(await within(gap).findByText(/^2 runs: training not measured \(byte for byte, same name\)\./)).toBeDefined();
    await userEvent.click(within(gap).getByRole("button", { name: "Show as table" }));
    expect(within(gap).getAllByRole("row")).toHaveLength(1 + 2 + others.length);
    await userEvent.click(screen.getByRole("radio", { name: "calls" }));
  });

  it("say which training scores are of a part of the examples", async () => {
    const { project } = await open();
    const [run] = client.engine.runs.filter((known) => known.project === project.id);
    await userEvent.click(await screen.findByRole("radio", { name: "train" }));
    const gap = await card("Training gap");
    expect(within(gap).queryByText(/^Hollow: training scores of a part/)).toBeNull();
    withoutTrain(run!);
    const next = run!.epochs.find(({ epoch }) => epoch === run!.bestPrompt().epoch + 1);
    for (const epoch of next ? [next] : run!.epochs.slice(-1))
      epoch.train = { score: 0.75, n: 8, missing: 0, low: 0.4, high: 0.93 };
    await app.refreshProject();
    runs.reset();
    await app.openProject(project.id, "compare");
    expect(await within(await card("Training gap")).findByText(/^Hollow: training scores of a part/)).toBeTruthy();
    await userEvent.click(screen.getByRole("radio", { name: "calls" }));
  });

  it("tell their training score by the epoch after the best one, as Train does, with its n", async () => {
    const { project, unmount } = await open();
    const run = client.engine.runs.find(
      (known) => known.project === project.id && known.epochs.some(({ epoch }) => epoch > known.bestPrompt().epoch),
    )!;
    withoutTrain(run);
    const next = run.epochs.find(({ epoch }) => epoch === run.bestPrompt().epoch + 1)!;
    next.train = { score: 0.912, n: 159, missing: 0, low: 0.86, high: 0.95 };
    // Of a run that is not compared nothing has been read after a restart.
    await userEvent.click(screen.getByRole("button", { name: `Take ${run.name} out` }));
    unmount();
    runs.reset();
    await app.openProject(project.id, "compare");
    render(CompareScreen);
    await userEvent.click(await screen.findByRole("radio", { name: "train" }));
    const gap = await card("Training gap");
    await userEvent.click(within(gap).getByRole("button", { name: "Show as table" }));
    expect(await within(gap).findByText(/^91\.2%/)).toBeDefined();
    expect(within(gap).getByText("(86.0 to 95.0), n 159")).toBeDefined();
    await userEvent.click(within(gap).getByRole("button", { name: "Save these runs as CSV" }));
    await waitFor(() => expect(client.saved.get("training-against-validation.csv")).toContain(",0.912,0.86,0.95,159,"));
    await userEvent.click(screen.getByRole("radio", { name: "calls" }));
  });

  it("are neither averaged nor ranked together, and every file says what a score was measured by", async () => {
    await open();
    await tickAll();
    await choose("Group by", "primary temperature");
    const heads = (await screen.findAllByText(/^primary temperature: /)).map((head) => head.textContent);
    expect(heads.find((head) => head.includes("not set"))).toMatch(/3 runs, no average: metric differs/);
    expect(heads.find((head) => head.includes("0.7"))).toMatch(/1 run, best validation \d.* on average/);
    await choose("Group by", "");
    const calls = await card("Calls against score");
    expect(within(calls).getByText(/No run beats these in both/).textContent).not.toContain("byte for byte");
    expect(within(calls).getByText(/Diamonds: measured\s+differently, not ranked/)).toBeDefined();
    const curves = await card("Validation score");
    const key = await within(curves).findByRole("button", { name: /byte for byte/ });
    expect(key.textContent).toContain("measured differently from the baseline run: metric");
    for (const [shown, button, file] of [
      [curves, "Save the table as CSV", "compared-runs.csv"],
      [calls, "Save these runs as CSV", "calls-against-score.csv"],
    ] as const) {
      await userEvent.click(within(shown).getByRole("button", { name: "Show as table" }));
      await userEvent.click(within(shown).getByRole("button", { name: button }));
      await waitFor(() => expect(client.saved.get(file)).toMatch(/^run,metric,/));
      expect(client.saved.get(file)).toMatch(/^byte for byte,exact match,/m);
    }
    await userEvent.click(screen.getByRole("button", { name: "Save the runs as CSV" }));
    await waitFor(() => expect(client.saved.get("runs.csv")).toMatch(/^byte for byte,.*,exact match,.*,\d+\r?$/m));
  });

  it("say which answers came from disk where they make a run look cheap", async () => {
    await open();
    const curves = await card("Validation score");
    expect(within(curves).queryByText(/came from disk/)).toBeNull();
    await userEvent.click(within(curves).getByRole("radio", { name: "by calls" }));
    expect(
      within(curves).getByText(/^[\d,]+ answers came from disk, so no call is counted for them: \d.* of “.*”/),
    ).toBeDefined();
    expect(within(await card("Calls against score")).getByText(/answers came from disk/)).toBeDefined();
    await userEvent.click(within(curves).getByRole("radio", { name: "by epoch" }));
  });

  it("are drawn by epoch, with a reason, only where no run has anything on the wanted axis", async () => {
    const { project, unmount } = await open();
    const curves = await card("Validation score");
    await userEvent.click(within(curves).getByRole("radio", { name: "by calls" }));
    unmount();
    const known = client.engine.runs.filter((run) => run.project === project.id);
    const spendsNothing = async (run: (typeof known)[number]) => {
      for (const epoch of run.epochs) epoch.usage = { ...epoch.usage, calls: 0 };
      runs.reset();
      await app.openProject(project.id, "compare");
      return render(CompareScreen);
    };
    for (const run of known.slice(1)) (await spendsNothing(run)).unmount();
    const { unmount: leave } = await spendsNothing(known[1]!);
    await tickAll();
    await within(await card("Validation score")).findByRole("slider", { name: /along the calls axis/ });
    expect(screen.queryByText(/^By epoch: /)).toBeNull();
    leave();
    await spendsNothing(known[0]!);
    expect(await screen.findByText("By epoch: no call was counted.")).toBeDefined();
    const drawn = await card("Validation score");
    expect(within(drawn).getByRole("slider", { name: /along the epoch axis/ })).toBeDefined();
    expect(within(drawn).getByRole<HTMLInputElement>("radio", { name: "by calls" }).checked).toBe(true);
    await userEvent.click(within(drawn).getByRole("radio", { name: "by epoch" }));
    expect(screen.queryByText(/^By epoch: /)).toBeNull();
  });

  it("are counted without those that were put out of sight", async () => {
    await open();
    await userEvent.click(screen.getByRole("button", { name: "Archive usual settings" }));
    expect(await screen.findByText(/of 4 runs selected/)).toBeDefined();
  });
});

describe("the screen", () => {
  it("is scrolled to where it was when one comes back", async () => {
    const { project, container, unmount } = await open();
    const body = container.querySelector(".body")!;
    body.scrollTop = 300;
    await fireEvent.scroll(body);
    unmount();
    await app.openProject(project.id, "compare");
    const again = render(CompareScreen);
    expect(again.container.querySelector(".body")!.scrollTop).toBe(300);
    again.unmount();
    // Another database has another project under the same number.
    app.info = { database: "/elsewhere.db" } as NonNullable<typeof app.info>;
    const other = render(CompareScreen);
    expect(other.container.querySelector(".body")!.scrollTop).toBe(0);
  });
});

describe("the pair", () => {
  it("is searched by words and by label, and looked at as before when one comes back", async () => {
    const { project, unmount } = await open();
    const labelled = client.engine.runs.find((run) => run.project === project.id && run.name === "same name")!;
    await choose("Second run", String(labelled.id));
    await screen.findByLabelText("True label");
    await userEvent.click(await screen.findByRole("button", { name: /^Still right \d/ }));
    const rows = () => Number(screen.getByRole("grid").getAttribute("aria-rowcount")) - 1;
    const all = rows();
    await fireEvent.change(await screen.findByLabelText("True label"), { target: { value: "billing" } });
    await waitFor(() => expect(rows()).toBeLessThan(all));
    expect(within(screen.getByRole("grid")).getAllByRole("row")[1]!.textContent).toContain("billing");
    await userEvent.type(screen.getByLabelText("Search these examples"), "nothing like it");
    expect(await screen.findByText(/No example here has these words/)).toBeDefined();
    await userEvent.click(screen.getByRole("tab", { name: "Prompts" }));
    unmount();
    await app.openProject(project.id, "compare");
    const again = render(CompareScreen);
    expect((await screen.findByRole("tab", { name: "Prompts" })).getAttribute("aria-selected")).toBe("true");
    expect(screen.getByLabelText<HTMLSelectElement>("Second run").value).toBe(String(labelled.id));
    await userEvent.click(screen.getByRole("tab", { name: "Examples" }));
    const still = await screen.findByRole("button", { name: /^Still right \d/ });
    expect(still.getAttribute("aria-pressed")).toBe("true");
    await userEvent.click(screen.getByRole("tab", { name: "Prompts" }));
    again.unmount();
    // Another project has a pair of its own.
    await open();
    expect((await screen.findByRole("tab", { name: "Examples" })).getAttribute("aria-selected")).toBe("true");
  });
});
