import { describe, expect, it } from "vitest";
import type { RunConfig } from "../../../api/bindings/RunConfig";
import { MemoryClient } from "../../../api/memory";
import { addWorkedProject } from "../../../api/memory/scenario";
import { findProblems } from "./problems";

function config(change: Partial<RunConfig> = {}): RunConfig {
  const { engine } = new MemoryClient();
  return { ...engine.defaultConfig(addWorkedProject(engine, "Tickets", 120, 0)), ...change };
}

describe("findProblems", () => {
  it("has nothing against the defaults", () => {
    expect(findProblems(config())).toEqual({});
  });

  it("asks for models at their own fields", () => {
    const base = config();
    expect(
      Object.keys(
        findProblems({
          ...base,
          primary: { ...base.primary, model: " " },
          optimizer: { ...base.optimizer, model: "" },
        }),
      ),
    ).toEqual(["primary", "optimizer"]);
  });

  it("asks for what a metric or a rule can not do without", () => {
    expect(findProblems(config({ metrics: [] })).metrics).toBeDefined();
    expect(
      findProblems(config({ metrics: [{ metric: { kind: "regex", pattern: "" }, weight: 1 }] })).metrics,
    ).toBeDefined();
    const judged = findProblems(config({ metrics: [{ metric: { kind: "judge", rubric: " " }, weight: 1 }] }));
    expect(judged.metrics).toBeDefined();
    expect(judged.judge).toBeDefined();
    expect(findProblems(config({ extract: { kind: "tag", tag: "" } })).extract).toBeDefined();
    expect(findProblems(config({ extract: { kind: "last_line" } })).extract).toBeUndefined();
  });
});
