import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { Budget } from "../../../api/bindings/Budget";
import type { MemoryClient } from "../../../api/memory";
import { addWorkedProject } from "../../../api/memory/scenario";
import { goOnCommands } from "../../../app/leads";
import { app } from "../../../app/state.svelte";
import { freshClient } from "../../../testing/client";
import { place } from "../place.svelte";
import TrainScreen from "../TrainScreen.svelte";
import { goOn } from "./goOn";

const NONE: Budget = { max_calls: null, max_tokens: null, max_cost: null, max_seconds: null };

let client: MemoryClient;
beforeEach(() => {
  client = freshClient();
});

/** A finished run on Train. */
async function open(budget: Budget) {
  const project = addWorkedProject(client.engine, "Tickets", 120, 0);
  const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "wide", budget });
  run.finishNow();
  place.show(project.id, run.id);
  await app.openProject(project.id, "train");
  render(TrainScreen);
  return run;
}

/** What the menu of the run offers, and what the palette offers on other screens. */
async function offered() {
  const user = userEvent.setup({ pointerEventsCheck: 0 });
  await user.click(await screen.findByRole("button", { name: /^More for run/ }));
  const menu = (await screen.findAllByRole("menuitem")).map((item) => item.textContent?.trim() ?? "");
  app.navigate("compare");
  const palette = goOnCommands(app.project!, app.project!.runs[0]!).map(({ name }) => name);
  return [menu, palette].map((names) => names.filter((name) => /again with changes|twice the limits/.test(name)));
}

describe("a run that has ended", () => {
  it("is offered with more budget where a limit can be doubled, whichever it is", async () => {
    await open({ ...NONE, max_seconds: 60 });
    expect(await offered()).toEqual([
      ["Run again with changes", "More budget: the same with twice the limits"],
      ["Run “wide” again with changes", "More budget for “wide”: the same with twice the limits"],
    ]);
  });

  it("can be run again, and no more than that, where it had no limit", async () => {
    await open(NONE);
    expect(await offered()).toEqual([["Run again with changes"], ["Run “wide” again with changes"]]);
  });

  it("is gone on with as it is by what the verdict suggests, where it had no limit", async () => {
    const run = await open(NONE);
    goOn(run.summary(), "more_budget");
    expect(await screen.findByText(/^The same settings\. What the first run bought/)).toBeTruthy();
  });
});
