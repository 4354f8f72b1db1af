import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { MemoryClient } from "../api/memory";
import { addWorkedProject } from "../api/memory/scenario";
import type { SimulatedRun } from "../api/memory/simulation";
import { asked, freshClient } from "../testing/client";
import { watchElsewhere } from "./elsewhere";
import { runs } from "./runs.svelte";
import { app } from "./state.svelte";

let client: MemoryClient;
let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  client = freshClient();
  stop = watchElsewhere();
});

afterEach(() => {
  stop();
  runs.reset();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** The open project with one run, made so before it was opened. */
async function opened(prepare: (run: SimulatedRun) => void): Promise<SimulatedRun> {
  const project = addWorkedProject(client.engine, "Tickets", 150, 0);
  const run = client.engine.startRun(project, client.engine.defaultConfig(project));
  prepare(run);
  void app.openProject(project.id, "train");
  await pass(10);
  return run;
}

/** Looks at a run that has ended, which is read only then. */
async function look({ id }: SimulatedRun) {
  void runs.load(id);
  await pass(10);
}

const readings = () => asked(client, "open_project").length;

/** How a run stands where it is shown, and in the list of the project. */
function shown({ id }: SimulatedRun) {
  return [runs.get(id)?.summary.status, app.project?.runs.find((run) => run.id === id)?.status];
}

/** Nothing is read for half a minute. */
async function expectNoMore() {
  const before = [readings(), asked(client, "get_run").length];
  await pass(30_000);
  expect([readings(), asked(client, "get_run").length]).toEqual(before);
}

describe("the open project beside other programs", () => {
  it.each([
    ["was paused", (run: SimulatedRun) => run.pause()],
    ["was interrupted", (run: SimulatedRun) => run.interrupt()],
  ])("follows a run that %s and that another program lets go on", async (_, prepare) => {
    const run = await opened(prepare);
    run.resume();
    await pass(3_100);
    expect(shown(run)).toEqual(["running", "running"]);
    expect(runs.active.map(({ summary }) => summary.id)).toEqual([run.id]);
    const before = [readings(), asked(client, "get_run").length];
    client.advance(3);
    await pass(250);
    expect(runs.get(run.id)?.progress).toEqual(run.summary().progress);
    client.advance(3);
    await pass(3_000);
    expect(runs.get(run.id)?.progress).toEqual(run.summary().progress);
    expect([readings(), asked(client, "get_run").length], "it is followed").toEqual(before);
  });

  it("follows a run that had ended and is retried", async () => {
    const run = await opened((run) => run.stop());
    await look(run);
    expect(shown(run)).toEqual(["cancelled", "cancelled"]);
    run.resume();
    await pass(3_100);
    expect(shown(run)).toEqual(["running", "running"]);
    run.stop();
    await pass(500);
    expect(shown(run)).toEqual(["cancelled", "cancelled"]);
    await expectNoMore();
  });

  it("shows what a run came to that went on and ended between two looks", async () => {
    const run = await opened((run) => run.pause());
    run.resume();
    run.finishNow();
    await pass(3_100);
    expect(shown(run)).toEqual(["completed", "completed"]);
    expect(runs.get(run.id)?.verdict).not.toBeNull();
    await expectNoMore();
  });

  it("reads a run anew that was retried and stands as it did", async () => {
    const run = await opened((run) => run.finishNow());
    await look(run);
    const before = run.summary().ended_at;
    await expectNoMore();
    run.resume();
    run.tick(5_000);
    run.complete();
    await pass(3_100);
    expect(run.summary().ended_at).not.toBe(before);
    expect(runs.get(run.id)?.summary).toMatchObject({
      ended_at: run.summary().ended_at,
      active_ms: run.summary().active_ms,
    });
    expect(app.project?.runs[0]?.ended_at).toBe(run.summary().ended_at);
    await expectNoMore();
  });

  it("reads nothing for what a run of this window tells by itself", async () => {
    const run = await opened(() => undefined);
    const before = readings();
    const handle = client.engine.handle.bind(client.engine);
    vi.spyOn(client.engine, "handle").mockImplementation((name, request) => {
      const answer = handle(name, request);
      // The look comes a moment before the word of its end does.
      return name === "known_runs" ? ({ ...(answer as object), moving: [], waiting: [run.id] } as never) : answer;
    });
    for (let step = 0; step < 12; step += 1) {
      client.advance(1);
      await pass(2_000);
    }
    expect(runs.get(run.id)?.progress).toEqual(run.summary().progress);
    expect(readings()).toBe(before);
  });

  it("does not read without end what can not be put right", async () => {
    const run = await opened((run) => run.pause());
    client.fail("get_run", "The database is locked.");
    run.resume();
    const before = readings();
    await pass(60_000);
    expect(readings() - before).toBeGreaterThan(0);
    expect(readings() - before).toBeLessThan(4);
    client.heal("get_run");
    await pass(33_000);
    expect(shown(run)).toEqual(["running", "running"]);
  });
});
