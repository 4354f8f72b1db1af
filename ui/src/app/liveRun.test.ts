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

  it("tells the baseline anew where a decision asked the first prompts for fresh answers", () => {
    run.tick(60);
    const events = run.events();
    const decision = events.findIndex(({ event }) => event.event === "epoch" && event.epoch === 1);
    const [first] = follow(run.live, events.slice(0, decision)).epochs;
    const restated = { ...first!, validation: { ...first!.validation!, score: 0.123 }, reason: "Counted anew." };
    const told = structuredClone(events.slice(0, decision + 1));
    Object.assign(told.at(-1)!.event, { restated });
    const live = follow(run.live, told);
    expect(live.epochs.map((epoch) => epoch.epoch)).toEqual([0, 1]);
    expect(live.epochs[0]).toEqual(restated);
    expect(live.summary.baseline.validation?.score).toBe(0.123);
  });

  it("takes an event in once, so that a replay changes nothing", () => {
    run.tick(60);
    const kept = run.events().filter(({ seq }) => seq > 0);
    const once = follow(run.live, kept);
    expect(follow(once, kept)).toEqual(once);
  });

  it("does not know the time left before anything was sent", () => {
    expect(run.live.etaMs).toBeNull();
    expect(at(run.live, 0, 3, { calls: 3, cached: 0, activeMs: 300 }).etaMs).toBeNull();
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

  /** The run somewhere on its way: so much was sent, found on disk and waited for. */
  function at(live: LiveRun, epoch: number, done: number, use: { calls: number; cached: number; activeMs: number }) {
    const { calls, cached, activeMs: active_ms } = use;
    const event: RunEvent = {
      event: "progress",
      waiting: null,
      run: 1,
      epoch,
      phase: "validate",
      done,
      total: live.summary.splits.validation,
      usage: { ...usageOf(1), calls, cached },
      active_ms,
    };
    return applyEvent(live, 0, event);
  }

  function decide(live: LiveRun, epoch: number, use: { calls: number; cached: number; activeMs: number }) {
    const known = run.view().epochs[0]!;
    const usage = { ...usageOf(1), calls: use.calls, cached: use.cached };
    const event: RunEvent = {
      event: "epoch",
      run: 1,
      best_train: null,
      restated: null,
      ...known,
      epoch,
      decision: "rejected",
      usage,
      active_ms: use.activeMs,
    };
    return applyEvent(live, live.lastSeq + 1, event);
  }

  it("names no time from epochs that came from disk, and then one at the pace of what is sent", () => {
    run.tick(1000);
    let live = run.live;
    const { train, validation } = live.summary.splits;
    const each = train + validation;
    for (const epoch of [0, 1, 2]) {
      live = decide(live, epoch, { calls: 0, cached: each * (epoch + 1), activeMs: 50 * (epoch + 1) });
      expect(live.etaMs).toBeNull();
    }
    live = at(live, 3, 2, { calls: 2, cached: each * 3, activeMs: 350 });
    expect(live.etaMs).toBeNull();
    // Ten calls took a second; the rest of this epoch, another one and the test are still to be sent.
    live = at(live, 3, 10, { calls: 10, cached: each * 3, activeMs: 1_150 });
    const calls = each - 10 + each + 2 * live.summary.splits.test;
    expect(live.etaMs).toBeCloseTo(calls * 100, -2);
    let last = live.etaMs!;
    for (let sent = 11; sent <= validation; sent += 1) {
      live = at(live, 3, sent, { calls: sent, cached: each * 3, activeMs: 150 + sent * 100 });
      expect(live.etaMs!).toBeLessThan(last);
      last = live.etaMs!;
    }
  });

  it("names a time while the baseline is measured, and none beyond what the budget lets it send", () => {
    const bounded = {
      ...run.live,
      summary: {
        ...run.live.summary,
        config: { ...run.live.summary.config, budget: { ...run.live.summary.config.budget, max_calls: 30 } },
      },
    };
    const live = at(bounded, 0, 20, { calls: 20, cached: 0, activeMs: 2_000 });
    expect(live.etaMs).toBe(1_000);
    expect(at(run.live, 0, 20, { calls: 20, cached: 0, activeMs: 2_000 }).etaMs).toBeGreaterThan(10_000);
  });

  it("names no time while it waits, nor one that is written as none", () => {
    const { validation } = run.live.summary.splits;
    const live = at(run.live, 0, 20, { calls: 20, cached: 0, activeMs: 2_000 });
    expect(live.etaMs).not.toBeNull();
    const waiting = { until: Date.now() + 9_000, reason: "failures" as const };
    const told = applyEvent(live, 0, {
      event: "progress",
      waiting,
      run: 1,
      epoch: 0,
      phase: "validate",
      done: 20,
      total: validation,
      usage: live.usage,
      active_ms: 2_000,
    });
    expect(told.etaMs).toBeNull();
    const last = applyEvent(live, 0, {
      event: "progress",
      waiting: null,
      run: 1,
      epoch: 4,
      phase: "test",
      done: 71,
      total: 72,
      usage: { ...usageOf(1), calls: 400, cached: 0 },
      active_ms: 20_000,
    });
    expect(last.etaMs).toBeNull();
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
