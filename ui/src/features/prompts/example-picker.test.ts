import { beforeEach, describe, expect, it } from "vitest";
import { call, useClient } from "../../api/client";
import { EVERY_EXAMPLE } from "../../api/filter";
import type { Example } from "../../api/bindings/Example";
import type { SplitSizes } from "../../api/bindings/SplitSizes";
import { MemoryClient } from "../../api/memory";
import { tickets } from "../../api/memory/corpus";
import { exampleNumbered, firstExample, neighbour, randomExample } from "./example-picker";

const ROWS = 260;
let project: number;
let sizes: SplitSizes;
let all: Example[];

beforeEach(async () => {
  const memory = new MemoryClient();
  useClient(memory);
  const made = memory.engine.addProject("Tickets");
  memory.engine.addDataset(made, tickets(ROWS), "tickets.csv");
  project = made.id;
  const page = await call("list_examples", { project, filter: EVERY_EXAMPLE, sort: null, offset: 0, limit: 500 });
  all = page.rows;
  const view = await call("open_project", { project });
  sizes = view.dataset?.sizes ?? { train: 0, validation: 0, test: 0 };
  expect(sizes.test).toBeGreaterThan(0);
});

describe("rows offered for trying", () => {
  it("steps over every test row, both ways, and goes round", async () => {
    const open = all.filter((example) => example.split !== "test").map((example) => example.number);
    const forward: number[] = [];
    let at = (await firstExample(project, ROWS))?.number ?? 0;
    for (let i = 0; i < open.length; i += 1) {
      forward.push(at);
      at = (await neighbour(project, ROWS, at, 1))?.number ?? 0;
    }
    expect(forward).toEqual(open);
    expect(at).toBe(open[0]);
    expect((await neighbour(project, ROWS, open[0] ?? 0, -1))?.number).toBe(open.at(-1));
    expect((await neighbour(project, ROWS, open[5] ?? 0, -1))?.number).toBe(open[4]);
  });

  it("misses none where deleted examples left gaps between the numbers", async () => {
    const ids = all.filter((_, index) => [0, 7, 8, 100].includes(index)).map((example) => example.id);
    await call("edit_examples", { project, edit: { kind: "delete", selection: { kind: "ids", ids } } });
    const open = all.filter((example) => example.split !== "test" && !ids.includes(example.id));
    const at = open.findIndex((example) => example.number > 150);
    const [before, here, after] = [open[at - 1], open[at], open[at + 1]];
    expect((await neighbour(project, ROWS - 4, here?.number ?? 0, 1))?.number).toBe(after?.number);
    expect((await neighbour(project, ROWS - 4, here?.number ?? 0, -1))?.number).toBe(before?.number);
  });

  it("refuses a test row by its number, and a number that is none", async () => {
    const sealed = all.find((example) => example.split === "test")?.number ?? 0;
    const open = all.find((example) => example.split === "validation");
    expect(await exampleNumbered(project, ROWS, sealed)).toEqual({ kind: "sealed" });
    expect(await exampleNumbered(project, ROWS, open?.number ?? 0)).toEqual({ kind: "found", example: open });
    for (const number of [0, ROWS + 1, 1.5, Number.NaN]) {
      expect(await exampleNumbered(project, ROWS, number)).toEqual({ kind: "none" });
    }
  });

  it("draws at random out of train and validation", async () => {
    const splits = new Set<string | null | undefined>();
    for (let i = 0; i < 50; i += 1) splits.add((await randomExample(project, sizes, () => i / 50))?.split);
    expect([...splits].sort()).toEqual(["train", "validation"]);
  });
});
