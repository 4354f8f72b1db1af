import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import App from "../App.svelte";
import type { MemoryClient } from "../api/memory";
import { tickets } from "../api/memory/corpus";
import { freshWindow } from "../testing/window";
import { place } from "../features/train/place.svelte";
import { count } from "../format/count";
import { runs } from "./runs.svelte";
import { app } from "./state.svelte";
import { finishRun, stopRun, wishOf } from "./steering.svelte";

let client: MemoryClient;
beforeEach(() => {
  client = freshWindow();
});

function addProject(name: string) {
  const project = client.engine.addProject(name);
  client.engine.addDataset(project, tickets(120), "tickets.csv");
  return project;
}

async function started() {
  render(App);
  await screen.findByRole("heading", { name: "Projects" });
}

describe("run pill", () => {
  async function running() {
    const project = addProject("Support routing");
    const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "steady" });
    await started();
    return { run, pill: await screen.findByRole("group", { name: "Run Support routing · steady" }) };
  }

  it("follows the run on every screen and says that it is simulated", async () => {
    const { pill } = await running();
    await waitFor(() => {
      client.advance(1);
      expect(pill.textContent).toContain("training");
    });
    expect(pill.textContent).toContain("simulated");
    expect(pill.textContent).toContain("of 10,000 calls");
  });

  it("is heard of on every screen but its own when it pauses, goes on and ends", async () => {
    const { run, pill } = await running();
    const said = (words: string) =>
      waitFor(() => expect(screen.getAllByRole("status").map((region) => region.textContent)).toContain(words));
    await userEvent.click(within(pill).getByRole("button", { name: "Pause" }));
    await said("“steady” of “Support routing” is paused.");
    await userEvent.click(within(pill).getByRole("button", { name: "Resume" }));
    await said("“steady” of “Support routing” is running.");
    await userEvent.click(within(pill).getByRole("button", { name: "Stop" }));
    await userEvent.click(await screen.findByRole("button", { name: "Stop the run" }));
    await waitFor(() => expect(run.status).toBe("cancelled"));
    const toast = (await screen.findByText(/^“steady” of “Support routing” was cancelled\./)).parentElement!;
    await userEvent.click(within(toast).getByRole("button", { name: "Show" }));
    await waitFor(() => expect([app.screen, place.run(run.project)]).toEqual(["train", run.id]));
  });

  it("says no longer that it pauses once its own card let it go on", async () => {
    const { run, pill } = await running();
    await userEvent.click(within(pill).getByRole("button", { name: "Pause" }));
    await waitFor(() => expect(run.status).toBe("paused"));
    await app.openProject(run.project, "train");
    place.show(run.project, run.id);
    const card = await screen.findByRole("status", { name: "State of this run" });
    await userEvent.click(await within(card).findByRole("button", { name: "Resume" }));
    await waitFor(() => expect(run.status).toBe("running"));
    const again = await screen.findByRole("group", { name: /^Run .*steady$/ });
    await waitFor(() => expect(within(again).getByTitle("Show this run").textContent).toContain("Running"));
    expect(within(again).getByRole<HTMLButtonElement>("button", { name: "Pause" }).disabled).toBe(false);
  });

  it("says no longer that it pauses once another program let it go on", async () => {
    const { run } = await running();
    await app.openProject(run.project, "data");
    await screen.findByRole("heading", { name: "Data" });
    const pill = await screen.findByRole("group", { name: "Run steady" });
    await userEvent.click(within(pill).getByRole("button", { name: "Pause" }));
    await within(pill).findByRole("button", { name: "Resume" });
    run.resume();
    window.dispatchEvent(new Event("focus"));
    const pause = await within(pill).findByRole<HTMLButtonElement>("button", { name: "Pause" });
    await waitFor(() => expect(within(pill).getByTitle("Show this run").textContent).toContain("Running"));
    await waitFor(() => expect(pause.disabled).toBe(false));
    expect(pill.textContent).not.toContain("Pausing…");
    // The next pause is shown at once again.
    const answer = client.hold("pause_run");
    await userEvent.click(pause);
    expect(pill.textContent).toContain("Pausing…");
    answer();
    await within(pill).findByRole("button", { name: "Resume" });
  });

  it("says that it stops until it has, also while it stands still", async () => {
    const { run, pill } = await running();
    await userEvent.click(within(pill).getByRole("button", { name: "Pause" }));
    await within(pill).findByRole("button", { name: "Resume" });
    const answer = client.hold("stop_run");
    void stopRun(run.id);
    await waitFor(() => expect(pill.textContent).toContain("Stopping…"));
    await runs.reload(run.id);
    expect(wishOf(runs.get(run.id)!.summary)).toBe("stopping");
    answer();
    await waitFor(() => expect(pill.isConnected).toBe(false));
  });

  it("shows the limit that the run comes nearest to", async () => {
    const project = addProject("Support routing");
    const budget = { max_calls: 10_000, max_tokens: 50_000, max_cost: null, max_seconds: null };
    const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "steady", budget });
    await started();
    const pill = await screen.findByRole("group", { name: "Run Support routing · steady" });
    await waitFor(() => {
      client.advance(1);
      expect(pill.textContent).toMatch(/[1-9][\d,]* of 50,000 tokens/);
    });
    const { prompt_tokens: read, completion_tokens: written } = run.usage;
    await waitFor(() => expect(pill.textContent).toContain(`${count(read + written)} of 50,000 tokens`));
    expect(pill.textContent).not.toContain("calls");
  });

  it("is not told of beside its own screen, which says it itself", async () => {
    const { run } = await running();
    await app.openProject(run.project, "train");
    await screen.findByRole("heading", { name: "Train" });
    run.stop();
    await screen.findByText("Cancelled");
    expect(app.toasts).toHaveLength(0);
  });

  it("names the run of a project that is not open, also where it asks whether to stop it", async () => {
    await running();
    const other = addProject("Another");
    await app.openProject(other.id, "data");
    await screen.findByRole("heading", { name: "Data" });
    const pill = await screen.findByRole("group", { name: "Run Support routing · steady" });
    expect(pill.textContent).toContain("Support routing · steady");
    await userEvent.click(within(pill).getByRole("button", { name: "Stop" }));
    expect(await screen.findByRole("heading", { name: "Stop “Support routing · steady”?" })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
    // In its own project it is plain which one it is.
    await app.openProject(client.engine.projects.find((known) => known.name === "Support routing")!.id, "data");
    await waitFor(() => expect(screen.getByRole("group", { name: "Run steady" }).textContent).not.toContain("steady"));
  });

  it("lists all that go on, each to go to, to pause and to stop", async () => {
    const { run } = await running();
    const other = addProject("Another");
    const second = client.engine.startRun(other, { ...client.engine.defaultConfig(other), name: "second" });
    await app.openProject(other.id, "data");
    await runs.watch(second.id);
    await userEvent.click(await screen.findByRole("button", { name: "1 more: show all runs that go on" }));
    const list = await screen.findByRole("list", { name: "Runs that go on" });
    await within(list).findByText("Support routing · steady");
    await userEvent.click(within(list).getByRole("button", { name: "Pause Support routing · steady" }));
    await waitFor(() => expect(run.status).toBe("paused"));
    expect(second.status).toBe("running");
    await userEvent.click(within(list).getByRole("button", { name: "Stop Another · second" }));
    expect(await screen.findByRole("heading", { name: /^Stop “second”/ })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Stop the run" }));
    await waitFor(() => expect(second.status).toBe("cancelled"));
    await userEvent.click(await screen.findByRole("button", { name: "Show Support routing · steady" }));
    await waitFor(() => expect(app.projectId).toBe(run.project));
    expect(place.run(run.project)).toBe(run.id);
    expect(screen.queryByRole("list", { name: "Runs that go on" })).toBeNull();
  });

  it("names its run beside the results of another one, and leads to it", async () => {
    const project = addProject("Support routing");
    const over = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "finished" });
    over.stop();
    const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "steady" });
    await started();
    await app.openProject(project.id, "train");
    const pill = await screen.findByRole("group", { name: "Run steady" });
    place.show(project.id, over.id);
    await waitFor(() => expect(pill.textContent).toContain("steady"));
    await userEvent.click(within(pill).getByTitle("Show this run"));
    expect(place.run(project.id)).toBe(run.id);
    await waitFor(() => expect(pill.textContent).not.toContain("steady"));
  });

  it("says that it waits for a server that is not reached, and goes on when it is there again", async () => {
    const { run, pill } = await running();
    await waitFor(() => {
      client.advance(1);
      expect(pill.textContent).toContain("training");
    });
    run.waits({ until: Date.now() + 90_000, reason: "failures" });
    await waitFor(() => expect(pill.textContent).toMatch(/waiting (90|8\d) s, the server failed/));
    expect(within(pill).getByRole("button", { name: "Pause" })).toBeTruthy();
    client.advance(1);
    await waitFor(() => expect(pill.textContent).not.toContain("waiting"));
  });

  it("shows at once what it was told, and tells it once", async () => {
    const { run, pill } = await running();
    const answer = client.hold("pause_run");
    await userEvent.click(screen.getByRole("button", { name: "Pause" }));
    expect(pill.textContent).toContain("Pausing…");
    expect(pill.textContent).not.toContain("Running");
    expect((within(pill).getByRole("button", { name: "Pause" }) as HTMLButtonElement).disabled).toBe(true);
    expect(run.status).toBe("running");
    answer();
    await screen.findByRole("button", { name: "Resume" });
    expect(pill.textContent).not.toContain("Pausing…");
    const stopped = client.hold("stop_run");
    await userEvent.click(screen.getByRole("button", { name: "Stop" }));
    await userEvent.click(await screen.findByRole("button", { name: "Stop the run" }));
    await waitFor(() => expect(pill.textContent).toContain("Stopping…"));
    stopped();
    await waitFor(() => expect(screen.queryByRole("group", { name: "Run steady" })).toBeNull());
  });

  it("says that it finishes until the test split is open, and then what it does", async () => {
    const { run, pill } = await running();
    const answer = client.hold("finish_run");
    void finishRun(run.id);
    await waitFor(() => expect(pill.textContent).toContain("Finishing…"));
    expect((within(pill).getByRole("button", { name: "Stop" }) as HTMLButtonElement).disabled).toBe(false);
    const live = runs.get(run.id)!;
    expect(wishOf(live.summary)).toBe("finishing");
    const testing = { epoch: 1, phase: "test", done: 0, total: 30, waiting: null } as const;
    expect(wishOf({ ...live.summary, progress: testing }), "it says so itself").toBeNull();
    answer();
    await waitFor(() => expect(runs.get(run.id)?.summary.status).toBe("completed"));
    expect(wishOf(runs.get(run.id)!.summary)).toBeNull();
  });

  it("says before a stop what becomes of the test split, also while it is being measured", async () => {
    const { run } = await running();
    await userEvent.click(screen.getByRole("button", { name: "Stop" }));
    const dialog = await screen.findByRole("dialog", { name: /^Stop / });
    expect(dialog.textContent).toContain("The run does not open its test split.");
    await waitFor(() => {
      client.advance(1);
      expect(runs.get(run.id)?.progress?.phase).toBe("test");
    });
    await waitFor(() => expect(dialog.textContent).toMatch(/being measured: the examples count as opened/));
    expect(dialog.textContent).not.toContain("does not open");
  });

  it("counts the version that an epoch brought while the run goes on", async () => {
    const { run } = await running();
    await app.openProject(run.project, "data");
    expect(app.project?.version).toBe(0);
    await waitFor(() => {
      client.advance(20);
      expect(run.view().epochs.some(({ decision }) => decision === "accepted")).toBe(true);
    });
    const { system_prompt, output_prompt } = run.bestPrompt();
    const prompt = { system_prompt, output_prompt };
    client.engine.addVersion(client.engine.project(run.project), prompt, "", run);
    expect(await screen.findByRole("button", { name: "Prompts v1" })).toBeTruthy();
    expect(run.status).toBe("running");
  });

  it("names the simulated part: real answers beside a simulated optimizer are no simulated run", async () => {
    const { run, pill } = await running();
    expect(pill.textContent).toContain("simulated");
    run.simulatedRoles.splice(0, run.simulatedRoles.length, "optimizer");
    await runs.reload(run.id);
    await waitFor(() => expect(pill.textContent).toContain("simulated optimizer"));
  });

  it("pauses and resumes", async () => {
    const { run } = await running();
    await userEvent.click(screen.getByRole("button", { name: "Pause" }));
    await userEvent.click(await screen.findByRole("button", { name: "Resume" }));
    await waitFor(() => expect(run.status).toBe("running"));
  });

  it("goes when a run that waits is stopped, of which nothing more is told", async () => {
    const { run, pill } = await running();
    await userEvent.click(screen.getByRole("button", { name: "Pause" }));
    await screen.findByRole("button", { name: "Resume" });
    await userEvent.click(screen.getByRole("button", { name: "Stop" }));
    await userEvent.click(await screen.findByRole("button", { name: "Stop the run" }));
    await waitFor(() => expect(run.status).toBe("cancelled"));
    await waitFor(() => expect(pill.isConnected).toBe(false));
    expect(screen.queryByRole("group", { name: /steady/ })).toBeNull();
  });

  it("stops only after the question", async () => {
    const { run, pill } = await running();
    await userEvent.click(screen.getByRole("button", { name: "Stop" }));
    expect(run.status).toBe("running");
    await userEvent.click(await screen.findByRole("button", { name: "Stop the run" }));
    await waitFor(() => expect(run.status).toBe("cancelled"));
    await waitFor(() => expect(pill.isConnected).toBe(false));
    expect(screen.queryByRole("group", { name: /steady/ })).toBeNull();
  });
});
