import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { MemoryClient } from "../../../api/memory";
import { addWorkedProject } from "../../../api/memory/scenario";
import type { SimulatedRun } from "../../../api/memory/simulation";
import { app } from "../../../app/state.svelte";
import { freshClient } from "../../../testing/client";
import { place } from "../place.svelte";
import TrainScreen from "../TrainScreen.svelte";
import { openedTab } from "./openTab.svelte";

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
  openedTab.value = "changes";
  // The window the tests run in lays nothing out.
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(42);
});

function start() {
  const project = addWorkedProject(client.engine, "Tickets", 300, 0);
  return client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "mine" });
}

async function open(run: SimulatedRun) {
  place.show(run.project, run.id, null);
  await app.openProject(run.project, "train");
  render(TrainScreen);
}

const tabs = async () => {
  const list = await screen.findByRole("tablist", { name: "Epoch 0" });
  return within(list)
    .getAllByRole("tab")
    .map((tab) => tab.textContent);
};
const opened = () => screen.getByRole("tab", { selected: true }).textContent;
const tab = async (name: string) => userEvent.click(await screen.findByRole("tab", { name }));
const panel = () => document.querySelector<HTMLElement>("[data-epoch-panel]")!;

describe("a run before its first decision", () => {
  it("shows what was called and paid, its first prompts, and what is still being measured", async () => {
    const run = start();
    run.tick(350);
    await open(run);
    expect(await tabs()).toEqual(["Prompts", "Calls", "Cost"]);
    const { done, total } = run.summary().progress!;
    expect(panel().textContent).toContain(
      `The first prompts are being measured: running training examples, ${done} of ${total}.`,
    );
    expect(panel().textContent).toContain(run.config.prompt.system_prompt.slice(0, 20));
    expect(screen.queryByRole("button", { name: "Use these prompts" })).toBeNull();
    await tab("Calls");
    expect(await screen.findByRole("grid", { name: "Calls" })).toBeDefined();
    await tab("Cost");
    const cost = await screen.findByRole("region", { name: "Cost by epoch" });
    expect(cost.textContent).toMatch(/baseline\s+under way/);
    const calls = within(panel()).getAllByRole("row", { name: /^all / })[0]!;
    expect(within(calls).getAllByRole("cell")[0]!.textContent).toBe(String(run.usage.calls));
  });

  it("shows them still when it ended there, and says that no epoch has a score", async () => {
    const run = start();
    run.tick(350);
    run.failWith("The budget is spent.");
    openedTab.value = "calls";
    await open(run);
    expect(await screen.findByRole("grid", { name: "Calls" })).toBeDefined();
    expect(panel().textContent).toContain("The first prompts were not measured to the end, so no epoch has a score.");
    expect(screen.getByText("No epoch was decided: there is no score to draw.")).toBeDefined();
    await tab("Cost");
    expect((await screen.findByRole("region", { name: "Cost by epoch" })).textContent).toContain("begun, not decided");
  });

  it.each(["changes", "calls", "failures"] as const)(
    "keeps open what is read when the epoch is decided, where %s was opened last",
    async (last) => {
      const run = start();
      run.tick(350);
      openedTab.value = last;
      await open(run);
      await screen.findByRole("tablist", { name: "Epoch 0" });
      const before = opened();
      expect(before).toBe(last === "calls" ? "Calls" : "Prompts");
      const list = last === "calls" ? await screen.findByRole("grid", { name: "Calls" }) : null;
      while (run.epochs.length === 0) client.advance(1);
      await waitFor(() => expect(screen.getByRole("tab", { name: "Failures" })).toBeDefined());
      expect(opened()).toBe(before);
      expect(screen.queryByText(/The first prompts/)).toBeNull();
      if (list) expect(list.isConnected, "the list itself stays").toBe(true);
    },
  );

  it("has nothing to open before a call was made", async () => {
    const run = start();
    await open(run);
    expect(
      await screen.findByText("The first prompts have not been measured yet, so no epoch has a score."),
    ).toBeDefined();
    expect(screen.queryByRole("tablist", { name: "Epoch 0" })).toBeNull();
  });
});
