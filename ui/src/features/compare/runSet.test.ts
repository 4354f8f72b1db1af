import { describe, expect, it } from "vitest";
import { MemoryClient } from "../../api/memory";
import { addWorkedProject } from "../../api/memory/scenario";
import type { RunSummary } from "../../api/bindings/RunSummary";
import { RunSet } from "./runSet.svelte";
import { settingsOf } from "./settings";
import { nextOrder, sortRuns } from "./sorting";

function finished(count: number): RunSummary[] {
  const { engine } = new MemoryClient();
  addWorkedProject(engine, "Tickets", 120, count);
  return engine.runs.map((run) => structuredClone(run.summary()));
}

describe("RunSet", () => {
  it("gives every run a look of its own and keeps it while others come and go", () => {
    const [a, b, c, d, e] = finished(5).map((run) => run.id) as [number, number, number, number, number];
    const set = new RunSet(1, finished(5));
    expect(set.ids).toEqual([a, b, c, d]);
    const look = set.look(b);
    set.toggle(a);
    expect(set.look(b)).toBe(look);
    set.toggle(e);
    expect(set.look(e)).not.toBe(look);
    expect(new Set(set.ids.map((id) => set.look(id))).size).toBe(4);
  });

  it("takes in six runs at most", () => {
    const runs = finished(8);
    const set = new RunSet(1, runs);
    for (const run of runs) if (!set.has(run.id)) set.toggle(run.id);
    expect(set.ids).toHaveLength(6);
    expect(set.full).toBe(true);
  });

  it("holds the others against the flagged run, else the oldest", () => {
    const runs = finished(3);
    const set = new RunSet(1, runs);
    const ids = runs.map((run) => run.id);
    expect(set.baseline).toBe(Math.min(...ids));
    set.flag(Math.max(...ids));
    expect(set.baseline).toBe(Math.max(...ids));
    set.toggle(Math.max(...ids));
    expect(set.baseline).toBe(Math.min(...ids));
  });

  it("keeps its first baseline whichever run comes in, also over a restart, and the next one once that is gone", () => {
    const runs = finished(4);
    const [oldest, second, third, newest] = runs.map((run) => run.id).sort((a, b) => a - b) as [
      number,
      number,
      number,
      number,
    ];
    const set = new RunSet(77, runs);
    set.toggle(oldest);
    expect(set.baseline).toBe(second);
    set.toggle(oldest);
    expect(set.baseline).toBe(second);
    expect(new RunSet(77, runs).baseline).toBe(second);
    set.toggle(second);
    expect(set.baseline).toBe(oldest);
    set.flag(newest);
    set.toggle(newest);
    expect(set.baseline).toBe(oldest);
    expect(set.has(third)).toBe(true);
  });

  it("pins a run and a place together, and lets go of them before it lets all through", () => {
    const runs = finished(2);
    const set = new RunSet(1, runs);
    const [first] = set.ids as [number];
    set.brushes.set("calls", { from: 0, to: 0.5 });
    set.pinAt(first, { by: "epoch", x: 3 });
    expect([set.strong, set.pinnedAt?.x]).toEqual([first, 3]);
    set.letGo();
    expect([set.strong, set.pinnedAt, set.brushes.size]).toEqual([null, null, 1]);
    set.letGo();
    expect(set.brushes.size).toBe(0);
    // Another place of the same run is pinned instead; the same one is let go of.
    for (const at of [{ by: "epoch", x: 3 } as const, { by: "epoch", x: 4 } as const, { by: "calls", x: 4 } as const]) {
      set.pinAt(first, at);
      expect([set.strong, set.pinnedAt]).toEqual([first, at]);
    }
    set.pinAt(first, { by: "calls", x: 4 });
    expect([set.strong, set.pinnedAt]).toEqual([null, null]);
  });

  it("lets what the pointer is on come before what is pinned, and forgets both with the run", () => {
    const runs = finished(2);
    const [first, second] = runs.map((run) => run.id) as [number, number];
    const set = new RunSet(1, runs);
    set.pin(first);
    set.hovered = second;
    expect(set.strong).toBe(second);
    set.hovered = null;
    expect(set.strong).toBe(first);
    set.keepOnly(new Set([second]));
    expect(set.strong).toBeNull();
  });
});

describe("settingsOf", () => {
  it("finds what differs and nothing else", () => {
    const [a, b] = finished(2) as [RunSummary, RunSummary];
    const same = settingsOf([a, structuredClone(a)]);
    expect(same.filter((setting) => setting.differs)).toEqual([]);
    const other = {
      ...b,
      config: { ...a.config, seed: 7, temperature: 1, primary: { ...a.config.primary, temperature: 0.5 } },
    };
    expect(
      settingsOf([a, other])
        .filter((setting) => setting.differs)
        .map((setting) => setting.name),
    ).toEqual(["primary temperature", "seed"]);
  });
});

describe("sortRuns", () => {
  it("puts what was not measured last in either direction", () => {
    const runs = finished(3);
    runs[1]!.best = { ...runs[1]!.best, validation: null };
    for (const descending of [true, false]) {
      expect(sortRuns(runs, { column: "best validation", descending }).at(-1)?.id).toBe(runs[1]!.id);
    }
  });

  it("sorts by the best, highest first, and turns around on the second click", () => {
    const order = nextOrder({ column: "created", descending: true }, "best validation");
    const scores = (runs: RunSummary[]) => runs.map((run) => run.best.validation!.score);
    const sorted = scores(sortRuns(finished(4), order));
    expect(sorted).toEqual([...sorted].sort((a, b) => b - a));
    expect(nextOrder(order, "best validation").descending).toBe(false);
    expect(nextOrder(order, "run").descending).toBe(false);
  });
});
