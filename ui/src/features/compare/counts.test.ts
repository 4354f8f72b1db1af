import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { addUnlikeRuns, addWorkedProject } from "../../api/memory/scenario";
import { app } from "../../app/state.svelte";
import { counted } from "../../format/count";
import { intervalWords } from "../../format/interval";
import { percent } from "../../format/percent";
import { asked, freshClient } from "../../testing/client";
import { choose } from "../../testing/choose";
import CompareScreen from "./CompareScreen.svelte";
import VerdictLine from "./VerdictLine.svelte";

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
  // The window the tests run in lays nothing out.
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(42);
});

describe("examples that are counted", () => {
  it("are those answered under both in the scores of a pair, and the others are no missing answers of one side", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 2_400, 1);
    const [run] = client.engine.runs;
    const best = run!.bestPrompt().epoch;
    const point = (epoch: number) => ({ run: run!.id, epoch });
    const result = client.engine.handle("compare", { first: point(0), second: point(best), split: "validation" });
    const { buckets, first_score } = result;
    expect(buckets.not_compared).toBeGreaterThan(1);
    await app.openProject(project.id, "compare");
    render(CompareScreen);
    const { n } = first_score!;
    const of = `Both scores are of the ${counted(n, "example")} answered under both; ${buckets.not_compared} without an answer on a side are not compared.`;
    expect(await screen.findByText(of)).toBeDefined();
    cleanup();
    const comparison = { ...result, first_score: { ...first_score!, missing: buckets.not_compared } };
    render(VerdictLine, { comparison, names: ["one", "two"] });
    expect(screen.getByText(/^one: /).title).toBe(intervalWords({ ...first_score!, missing: 0 }));
  });

  it("are told apart behind the figure of a label, which counts the compared ones alone", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 900, 1);
    const [run] = client.engine.runs;
    run!.config.metrics = [{ metric: { kind: "label" }, weight: 1 }];
    await app.openProject(project.id, "compare");
    render(CompareScreen);
    await userEvent.click(await screen.findByRole("tab", { name: "Labels" }));
    const rows = run!
      .compared(run!.candidate(0)!, run!.candidate(null)!, "validation")
      .filter((row) => row.bucket === "not_compared");
    const label = rows[0]!.example.ground_truth_output;
    const apart = rows.filter((row) => row.example.ground_truth_output === label).length;
    const figure = await screen.findByRole("button", { name: new RegExp(`^[\\d,]+ rows? of ${label}: show$`) });
    const n = Number(figure.textContent);
    await userEvent.click(figure);
    const of = new RegExp(`^${n + apart} of \\d+, ${apart} of them not compared$`);
    expect(await screen.findByText(of)).toBeDefined();
    expect(screen.getByRole("grid", { name: "All examples" })).toBeDefined();
  });

  it("name the split of a score that stands beside figures of the other one", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 1);
    const [run] = client.engine.runs;
    await app.openProject(project.id, "compare");
    render(CompareScreen);
    const score = percent(run!.epochs[0]!.validation!.score);
    const names = () =>
      within(screen.getByLabelText("First epoch"))
        .getAllByRole("option")
        .map((option) => option.textContent);
    await waitFor(() => expect(names()).toContain(`baseline ${score}`));
    await userEvent.click(await screen.findByRole("radio", { name: "test" }));
    await waitFor(() => expect(asked(client, "compare").at(-1)).toMatchObject({ split: "test" }));
    await waitFor(() => expect(names()).toContain(`baseline ${score} validation`));
  });
});

describe("runs that are counted", () => {
  it("are those with a score in the average of a group, however many it has", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 3);
    const [first] = client.engine.runs.filter((run) => run.config.strategy === "greedy");
    const summary = first!.summary.bind(first);
    first!.summary = () => ({ ...summary(), best: { ...summary().best, validation: null } });
    const greedy = client.engine.runs.filter((run) => run.config.strategy === "greedy").length;
    expect(greedy).toBe(2);
    await app.openProject(project.id, "compare");
    render(CompareScreen);
    await choose("Group by", "strategy");
    const heads = (await screen.findAllByText(/^strategy: /)).map((head) => head.textContent);
    expect(heads.find((head) => head.includes("greedy"))).toMatch(
      /2 runs, best validation [\d.]+% on average of 1 with a score$/,
    );
    expect(heads.find((head) => head.includes("pareto"))).toMatch(/on average$/);
  });

  it("are those with a figure in the mean of repeats, where they are not all that are completed", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 0);
    const config = { ...client.engine.defaultConfig(project), name: "Trial", epochs: 2 };
    await client.call("start_repeats", { project: project.id, config, repeats: 3 });
    for (const run of client.engine.runs) {
      run.status = "running";
      run.finishNow();
    }
    for (const untested of client.engine.runs.slice(0, 2)) {
      const summary = untested.summary.bind(untested);
      untested.summary = () => ({ ...summary(), best: { ...summary().best, test: null } });
    }
    await app.openProject(project.id, "compare");
    render(CompareScreen);
    const card = await screen.findByRole("region", { name: "Repeats" });
    const cells = (await within(card).findAllByRole("cell")).map((cell) => [cell.textContent, cell.title]);
    expect(cells[0]?.[0]).toBe("3 of 3");
    expect(cells[2]?.[0]).toMatch(/^[\d.]+% ± [\d.]+$/);
    expect(cells[4]?.[0]).toMatch(/^[\d.]+% in 1 run$/);
    expect(cells[4]?.[1]).toMatch(/ in 1 run$/);
  });

  it("are the compared ones at the tokens, beside all that a filter lets through", async () => {
    const project = addUnlikeRuns(client.engine, `Unlike ${Math.random()}`);
    await app.openProject(project.id, "compare");
    render(CompareScreen);
    const axis = await screen.findByRole("slider", { name: /^Filter by most epochs/ });
    const tokens = screen.getByRole("list", { name: "Compared runs" }).parentElement!;
    for (let step = 0; step < 9; step += 1) await fireEvent.keyDown(axis, { key: "ArrowDown", shiftKey: true });
    await waitFor(() =>
      expect(tokens.querySelector("p")?.textContent).toMatch(
        /^0 of 4 compared runs let through, 1 with those that are not compared\s/,
      ),
    );
  });
});
