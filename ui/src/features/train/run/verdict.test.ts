import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Gain } from "../../../api/bindings/Gain";
import type { NextStep } from "../../../api/bindings/NextStep";
import type { RunConfig } from "../../../api/bindings/RunConfig";
import type { MemoryClient } from "../../../api/memory";
import { addWorkedProject } from "../../../api/memory/scenario";
import type { SimulatedRun } from "../../../api/memory/simulation";
import InterruptedBanner from "../../../app/InterruptedBanner.svelte";
import { liveFrom } from "../../../app/liveRun";
import { app } from "../../../app/state.svelte";
import { commonWords } from "../../../format/changes";
import { freshClient } from "../../../testing/client";
import { epochOf, scoreOf } from "../../../testing/epochs";
import { place } from "../place.svelte";
import TrainScreen from "../TrainScreen.svelte";
import { openedTab } from "./openTab.svelte";
import { ShownOutcome } from "./outcome.svelte";
import StateCard from "./StateCard.svelte";
import VerdictCard from "./VerdictCard.svelte";

let client: MemoryClient;
const noop = () => undefined;

beforeEach(() => {
  client = freshClient();
  openedTab.value = "changes";
});

function start(change: Partial<RunConfig> = {}) {
  const project = addWorkedProject(client.engine, "Tickets", 300, 0);
  return client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "mine", ...change });
}

async function open(run: SimulatedRun, epoch: number | null = null) {
  place.show(run.project, run.id, epoch);
  await app.openProject(run.project, "train");
  return render(TrainScreen);
}

/** So many examples of the run have no answer. */
function lacks(run: SimulatedRun, failed: number) {
  const usage = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(run), "usage")!.get!;
  vi.spyOn(run, "usage", "get").mockImplementation(() => ({ ...(usage.call(run) as SimulatedRun["usage"]), failed }));
}

describe("examples without an answer", () => {
  it.each(["running", "paused"])(
    "have their list before the first epoch of a %s run, and the figure leads to it",
    async (how) => {
      const run = start();
      lacks(run, 45);
      run.tick(350);
      if (how === "paused") run.pause("45 of 120 examples have no answer.");
      const { container } = await open(run);
      expect(await screen.findByRole("tab", { name: "Missing 45" })).toBeDefined();
      const panel = container.querySelector<HTMLElement>("[data-epoch-panel]")!;
      panel.scrollIntoView = vi.fn();
      await userEvent.click(screen.getByRole("button", { name: /45\s+missing examples/ }));
      await waitFor(() => expect(panel.scrollIntoView).toHaveBeenCalled());
      expect(await screen.findByRole("grid", { name: "Missing examples" })).toBeDefined();
    },
  );

  it("say at the end why they are not asked for again, or offer it", async () => {
    const run = start({ epochs: 2 });
    lacks(run, 55);
    run.askable = false;
    run.finishNow();
    await open(run, 0);
    await userEvent.click(await screen.findByRole("button", { name: /55\s+missing examples/ }));
    expect(await screen.findByText(/What is missing belongs to prompts that were not kept/)).toBeDefined();
    expect(screen.queryByRole("button", { name: "Retry the missing" })).toBeNull();
  });

  it("are not offered again in a run whose first prompts were not measured", async () => {
    const run = start({ epochs: 2 });
    lacks(run, 29);
    run.finishNow();
    const summary = run.summary();
    const nothing = { train: null, validation: null, test: null };
    vi.spyOn(run, "summary").mockImplementation(() => ({ ...summary, baseline: nothing }));
    openedTab.value = "missing";
    const { container } = await open(run, 0);
    expect(await screen.findByText(/not measured to the end, so nothing is asked again in this run/)).toBeDefined();
    expect(screen.queryByRole("button", { name: "Retry the missing" })).toBeNull();
    expect(container.querySelector(".card.gained")).toBeNull();
    expect(container.querySelector(".card.doubtful")).not.toBeNull();
  });

  it("are offered again in their list where the figures of the run want them", async () => {
    const run = start({ epochs: 2 });
    lacks(run, 3);
    run.finishNow();
    await open(run, 0);
    await userEvent.click(await screen.findByRole("button", { name: /3\s+missing examples/ }));
    const panel = await screen.findByRole("tabpanel", { name: "Baseline" });
    await userEvent.click(await within(panel).findByRole("button", { name: "Retry the missing" }));
    await waitFor(() => expect(client.calls.some(({ name }) => name === "retry_missing")).toBe(true));
  });

  it("do not say that every example has an answer while the run has some to ask", async () => {
    const run = start();
    while (run.epochs.length < 1) run.tick(350);
    run.pause();
    lacks(run, 0);
    openedTab.value = "missing";
    await open(run, 0);
    expect(await screen.findByText(/No example is without an answer so far/)).toBeDefined();
  });
});

describe("a difference over fewer examples than the scores beside it", () => {
  it.each([
    ["the scores are otherwise apart", [0.091, 55], [0.083, 48]],
    ["the scores are as far apart", [0.091, 55], [0.174, 48]],
    ["the best before has fewer answers", [0.091, 48], [0.083, 55]],
  ] as const)("says over how many, on the card, in the head of the tabs and in the table (%s)", async (_, was, is) => {
    const run = start({ accept: "significant", early_stop: false });
    run.finishNow();
    const [baseline, first] = run.epochs;
    const measured = ([score, n]: readonly [number, number]) => ({ ...scoreOf(score, n), missing: 55 - n });
    const [before, after] = [measured(was), measured(is)];
    Object.assign(baseline!, { validation: before });
    Object.assign(first!, { decision: "rejected", bound: null, validation: after, delta: 0.083, p: 0.4 });
    await open(run, 1);
    const words = "on the 48 that both answered";
    const card = () => document.querySelector<HTMLElement>('[data-epoch="1"]');
    await waitFor(() => expect(card()?.title).toContain(`+8.3 points ${words}`));
    await userEvent.click(await screen.findByRole("button", { name: "Show as table" }));
    expect(screen.getAllByText(words).length).toBeGreaterThan(0);
    const head = screen.getByRole("heading", { name: "Epoch 1" }).closest("header")!;
    expect(head.textContent).toMatch(/rejected \+8\.3 on the \d+ that both answered/);
  });

  it("says nothing of the sort where all are answered and the scores are just as far apart", () => {
    // 0.625 - 0.5875 is 0.03749…, which rounds the other way than 0.0375.
    const first = { ...epochOf(1, "accepted", 0.625), delta: 0.0375 };
    expect(commonWords([epochOf(0, "baseline", 0.5875), first], first)).toBe("");
    const apart = { ...first, delta: 0.05 };
    expect(commonWords([epochOf(0, "baseline", 0.5875), apart], apart)).toBe("on the 100 that both answered");
  });
});

describe("the verdict", () => {
  const gain = (p: number): Gain => ({
    before: scoreOf(0.5),
    after: scoreOf(0.56),
    delta: 0.06,
    low: p < 0.05 ? 0.01 : -0.02,
    high: 0.14,
    p,
    fixed: 9,
    broken: 3,
    n: 100,
  });

  function card(p: number, next: NextStep[] = [], openedBefore = 0) {
    const outcome = new ShownOutcome();
    outcome.value = { validation: gain(p), test: gain(p), next };
    const openedSaid = openedBefore > 0;
    return render(VerdictCard, { outcome, openedBefore, openedSaid, busy: false, onstep: () => undefined }).container;
  }

  it("praises with a colour only what is beyond chance", () => {
    expect(card(0.2).querySelector(".good")).toBeNull();
    expect(card(0.01).querySelector(".good")?.textContent).toBe("+6.0 points");
  });

  it("has the colour of success for a gain beyond chance alone, and of doubt for one that the test does not bear out", async () => {
    const run = start({ epochs: 2 });
    run.finishNow();
    const shown = new ShownOutcome();
    const live = liveFrom(structuredClone(run.view()));
    const state = { live, busy: false, outcome: shown, onresume: noop, onagain: noop, onstep: noop };
    const card = () => render(StateCard, state).container.querySelector(".card")!.className;
    for (const [delta, p, tone] of [
      [0.06, 0.01, "gained"],
      [-0.055, 0.3, "doubtful"],
      [0.01, 0.4, ""],
    ] as const) {
      shown.value = { validation: gain(0.01), test: { ...gain(p), delta }, next: [] };
      const names = card();
      for (const name of ["gained", "doubtful"]) expect(names.includes(name)).toBe(name === tone);
    }
  });

  it("says of how many examples its scores are where not all were answered by both", () => {
    const outcome = new ShownOutcome();
    const part = {
      ...gain(0.2),
      n: 70,
      before: { ...scoreOf(0.371, 70), missing: 2 },
      after: { ...scoreOf(0.443, 70), missing: 2 },
    };
    outcome.value = { validation: gain(0.2), test: part, next: [] };
    const { container } = render(VerdictCard, {
      outcome,
      openedBefore: 0,
      openedSaid: false,
      busy: false,
      onstep: noop,
    });
    const [validation, test] = container.querySelectorAll(".gain");
    expect(test!.textContent).toContain("on the 70 that both answered");
    expect(validation!.textContent).not.toContain("that both answered");
  });

  it("leaves it to headline and warning that the test split was opened before", () => {
    const reason = "The gain holds on a test split that an earlier run had opened.";
    const shown = card(0.01, [{ action: "use_prompts", reason }], 12);
    expect(shown.textContent).not.toMatch(/opened/);
    expect(shown.textContent).toContain("The gain holds on the test split.");
  });

  it("folds to its headline for one run, stays so, and is open for another", async () => {
    const run = start({ epochs: 2 });
    run.finishNow();
    const screenOf = await open(run);
    const state = () => screen.findByRole("status", { name: "State of this run" });
    await within(await state()).findByRole("list", { name: "What to do next" });
    await userEvent.click(within(await state()).getByRole("button", { name: "Less" }));
    expect(within(await state()).queryByRole("list")).toBeNull();
    expect((await state()).textContent).toMatch(/gains|Nothing beat/);
    screenOf.unmount();
    const again = await open(run);
    expect(
      within(await state())
        .getByRole("button", { name: "More" })
        .getAttribute("aria-expanded"),
    ).toBe("false");
    again.unmount();
    const other = start({ epochs: 2 });
    other.finishNow();
    await open(other);
    expect(within(await state()).getByRole("button", { name: "Less" })).toBeDefined();
  });

  it("says the interval of the best by its ends, as the table of the chart does", async () => {
    const run = start({ epochs: 3, early_stop: false });
    run.finishNow();
    await open(run);
    const { low, high } = run.summary().best.validation!;
    const ends = `${(low * 100).toFixed(1)} to ${(high * 100).toFixed(1)}`;
    expect((await screen.findByRole("button", { name: /validation/ })).textContent).toContain(`(${ends})`);
    await userEvent.click(await screen.findByRole("button", { name: "Show as table" }));
    expect(screen.getAllByText(ends).length).toBeGreaterThan(0);
    expect(document.body.textContent).not.toContain("±");
  });
});

describe("the banner of an interrupted run", () => {
  it("is silent where the run's own card says the same, and leads to the run from elsewhere", async () => {
    const run = start();
    run.tick(350);
    run.interrupt();
    const newer = client.engine.startRun(client.engine.project(run.project), { ...run.config, name: "newer" });
    newer.finishNow();
    place.show(run.project, newer.id);
    await app.openProject(run.project, "train");
    render(InterruptedBanner);
    await userEvent.click(await screen.findByRole("button", { name: "Show" }));
    await waitFor(() => expect(screen.queryByRole("region", { name: "Interrupted run" })).toBeNull());
    expect(place.run(run.project)).toBe(run.id);
    app.navigate("data");
    expect(await screen.findByRole("region", { name: "Interrupted run" })).toBeDefined();
  });
});
