import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { RunConfig } from "../../../api/bindings/RunConfig";
import type { MemoryClient } from "../../../api/memory";
import { addWorkedProject } from "../../../api/memory/scenario";
import type { SimulatedRun } from "../../../api/memory/simulation";
import { inspector } from "../../../app/inspector.svelte";
import { app } from "../../../app/state.svelte";
import { atMost } from "../../../format/bound";
import { elapsed } from "../../../format/duration";
import { asked, freshClient } from "../../../testing/client";
import { place } from "../place.svelte";
import TrainScreen from "../TrainScreen.svelte";
import { mapSplit, openedTab, openTab } from "./openTab.svelte";

let client: MemoryClient;
const NO_TRAINING = "4 of 10 training examples have no answer.";

beforeEach(() => {
  client = freshClient();
  openedTab.value = "changes";
  mapSplit.value = "validation";
});

function start(change: Partial<RunConfig> = {}, size = 300) {
  const project = addWorkedProject(client.engine, "Tickets", size, 0);
  const label: RunConfig["metrics"] = [{ metric: { kind: "label" }, weight: 1 }];
  const config = { ...client.engine.defaultConfig(project), name: "mine", metrics: label, ...change };
  return client.engine.startRun(project, config);
}

async function open(run: SimulatedRun, epoch: number) {
  place.show(run.project, run.id, epoch);
  await app.openProject(run.project, "train");
  render(TrainScreen);
  await screen.findByRole("heading", { name: epoch === 0 ? "Baseline" : `Epoch ${epoch}` });
}

const card = (epoch: number) => document.querySelector<HTMLElement>(`[data-epoch="${epoch}"]`)!;
const tab = async (name: RegExp | string) => userEvent.click(await screen.findByRole("tab", { name }));

/** The cells of an epoch's line in the table of the chart, by column. */
async function line(epoch: number): Promise<Record<string, string>> {
  await userEvent.click(screen.getByRole("button", { name: "Show as table" }));
  const table = (await screen.findByRole("columnheader", { name: "decision" })).closest("table")!;
  const heads = within(table)
    .getAllByRole("columnheader")
    .map((head) => head.textContent.trim());
  const row = within(table)
    .getAllByRole("row")
    .slice(1)
    .find((known) => within(known).getAllByRole("cell")[0]!.textContent.trim() === String(epoch))!;
  const cells = within(row)
    .getAllByRole("cell")
    .map((cell) => cell.textContent.trim());
  return Object.fromEntries(heads.map((head, at) => [head, cells[at] ?? ""]));
}

describe("an epoch of which nothing was validated", () => {
  async function turnedDown() {
    const run = start();
    while (run.epochs.length < 2) run.tick(350);
    run.turnDown(NO_TRAINING);
    run.stop();
    const { epoch } = run.epochs.at(-1)!;
    await open(run, epoch);
    return { run, epoch };
  }

  it("says nowhere that it fixed or broke nothing", async () => {
    const { epoch } = await turnedDown();
    expect(card(epoch).textContent).not.toMatch(/[+−]\s*0/);
    for (const name of ["Fixed", "Broken", "Still wrong", "Still right"]) {
      expect(await screen.findByRole("tab", { name: `${name} –` })).toBeDefined();
    }
    const figures = await line(epoch);
    expect([figures["fixed"], figures["broken"], figures["validation"]]).toEqual(["–", "–", "–"]);
  });

  it("says in each list why there is nothing, and asks the engine for none of them", async () => {
    await turnedDown();
    const why = new RegExp(`^Not measured: no validation example was asked in this epoch. ${NO_TRAINING}`);
    for (const name of [/^Fixed/, /^Still right/, /^Failures/, /^Confusion/]) {
      await tab(name);
      expect(await screen.findByText(why)).toBeDefined();
    }
    expect([...asked(client, "list_compared"), ...asked(client, "list_failures")]).toEqual([]);
  });
});

describe("the training score", () => {
  it("stands with how many examples it counts where the search asked the best prompts some of them alone", async () => {
    const run = start({ strategy: "pareto", epochs: 6 });
    run.finishNow();
    const { epoch } = run.bestPrompt();
    expect(epoch).toBeGreaterThan(0);
    const summary = run.summary.bind(run);
    const train = { score: 0.75, n: 40, missing: 0, low: 0.6, high: 0.86 };
    run.summary = () => ({ ...summary(), best: { ...summary().best, train } });
    await open(run, epoch);
    expect((await line(epoch))["train, best so far"]).toBe("75.0% n 40");
    const first = document.querySelector("table td:nth-child(3)")!.textContent.trim();
    expect(first, "all were asked by the baseline").toMatch(/^[\d.]+%$/);
  });
});

describe("an epoch whose validation was stopped early", () => {
  it("tells what was answered as a part, the same on card, tabs and table", async () => {
    const run = start({ accept: "any", early_stop: true, epochs: 12 });
    run.finishNow();
    const summary = run.epochs.find(({ bound, fixed, broken }) => bound && fixed + broken > 0)!;
    const { epoch, fixed, broken, bound } = summary;
    await open(run, epoch);
    expect(await screen.findByRole("tab", { name: `Fixed ${fixed}` })).toBeDefined();
    expect(await screen.findByRole("tab", { name: `Broken ${broken}` })).toBeDefined();
    expect(card(epoch).textContent).toMatch(
      new RegExp(`\\+${fixed}[^]*−${broken}[^]*of ${bound!.n} of ${bound!.of} answered`),
    );
    expect(card(epoch).textContent).toMatch(/≤ [+−±]?0\.0/);
    const figures = await line(epoch);
    expect([figures["fixed"], figures["broken"], figures["n"]]).toEqual([
      String(fixed),
      String(broken),
      `${bound!.n} of ${bound!.of}`,
    ]);
    expect(figures["validation"]).toBe(atMost(bound!));
    await tab(/^Still wrong/);
    expect(
      await screen.findByText(new RegExp(`of ${bound!.n} of ${bound!.of} answered`, "u"), { selector: "p *" }),
    ).toBeDefined();
    await tab("Confusion");
    expect(await screen.findByText(/stopped early/, { selector: ".matrices *" })).toBeDefined();
  });

  it("has the same mark in its head as on its card", async () => {
    const run = start({ accept: "any", early_stop: true, epochs: 12 });
    run.finishNow();
    const { epoch } = run.epochs.find(({ bound }) => bound)!;
    await open(run, epoch);
    const head = screen.getByRole("heading", { name: `Epoch ${epoch}` }).closest("header")!;
    expect(head.querySelector("svg.bound")).not.toBeNull();
    expect(card(epoch).querySelector("svg.bound")).not.toBeNull();
  });
});

describe("a card of the timeline", () => {
  it("gives its reason in a line", async () => {
    const run = start();
    run.finishNow();
    const { epoch, reason } = run.epochs.find(({ decision }) => decision === "accepted")!;
    await open(run, epoch);
    expect(card(epoch).querySelector(".reason")!.textContent).toBe(reason.split(":")[0]);
  });
});

describe("what a run used", () => {
  async function sums(run: SimulatedRun) {
    await open(run, 0);
    await tab("Cost");
    const region = await screen.findByRole("region", { name: "Cost by epoch" });
    await userEvent.click(within(screen.getByRole("group", { name: "Unit" })).getByRole("radio", { name: "calls" }));
    const rows = () =>
      within(region)
        .getAllByRole("row")
        .slice(1)
        .map((row) => ({
          name: within(row).getByRole("rowheader").textContent.replace(/\s+/g, " ").trim(),
          all: Number(row.querySelector("b")!.textContent.replaceAll(",", "")),
        }));
    await waitFor(() => expect(asked(client, "test_usage").length).toBeGreaterThan(0));
    return rows;
  }

  it("adds up: baseline, epochs, the epoch that was not decided and the whole run", async () => {
    const run = start();
    while (run.epochs.length < 3) run.tick(350);
    for (let step = 0; step < 9; step += 1) run.tick(350);
    run.stop();
    const rows = await sums(run);
    await waitFor(() => expect(rows().map(({ name }) => name)).toContain("3 begun, not decided"));
    const whole = rows().at(-1)!;
    expect(whole).toEqual({ name: "whole run", all: run.usage.calls });
    expect(
      rows()
        .slice(0, -1)
        .reduce((sum, { all }) => sum + all, 0),
    ).toBe(whole.all);
  });

  it("tells what was asked again from the test split", async () => {
    const run = start({ early_stop: false }, 1200);
    while (run.usage.failed === 0) run.tick(350);
    run.stop();
    const before = run.usage.calls;
    expect(run.usage.failed).toBeGreaterThan(0);
    run.answerMissing();
    const rows = await sums(run);
    await waitFor(() => expect(rows().map(({ name }) => name)).toContain("missing asked again"));
    expect(rows().find(({ name }) => name === "missing asked again")!.all).toBe(run.usage.calls - before);
    const parts = rows().slice(0, -1);
    expect(parts.reduce((sum, { all }) => sum + all, 0)).toBe(run.usage.calls);
  });

  it("tells of what took less than a second how long it took", async () => {
    const run = start({ epochs: 3 });
    while (run.epochs.length < 1) run.tick(10);
    run.stop();
    const took = run.epochs[0]!.active_ms;
    expect(took).toBeLessThan(1000);
    await sums(run);
    const row = await screen.findByRole("row", { name: /^baseline/ });
    expect(within(row).getByText(elapsed(took))).toBeDefined();
    expect(screen.getByText(/^The baseline/, { selector: "caption" }).textContent).toContain(elapsed(took));
  });

  it("adds up with the test split, and a card means by calls what the table means", async () => {
    const run = start({ epochs: 3 });
    run.finishNow();
    const rows = await sums(run);
    await waitFor(() => expect(rows().map(({ name }) => name)).toContain("test split after the search"));
    const whole = rows().at(-1)!;
    expect(
      rows()
        .slice(0, -1)
        .reduce((sum, { all }) => sum + all, 0),
    ).toBe(whole.all);
    const own = rows().find(({ name }) => name.startsWith("2 "))!.all;
    expect((await line(2))["calls"]).toBe(String(own));
    expect(card(2).textContent).toContain(`${own} calls`);
  });
});

describe("examples without an answer", () => {
  it("are a list with the cause of each, which a figure can open", async () => {
    const run = start({ early_stop: false }, 1200);
    while (run.usage.failed === 0) run.tick(350);
    run.stop();
    await open(run, 0);
    expect(await screen.findByRole("tab", { name: `Missing ${run.usage.failed}` })).toBeDefined();
    await userEvent.click(await screen.findByRole("button", { name: /missing examples?$/ }));
    await screen.findByRole("grid", { name: "Missing examples" });
    openTab("changes");
    await userEvent.click(await screen.findByRole("button", { name: "Show the examples without an answer" }));
    const grid = await screen.findByRole("grid", { name: "Missing examples" });
    const [, first] = within(grid).getAllByRole("row");
    expect(first!.textContent).toMatch(/No answer came within the timeout.*within 120 s/);
    await userEvent.click(within(first!).getAllByRole("gridcell")[0]!);
    await waitFor(() => expect(inspector.shown).not.toBeNull());
    await userEvent.selectOptions(screen.getByLabelText("Cause"), "timeout");
    await waitFor(() => expect(asked(client, "list_missing").at(-1)).toMatchObject({ run: run.id, only: "timeout" }));
  });
});

describe("a run that got every answer", () => {
  it("has no tab for missing ones until somebody looks at it", async () => {
    const run = start({ epochs: 3 });
    run.finishNow();
    run.answerMissing();
    await open(run, 0);
    expect(screen.queryByRole("tab", { name: /^Missing/ })).toBeNull();
    expect(screen.getByRole<HTMLButtonElement>("button", { name: /0\s*missing examples/ }).disabled).toBe(true);
    openTab("missing");
    expect(await screen.findByRole("tab", { name: "Missing 0", selected: true })).toBeDefined();
  });
});

describe("a figure of training", () => {
  it("opens the learning map of training", async () => {
    const run = start();
    run.finishNow();
    await open(run, 0);
    openTab("map", "train");
    expect(await screen.findByRole("grid", { name: "Learning map, train examples by epoch" })).toBeDefined();
    await waitFor(() => expect(asked(client, "learning_map").at(-1)).toEqual({ run: run.id, split: "train" }));
  });
});

describe("the learning map", () => {
  it("says which epochs have no column, and why", async () => {
    const run = start();
    while (run.epochs.length < 2) run.tick(350);
    run.turnDown(NO_TRAINING);
    run.stop();
    await open(run, 1);
    await tab("Learning map");
    expect(await screen.findByText(/Epoch 2 has no column: no validation example was asked/)).toBeDefined();
  });
});
