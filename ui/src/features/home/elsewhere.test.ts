import { render, screen, within } from "@testing-library/svelte";
import { tick } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { addWorkedProject } from "../../api/memory/scenario";
import { runs } from "../../app/runs.svelte";
import { asked, freshClient } from "../../testing/client";
import HomeScreen from "./HomeScreen.svelte";

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

async function pass(ms: number) {
  await vi.advanceTimersByTimeAsync(ms);
  await tick();
}

function card(project: string) {
  return screen.getByRole("button", { name: project }).closest("article")!;
}

describe("Home beside other programs", () => {
  it("takes up what they make within seconds, and reads nothing anew while there is nothing new", async () => {
    const project = addWorkedProject(client.engine, "Support routing", 120, 1);
    render(HomeScreen);
    await pass(10);
    await pass(30_000);
    expect(asked(client, "list_projects")).toHaveLength(1);

    client.engine.addProject("By the command line");
    await pass(3_100);
    expect(card("By the command line")).toBeTruthy();
    const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), epochs: 7 });
    await pass(3_100);
    expect(card("Support routing").textContent).toMatch(/running, epoch \d of 7/);
    run.finishNow();
    await pass(3_100);
    expect(card("Support routing").textContent).toContain("last run completed");
    const before = asked(client, "list_projects").length;
    await pass(30_000);
    expect(asked(client, "list_projects")).toHaveLength(before);
  });

  it("looks at once when somebody comes back to the window, and not while nobody sees it", async () => {
    render(HomeScreen);
    await pass(10);
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    client.engine.addProject("Meanwhile");
    await pass(9_000);
    expect(screen.queryByRole("button", { name: "Meanwhile" })).toBeNull();
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event("visibilitychange"));
    await pass(10);
    expect(card("Meanwhile")).toBeTruthy();
  });

  it("shows that a run goes on which stood still when it was read", async () => {
    const project = addWorkedProject(client.engine, "Support routing", 120, 0);
    const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), epochs: 7 });
    run.pause();
    void runs.watch(run.id);
    render(HomeScreen);
    await pass(10);
    expect(card("Support routing").textContent).toContain("paused");
    run.resume();
    window.dispatchEvent(new Event("focus"));
    await pass(300);
    expect(card("Support routing").textContent).toContain("running, epoch 0 of 7");
    while (run.epochs.length === 0) client.advance(1);
    client.advance(1);
    await pass(300);
    expect(card("Support routing").textContent).toContain("running, epoch 1 of 7");
  });

  it("lets the time of a run move on", async () => {
    addWorkedProject(client.engine, "Support routing", 120, 0);
    const [project] = client.engine.projects;
    client.engine.startRun(project!, client.engine.defaultConfig(project!)).finishNow();
    render(HomeScreen);
    await pass(10);
    const tag = () => within(card("Support routing")).getByText(/^last run/).textContent;
    const first = tag();
    await pass(180_000);
    expect(tag()).not.toBe(first);
    expect(tag()).toMatch(/^last run completed \d+ min ago$/);
    expect(asked(client, "list_projects")).toHaveLength(1);
  });
});
