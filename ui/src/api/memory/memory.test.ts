import { describe, expect, it } from "vitest";
import type { NumberedEvent } from "../bindings/NumberedEvent";
import { ApiFailure } from "../client";
import { MemoryClient } from "../memory";
import { addWorkedProject } from "./scenario";

describe("the engine in memory", () => {
  it("plays a run whose figures agree with its rows", () => {
    const { engine } = new MemoryClient();
    const project = addWorkedProject(engine, "Support routing", 300, 1);
    const [run] = engine.runs;
    if (!run) throw new Error("no run");
    expect(run.project).toBe(project.id);
    expect(run.status).toBe("completed");
    expect(run.epochs).toHaveLength(11);
    for (const epoch of run.epochs.slice(1)) {
      if (epoch.decision === "invalid") continue;
      const { total } = engine.handle("list_compared", {
        run: run.id,
        epoch: epoch.epoch,
        bucket: "fixed",
        offset: 0,
        limit: 500,
      });
      expect(total).toBe(epoch.fixed);
      expect(epoch.decision === "accepted").toBe(epoch.fixed > epoch.broken);
    }
    const best = run.bestPrompt();
    const bestScore = Math.max(
      ...run.epochs.filter((e) => e.decision !== "rejected").map((e) => e.validation?.score ?? 0),
    );
    expect(best.validation?.score).toBe(bestScore);
    expect(best.test).not.toBeNull();
  });

  it("replays kept events after the last one seen, then goes on", () => {
    const client = new MemoryClient();
    const project = addWorkedProject(client.engine, "Support routing", 120, 0);
    const run = client.engine.startRun(project, client.engine.defaultConfig(project));
    client.advance(60);
    const kept = run.events.length;
    const seen: NumberedEvent[] = [];
    const stop = client.watchRun(
      run.id,
      1,
      (event) => seen.push(event),
      () => {},
    );
    expect(seen.map((event) => event.seq)).toEqual(Array.from({ length: kept - 1 }, (_, at) => at + 2));
    client.advance(1);
    expect(seen.length).toBeGreaterThan(kept - 1);
    stop();
    const before = seen.length;
    client.advance(5);
    expect(seen).toHaveLength(before);
  });

  it("fails where it is told to and heals", async () => {
    const client = new MemoryClient();
    client.fail("list_projects", "The disk is full.", "database");
    await expect(client.call("list_projects", {})).rejects.toBeInstanceOf(ApiFailure);
    client.heal("list_projects");
    await expect(client.call("list_projects", {})).resolves.toEqual([]);
  });

  it("hands out copies, as a wire would", async () => {
    const client = new MemoryClient();
    client.engine.addProject("Kept");
    const [card] = await client.call("list_projects", {});
    if (card) card.name = "changed";
    expect(client.engine.projects[0]?.name).toBe("Kept");
  });
});

describe("the search of a run in memory", () => {
  it("has every candidate under one that was there before it, and the winners are the accepted epochs", () => {
    const { engine } = new MemoryClient();
    const project = addWorkedProject(engine, "Support routing", 300, 2);
    const run = engine.runs.find((known) => known.project === project.id && known.config.strategy === "pareto")!;
    const { candidates, techniques } = engine.handle("search_tree", { run: run.id });
    expect(candidates.length).toBeGreaterThan(5);
    const made = new Set([0]);
    for (const candidate of candidates) {
      expect(candidate.parents.every((parent) => made.has(parent))).toBe(true);
      made.add(candidate.number);
    }
    const accepted = run.epochs.filter(({ decision }) => decision === "accepted").map(({ epoch }) => epoch);
    expect(candidates.filter(({ fate }) => fate === "best").map(({ epoch }) => epoch)).toEqual(accepted);
    expect(techniques.reduce((sum, { tried }) => sum + tried, 0)).toBe(candidates.length);
    const plain = engine.runs.find((known) => known.config.strategy === "greedy")!;
    expect(engine.handle("search_tree", { run: plain.id }).candidates).toEqual([]);
  });
});
