import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { flushSync } from "svelte";
import type { RunView } from "../api/bindings/RunView";
import { useClient } from "../api/client";
import { MemoryClient } from "../api/memory";
import { addWorkedProject } from "../api/memory/scenario";
import { watchElsewhere } from "./elsewhere";
import { runs } from "./runs.svelte";
import { app } from "./state.svelte";

let client: MemoryClient;

function project(finished: number) {
  return addWorkedProject(client.engine, "Tickets", 150, finished);
}

function started(of: ReturnType<typeof project>) {
  return client.engine.startRun(of, client.engine.defaultConfig(of));
}

beforeEach(() => {
  vi.useFakeTimers();
  client = new MemoryClient();
  useClient(client);
});

afterEach(() => {
  runs.reset();
  vi.useRealTimers();
});

async function settle() {
  await vi.advanceTimersByTimeAsync(1);
}

describe("runs", () => {
  it("shows at most five states a second, and the newest in the end", async () => {
    const run = started(project(0));
    const watching = runs.watch(run.id);
    await settle();
    await watching;
    let paints = 0;
    let before = runs.get(run.id);
    for (let step = 0; step < 200; step += 1) {
      client.advance(1);
      await vi.advanceTimersByTimeAsync(10);
      if (runs.get(run.id) !== before) {
        paints += 1;
        before = runs.get(run.id);
      }
    }
    expect(paints).toBeGreaterThan(3);
    expect(paints).toBeLessThanOrEqual(11);
    await vi.advanceTimersByTimeAsync(250);
    expect(runs.get(run.id)?.epochs).toEqual(run.epochs);
  });

  it("shows runs that are looked at together at once, and the quick ones alone when another is slow", async () => {
    const of = project(3);
    const [first, second, slow] = client.engine.runs.filter((run) => run.project === of.id).map((run) => run.id);
    const read = client.call.bind(client);
    const late: Record<number, number> = { [second!]: 50, [slow!]: 1_000 };
    vi.spyOn(client, "call").mockImplementation(async (name, request) => {
      const { run } = request as { run?: number };
      if (name === "get_run" && run !== undefined) await new Promise((ready) => setTimeout(ready, late[run] ?? 0));
      return read(name, request);
    });
    void runs.loadAll([first!, second!]);
    await vi.advanceTimersByTimeAsync(20);
    expect(runs.get(first!), "the other is on its way").toBeUndefined();
    await vi.advanceTimersByTimeAsync(40);
    expect([first, second].map((id) => runs.get(id!)?.summary.id)).toEqual([first, second]);

    runs.forget(first!);
    void runs.loadAll([first!, slow!]);
    await vi.advanceTimersByTimeAsync(300);
    expect([first, slow].map((id) => runs.get(id!)?.summary.id)).toEqual([first, undefined]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(runs.get(slow!)?.summary.id).toBe(slow);
  });

  it("reads the run again at its end, for the verdict, and stops watching it", async () => {
    const run = started(project(0));
    void runs.watch(run.id);
    await settle();
    run.finishNow();
    await vi.advanceTimersByTimeAsync(500);
    const live = runs.get(run.id);
    expect(live?.summary.status).toBe("completed");
    expect(live?.verdict).not.toBeNull();
    expect(runs.active).toEqual([]);
    const calls = client.calls.length;
    await vi.advanceTimersByTimeAsync(2000);
    expect(client.calls.length).toBe(calls);
  });

  it("finds that the program that drove a run is gone, which nobody tells, and leaves alone one that is only slow", async () => {
    const [run, slow] = [started(project(0)), started(project(0))];
    const stop = watchElsewhere();
    for (const { id } of [run, slow]) void runs.watch(id);
    await settle();
    client.advance(2);
    run.interrupt();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(runs.get(run.id)?.summary.status).toBe("running");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(runs.get(run.id)?.summary.status).toBe("interrupted");
    expect(runs.get(slow.id)).toMatchObject({ summary: { status: "running" }, silent: true, etaMs: null });
    // Both are followed as before.
    run.resume();
    void runs.watch(run.id);
    await settle();
    expect(runs.get(run.id)?.summary.status).toBe("running");
    client.advance(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(runs.get(slow.id)?.silent).toBe(false);
    client.advance(1_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(runs.get(slow.id)?.summary.status).toBe("completed");
    stop();
  });

  it("is patient with a run whose answers are slow", async () => {
    const run = started(project(0));
    while (run.epochs.length < 2) client.advance(1);
    const handle = client.engine.handle.bind(client.engine);
    vi.spyOn(client.engine, "handle").mockImplementation((name, request) => {
      const answer = handle(name, request);
      if (name !== "get_run") return answer;
      // Each of its calls took four seconds.
      const view = answer as unknown as RunView;
      const epochs = view.epochs.map((epoch) => ({ ...epoch, active_ms: 4_000 * epoch.usage.calls }));
      return { ...view, epochs } as never;
    });
    const stop = watchElsewhere();
    void runs.watch(run.id);
    await settle();
    await vi.advanceTimersByTimeAsync(17_000);
    expect(runs.get(run.id)?.silent).toBe(false);
    await vi.advanceTimersByTimeAsync(8_000);
    expect(runs.get(run.id)?.silent).toBe(true);
    stop();
  });

  it("follows a run again that could not be followed on, without a word and not without a pause", async () => {
    const run = started(project(0));
    app.toasts = [];
    const stop = watchElsewhere();
    void runs.watch(run.id);
    await settle();
    client.advance(1);
    const read = () => client.calls.filter(({ name }) => name === "get_run").length;
    const before = read();
    client.fail("get_run", "The database is locked.");
    client.loseWatches();
    client.advance(5);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(runs.get(run.id)).toMatchObject({ silent: true, summary: { status: "running" } });
    expect(read() - before).toBeGreaterThan(2);
    expect(read() - before).toBeLessThan(8);
    client.heal("get_run");
    await vi.advanceTimersByTimeAsync(2_500);
    expect(runs.get(run.id)?.silent).toBe(false);
    expect(runs.get(run.id)?.progress).toEqual(run.summary().progress);
    const then = read();
    client.advance(3);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(runs.get(run.id)?.progress).toEqual(run.summary().progress);
    expect(read(), "it is followed").toBe(then);
    expect([app.toasts, runs.problem(run.id)]).toEqual([[], null]);
    stop();
  });

  it("shows the end of a run that could not be followed until then, and asks no more", async () => {
    const of = project(0);
    const run = started(of);
    void app.openProject(of.id);
    void runs.watch(run.id);
    await settle();
    client.loseWatches();
    run.finishNow();
    await vi.advanceTimersByTimeAsync(2_500);
    expect(runs.get(run.id)).toMatchObject({ summary: { status: "completed" }, verdict: expect.any(String) });
    expect(app.project?.runs[0]?.status).toBe("completed");
    const calls = client.calls.length;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(client.calls.length).toBe(calls);
  });

  it("goes on following a run that another program let go on in the moment it stood still", async () => {
    const run = started(project(0));
    void runs.watch(run.id);
    await settle();
    run.pause();
    run.resume();
    await vi.advanceTimersByTimeAsync(250);
    client.advance(3);
    await vi.advanceTimersByTimeAsync(250);
    expect(runs.get(run.id)?.progress).toEqual(run.summary().progress);
  });

  it("does not follow a run again that was let go of while it was read", async () => {
    const run = started(project(0));
    void runs.watch(run.id);
    await settle();
    const answer = client.hold("get_run");
    client.loseWatches();
    await vi.advanceTimersByTimeAsync(2_500);
    runs.forget(run.id);
    answer();
    await settle();
    expect(runs.isFollowed(run.id)).toBe(false);
  });

  it("does not follow a run again that was let go of", async () => {
    const run = started(project(0));
    void runs.watch(run.id);
    await settle();
    client.loseWatches();
    runs.forget(run.id);
    const calls = client.calls.length;
    await vi.advanceTimersByTimeAsync(20_000);
    expect([client.calls.length, runs.get(run.id)]).toEqual([calls, undefined]);
  });

  it("goes on from what was kept after the window was reloaded", async () => {
    const run = started(project(0));
    client.advance(40);
    runs.reset();
    void runs.watch(run.id);
    await settle();
    expect(runs.get(run.id)?.epochs).toEqual(run.epochs);
    client.advance(30);
    await vi.advanceTimersByTimeAsync(250);
    expect(runs.get(run.id)?.epochs).toEqual(run.epochs);
  });

  it("picks up what goes on, waits or was interrupted when a project opens, and leaves the rest unread", async () => {
    const of = project(2);
    const running = started(of);
    const waiting = started(of);
    waiting.pause();
    const cut = started(of);
    cut.interrupt();
    void app.openProject(of.id);
    await settle();
    flushSync();
    await settle();
    await settle();
    const read = client.calls.filter(({ name }) => name === "get_run").map(({ request }) => request);
    expect(read).toHaveLength(3);
    expect(runs.active.map((run) => run.summary.id)).toEqual([waiting.id, running.id]);
    expect(runs.get(cut.id)?.summary.status).toBe("interrupted");
  });

  it("shows what a run had used when it was paused, also calls that came after the last progress", async () => {
    const of = project(0);
    const run = started(of);
    void app.openProject(of.id);
    void runs.watch(run.id);
    await settle();
    vi.spyOn(run, "usage", "get").mockReturnValue({ ...run.usage, calls: 57, prompt_tokens: 1_234 });
    run.pause();
    await vi.advanceTimersByTimeAsync(250);
    await settle();
    expect(runs.get(run.id)?.usage).toMatchObject({ calls: 57, prompt_tokens: 1_234 });
    expect(app.project?.runs[0]?.usage.calls).toBe(57);
  });

  it("follows a run again once it was resumed", async () => {
    const run = started(project(0));
    void runs.watch(run.id);
    await settle();
    run.pause();
    await vi.advanceTimersByTimeAsync(250);
    expect(runs.get(run.id)?.summary.status).toBe("paused");
    run.resume();
    void runs.watch(run.id);
    await settle();
    client.advance(30);
    await vi.advanceTimersByTimeAsync(250);
    expect(runs.get(run.id)?.summary.status).toBe("running");
    expect(runs.get(run.id)?.epochs).toEqual(run.epochs);
  });

  it("follows a run again whose resumption was shown before it was watched, also one that waited from the start", async () => {
    const run = started(project(0));
    const watch = async () => {
      const watching = runs.watch(run.id);
      await settle();
      await watching;
    };
    const resume = async () => {
      run.resume();
      // As the screen of the run does, which shows the command's answer at once.
      runs.replace(run.summary());
      await watch();
      client.advance(10);
      await vi.advanceTimersByTimeAsync(250);
      expect(runs.get(run.id)?.epochs).toEqual(run.epochs);
      expect(runs.get(run.id)?.progress).toEqual(run.summary().progress);
    };
    await watch();
    run.pause();
    await vi.advanceTimersByTimeAsync(250);
    await resume();
    run.pause();
    runs.reset();
    await watch();
    await resume();
    run.finishNow();
    await vi.advanceTimersByTimeAsync(500);
    expect(runs.get(run.id)?.summary.status).toBe("completed");
  });

  it("follows a run again whose resumed state is in place already", async () => {
    const run = started(project(0));
    run.pause();
    void runs.watch(run.id);
    await settle();
    run.resume();
    runs.replace(run.summary());
    void runs.watch(run.id);
    await settle();
    client.advance(30);
    await vi.advanceTimersByTimeAsync(250);
    expect(run.epochs.length).toBeGreaterThan(0);
    expect(runs.get(run.id)?.summary.epochs_done).toBe(run.epochs.length - 1);
    expect(runs.get(run.id)?.progress).toEqual(run.summary().progress);
  });

  it("says what went wrong when a run can not be read", async () => {
    app.toasts = [];
    void runs.watch(4711);
    await settle();
    expect(app.toasts.at(-1)).toMatchObject({ kind: "bad" });
  });
});
