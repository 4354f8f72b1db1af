import { describe, expect, it } from "vitest";
import { MemoryClient } from "../../api/memory";
import { addWorkedProject } from "../../api/memory/scenario";
import { shownColumns } from "./runColumns";
import { groupRuns, nextOrder, sortRuns } from "./sorting";

describe("with differences only", () => {
  it("prompts that differ behind what a cell shows of them are a difference", () => {
    const { engine } = new MemoryClient();
    addWorkedProject(engine, "Tickets", 200, 2);
    const begun = (end: string) => ({ system_prompt: "a".repeat(200) + end, output_prompt: "" });
    const runs = engine.runs.map((run, at) => {
      const summary = run.summary();
      return { ...summary, config: { ...summary.config, prompt: begun(at === 0 ? "x" : "y") } };
    });
    expect(shownColumns(runs, [], true).map(({ name }) => name)).toContain("starting system prompt");
    const same = runs.map((run) => ({ ...run, config: { ...run.config, prompt: begun("x") } }));
    expect(shownColumns(same, [], true).map(({ name }) => name)).not.toContain("starting system prompt");
  });
});

describe("runs in order", () => {
  const { engine } = new MemoryClient();
  addWorkedProject(engine, "Tickets", 200, 3);
  const scores = [0.5, null, 0.8];
  const runs = engine.runs.map((run, at) => {
    const summary = run.summary();
    const score = scores[at] ?? null;
    const validation = score === null ? null : { ...summary.best.validation!, score };
    return { ...summary, best: { ...summary.best, validation } };
  });
  const ids = runs.map((run) => run.id);
  const sorted = (column: string, descending: boolean) =>
    sortRuns(runs, { column, descending }).map((run) => ids.indexOf(run.id));

  it("stand by their score either way, what was not measured last", () => {
    expect(sorted("best validation", true)).toEqual([2, 0, 1]);
    expect(sorted("best validation", false)).toEqual([0, 2, 1]);
  });

  it("stand by name whatever its capitals, the newer first among equals", () => {
    const named = runs.map((run, at) => ({ ...run, name: ["beta", "Alpha", "alpha"][at]! }));
    // The engine lists the newest first.
    const order = sortRuns(named, { column: "run", descending: false });
    expect(order.map((run) => ids.indexOf(run.id))).toEqual([1, 2, 0]);
    const numbered = runs.map((run, at) => ({ ...run, name: ["Run 10", "run 2", "Run 1"][at]! }));
    const counted = sortRuns(numbered, { column: "run", descending: false });
    expect(counted.map(({ name }) => name)).toEqual(["Run 1", "run 2", "Run 10"]);
  });

  it("begin with the highest figure, the newest time or the first word, and turn round on a second click", () => {
    const usual = { column: "created", descending: true };
    expect(nextOrder(usual, "best validation")).toEqual({ column: "best validation", descending: true });
    expect(nextOrder(usual, "run")).toEqual({ column: "run", descending: false });
    expect(nextOrder(usual, "created")).toEqual({ column: "created", descending: false });
  });

  it("have no mean over scores of different metrics, and say what differs", () => {
    const mixed = runs.map((run, at) =>
      at === 0
        ? { ...run, config: { ...run.config, metrics: [{ metric: { kind: "exact" as const }, weight: 1 }] } }
        : run,
    );
    const [group] = groupRuns(mixed, "strategy");
    expect([group?.mean, group?.unlike]).toEqual([null, ["metric"]]);
  });

  it("form groups of one value, with the mean of what was measured", () => {
    const [first, second] = groupRuns(runs, "strategy");
    expect([first, second].map((group) => group?.runs.length)).toEqual([2, 1]);
    expect(first?.mean).toBeCloseTo(0.65);
    expect(second?.mean).toBeNull();
    expect(groupRuns(runs, "").map((group) => [group.value, group.runs.length])).toEqual([[null, 3]]);
  });
});
