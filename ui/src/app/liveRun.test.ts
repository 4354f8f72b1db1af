import { beforeEach, describe, expect, it } from "vitest";
import type { RunEvent } from "../api/bindings/RunEvent";
import { MemoryClient } from "../api/memory";
import { addWorkedProject } from "../api/memory/scenario";
import { usageOf } from "../testing/epochs";
import { applyEvent, liveFrom, type LiveRun } from "./liveRun";

/** A run of the engine in memory that has just begun. */
function begun(): {
  live: LiveRun;
  events: () => { seq: number; event: RunEvent }[];
  tick: (steps: number) => void;
  view: () => LiveRun;
} {
  const { engine } = new MemoryClient();
  const project = addWorkedProject(engine, "Tickets", 150, 0);
  const run = engine.startRun(project, { ...engine.defaultConfig(project), epochs: 4 });
  const seen: { seq: number; event: RunEvent }[] = [];
  const live = liveFrom(structuredClone(run.view()));
  run.watch(run.view().last_seq, (numbered) => seen.push(structuredClone(numbered)));
  return {
    live,
    events: () => seen,
    tick: (steps) => {
      for (let step = 0; step < steps; step += 1) run.tick(100);
    },
    view: () => liveFrom(structuredClone(run.view())),
  };
}

function follow(live: LiveRun, events: { seq: number; event: RunEvent }[]): LiveRun {
  return events.reduce((state, { seq, event }) => applyEvent(state, seq, event), live);
}

describe("applyEvent", () => {
  let run: ReturnType<typeof begun>;

  beforeEach(() => {
    run = begun();
  });

  it("ends where reading the run again would", () => {
    run.tick(1000);
    const live = follow(run.live, run.events());
    const read = run.view();
    expect(live.summary.status).toBe("completed");
    expect(live.epochs).toEqual(read.epochs);
    expect(live.summary.best).toEqual(read.summary.best);
    expect(live.summary.baseline).toEqual(read.summary.baseline);
    expect(live.summary.epochs_done).toBe(4);
    expect(live.usage).toEqual(read.usage);
    expect(live.progress).toBeNull();
  });

  it("keeps the best in step with every epoch on the way", () => {
    let live = run.live;
    run.tick(1000);
    for (const { seq, event } of run.events()) {
      live = applyEvent(live, seq, event);
      if (event.event !== "epoch" || event.decision !== "accepted") continue;
      expect(live.summary.best.epoch).toBe(event.epoch);
      expect(live.summary.best.validation).toEqual(event.validation);
      expect(live.summary.best.system_prompt).not.toBe(run.live.summary.best.system_prompt);
    }
  });

  it("takes an event in once, so that a replay changes nothing", () => {
    run.tick(60);
    const kept = run.events().filter(({ seq }) => seq > 0);
    const once = follow(run.live, kept);
    expect(follow(once, kept)).toEqual(once);
  });

  it("does not know the time left before anything was measured", () => {
    expect(run.live.etaMs).toBeNull();
    run.tick(2);
    expect(follow(run.live, run.events()).etaMs).toBeNull();
  });

  it("measures the time left from the epochs that are decided, and forgets it when the run waits", () => {
    run.tick(1000);
    const events = run.events();
    const second = events.findIndex(({ event }) => event.event === "progress" && event.epoch === 2);
    const live = follow(run.live, events.slice(0, second + 1));
    const finish = events.at(-1);
    const whole = events.filter(({ event }) => event.event === "progress").length * 100;
    expect(finish?.event.event).toBe("finished");
    expect(live.etaMs).toBeGreaterThan(0);
    // Two more epochs and a test: the estimate is of the right size, not exact.
    expect(live.etaMs!).toBeLessThan(whole * 1.5);
    expect(live.etaMs!).toBeGreaterThan((whole - live.activeMs) * 0.5);
    const paused = applyEvent(live, live.lastSeq + 1, { event: "paused", run: 1, reason: "Paused by you." });
    expect(paused.summary.status).toBe("paused");
    expect(paused.etaMs).toBeNull();
  });

  it("adds warnings and goes on as running when progress comes after a pause", () => {
    const warned = applyEvent(run.live, 50, { event: "warning", run: 1, message: "Slow server." });
    expect(warned.warnings).toEqual(["Slow server."]);
    const paused = applyEvent(warned, 51, { event: "paused", run: 1, reason: "Budget." });
    const progress: RunEvent = {
      event: "progress",
      waiting: null,
      run: 1,
      epoch: 0,
      phase: "train",
      done: 1,
      total: 10,
      usage: usageOf(1),
      active_ms: 5,
    };
    const resumed = applyEvent(paused, 0, progress);
    expect(resumed.summary).toMatchObject({ status: "running", stop_reason: null });
    expect(resumed.lastSeq).toBe(51);
  });
});
