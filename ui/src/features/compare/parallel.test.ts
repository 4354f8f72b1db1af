import { describe, expect, it } from "vitest";
import { MemoryClient } from "../../api/memory";
import { addWorkedProject } from "../../api/memory/scenario";
import { percent } from "../../format/percent";
import { letThrough, parallelAxes, throughWords } from "./parallel";

describe("parallel coordinates", () => {
  const { engine } = new MemoryClient();
  addWorkedProject(engine, "Tickets", 200, 4);
  const runs = engine.runs.map((run) => run.summary());
  const axes = parallelAxes(runs);

  it("have an axis for every setting that differs, and the result last", () => {
    const names = axes.map((axis) => axis.name);
    expect(names).toContain("examples shown");
    expect(names).not.toContain("patience");
    expect(names.at(-1)).toBe("best validation");
    const examples = axes.find((axis) => axis.name === "examples shown")!;
    expect([...new Set(examples.places.values())].sort()).toEqual([0, 1]);
    expect(examples.labels.map((label) => label.text)).toEqual(["3", "5"]);
  });

  it("let through what lies inside every brush", () => {
    const all = runs.map((run) => run.id);
    expect(letThrough(all, axes, new Map()).size).toBe(4);
    const five = letThrough(all, axes, new Map([["examples shown", { from: 0.5, to: 1 }]]));
    expect([...five].sort()).toEqual(
      runs
        .filter((run) => run.config.examples === 5)
        .map((run) => run.id)
        .sort(),
    );
    const none = new Map([
      ["examples shown", { from: 0.5, to: 1 }],
      ["strategy", { from: 0.5, to: 1 }],
    ]);
    expect(letThrough(all, axes, none).size).toBe(0);
  });

  it("say what is let through as the axis writes it", () => {
    const examples = axes.find((axis) => axis.name === "examples shown")!;
    const upper = runs.filter((run) => run.config.examples === 5).length;
    expect(throughWords(examples, undefined)).toBe("all let through");
    expect(throughWords(examples, { from: 0, to: 1 })).toBe("4 runs let through: 3 to 5");
    expect(throughWords(examples, { from: 0.5, to: 1 })).toBe(`${upper} run${upper === 1 ? "" : "s"} let through: 5`);
    expect(throughWords(examples, { from: 0.4, to: 0.6 })).toBe("no run let through");
    // A score without its interval, the lowest first however the runs stand.
    const score = (run: (typeof runs)[number]) => run.best.validation!.score;
    const down = [...runs].sort((one, other) => score(other) - score(one));
    const best = parallelAxes(down).at(-1)!;
    expect(throughWords(best, { from: 0, to: 1 })).toBe(
      `4 runs let through: ${percent(score(down.at(-1)!))} to ${percent(score(down[0]!))}`,
    );
  });

  it("let no run through a brush on an axis where it has no value", () => {
    const [first, ...others] = runs;
    const unscored = { ...first!, best: { ...first!.best, validation: null } };
    const some = parallelAxes([unscored, ...others]);
    const whole = new Map([["best validation", { from: 0, to: 1 }]]);
    const all = runs.map((run) => run.id);
    expect([...letThrough(all, some, whole)].sort()).toEqual(others.map((run) => run.id).sort());
  });
});
