import { render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../../../api/memory";
import { addWorkedProject } from "../../../api/memory/scenario";
import { runs } from "../../../app/runs.svelte";
import { app } from "../../../app/state.svelte";
import { asked, freshClient } from "../../../testing/client";
import { place } from "../place.svelte";
import TrainScreen from "../TrainScreen.svelte";
import { foldings } from "./foldings.svelte";
import { openedTab } from "./openTab.svelte";

let client: MemoryClient;
const OFFLINE = "The database is busy with another program. Close it and try again.";

beforeEach(() => {
  client = freshClient();
  openedTab.value = "changes";
  foldings.reset();
});

function start() {
  const project = addWorkedProject(client.engine, "Tickets", 240, 0);
  return client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "mine" });
}

/** The screen of a run, as far as it comes while a call is held. */
async function open(run: ReturnType<typeof start>) {
  place.show(run.project, run.id, 1);
  await app.openProject(run.project, "train");
  render(TrainScreen);
  await screen.findByText(/points over baseline/);
}

function ended() {
  const run = start();
  run.finishNow();
  return run;
}

const chart = () => screen.queryByRole("region", { name: "Score by epoch" });

describe("what stands below the verdict", () => {
  it("comes with it, so that it is not pushed away, and is read meanwhile", async () => {
    const letGo = client.hold("run_outcome");
    await open(ended());
    expect(screen.getByRole("status", { name: "State of this run" })).toBeDefined();
    await waitFor(() => expect(asked(client, "get_epoch")).toHaveLength(1));
    expect(chart()).toBeNull();
    expect(screen.queryByRole("heading", { name: "Epoch 1" })).toBeNull();
    letGo();
    expect(await screen.findByRole("list", { name: "What to do next" })).toBeDefined();
    expect(chart()).not.toBeNull();
    expect(screen.getByRole("heading", { name: "Epoch 1" })).toBeDefined();
    expect(asked(client, "get_epoch")).toHaveLength(1);
  });

  it("is there without a verdict that could not be read", async () => {
    client.fail("run_outcome", OFFLINE);
    await open(ended());
    expect(await screen.findByText(OFFLINE)).toBeDefined();
    expect(chart()).not.toBeNull();
  });

  it("waits for no verdict of a run that goes on, and stays once that has ended", async () => {
    client.hold("run_outcome");
    const run = start();
    run.tick(350);
    await open(run);
    expect(chart()).not.toBeNull();
    run.finishNow();
    await runs.reload(run.id);
    await waitFor(() => expect(asked(client, "run_outcome").length).toBeGreaterThan(0));
    expect(chart()).not.toBeNull();
  });

  it("waits for no verdict that is folded", async () => {
    client.hold("run_outcome");
    const other = ended();
    foldings.set(other.id, true);
    await open(other);
    expect(chart()).not.toBeNull();
  });
});

describe("the tabs of an epoch", () => {
  it("come with their counts, and what a tab lists is read meanwhile, out of sight", async () => {
    openedTab.value = "still_right";
    const letGo = client.hold("get_epoch");
    await open(ended());
    expect(await screen.findByText("Reading epoch 1.")).toBeDefined();
    expect(screen.getByRole("heading", { name: "Epoch 1" })).toBeDefined();
    await waitFor(() => expect(asked(client, "list_compared")).toHaveLength(1));
    expect(screen.queryAllByRole("tab")).toHaveLength(0);
    expect(screen.queryByRole("button", { name: "Use these prompts" })).toBeNull();
    expect(document.querySelector<HTMLElement>("[role=tabpanel]")!.style.visibility).toBe("hidden");
    letGo();
    const tab = await screen.findByRole("tab", { name: /^Still right \d+$/ });
    expect(tab.getAttribute("aria-selected")).toBe("true");
    expect(screen.queryByText("Reading epoch 1.")).toBeNull();
    expect(document.querySelector<HTMLElement>("[role=tabpanel]")!.style.visibility).toBe("");
    expect(asked(client, "list_compared")).toHaveLength(1);
  });

  it("stay while the next epoch is read", async () => {
    const run = ended();
    await open(run);
    const tab = await screen.findByRole("tab", { name: "Learning map" });
    const letGo = client.hold("get_epoch");
    place.show(run.project, run.id, 2);
    expect(await screen.findByText("Reading epoch 2.")).toBeDefined();
    expect(tab.isConnected).toBe(true);
    letGo();
  });

  it("are there where the epoch could not be read, and the error is said", async () => {
    client.fail("get_epoch", OFFLINE);
    await open(ended());
    expect(await screen.findByText(OFFLINE)).toBeDefined();
    expect(screen.getByRole("tab", { name: "Learning map" })).toBeDefined();
  });
});
