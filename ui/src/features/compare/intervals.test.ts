import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";
import { addWorkedProject } from "../../api/memory/scenario";
import type { MemoryClient } from "../../api/memory";
import { app } from "../../app/state.svelte";
import { interval, intervalWords } from "../../format/interval";
import { percent } from "../../format/percent";
import { freshClient } from "../../testing/client";
import CompareScreen from "./CompareScreen.svelte";
import { forgetRunSet } from "./runSet.svelte";

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
  forgetRunSet();
});

it("stand beside every score of the tables, with n in the files", async () => {
  const project = addWorkedProject(client.engine, "Tickets", 300, 4);
  await app.openProject(project.id, "compare");
  render(CompareScreen);
  const run = client.engine.runs.map((known) => known.summary()).find((known) => known.best.test)!;
  const { baseline, best } = run;
  const saved = async (name: string) => {
    await waitFor(() => expect(client.saved.has(name)).toBe(true));
    const [head, ...rows] = client.saved.get(name)!.trim().split("\r\n");
    return { head: head!, row: rows.find((row) => row.startsWith(run.name))! };
  };
  const ends = (score: { low: number; high: number; n: number }) => `${score.low},${score.high},${score.n}`;

  const table = screen.getByRole("region", { name: "Runs" });
  const cells = within(within(table).getByRole("button", { name: run.name }).closest("tr")!).getAllByRole("cell");
  for (const score of [best.validation!, best.test!, baseline.validation!])
    expect(cells.map((cell) => `${cell.textContent.trim().replace(/\s+/g, " ")} ${cell.title}`)).toContainEqual(
      expect.stringMatching(
        new RegExp(`^${percent(score.score)}.* ?${escaped(interval(score))}.*${escaped(intervalWords(score))}$`),
      ),
    );
  await userEvent.click(within(table).getByRole("button", { name: "Save the runs as CSV" }));
  const runs = await saved("runs.csv");
  expect(runs.head).toContain(
    ",low,high,n,best epoch,test low,test high,test n,baseline low,baseline high,baseline n,",
  );
  expect(runs.row).toContain(
    `,${ends(best.validation!)},${best.epoch},${ends(best.test!)},${ends(baseline.validation!)},`,
  );

  const curves = screen.getByRole("heading", { name: "Validation score" }).closest("section")!;
  await userEvent.click(within(curves).getByRole("button", { name: "Show as table" }));
  const words = `${percent(baseline.validation!.score)} ${interval(baseline.validation!)}`;
  const first = within(curves).getAllByTitle(intervalWords(baseline.validation!));
  expect(first.some((cell) => cell.textContent.trim() === words)).toBe(true);

  const costs = (await screen.findByRole("heading", { name: "Calls against score" })).closest("section")!;
  await userEvent.click(within(costs).getByRole("button", { name: "Show as table" }));
  const line = (name: string) => within(costs).getByTitle(name).closest("tr")!;
  const row = line(run.name);
  expect(row.textContent).toContain(`${interval(best.validation!)}, n ${best.validation!.n}`);
  // The staircase of the chart is told here as well: in its order of calls each run on it is better than all before.
  let most = -1;
  const cheapest = client.engine.runs.map((known) => known.summary()).sort((x, y) => x.usage.calls - y.usage.calls);
  for (const known of cheapest) {
    const score = known.best.validation!.score;
    expect(line(known.name).textContent.includes("none cheaper and better"), known.name).toBe(score > most);
    most = Math.max(most, score);
  }
  await userEvent.click(within(costs).getByRole("button", { name: "Save these runs as CSV" }));
  const cost = await saved("calls-against-score.csv");
  expect(cost.head).toBe("run,metric,calls,best validation,low,high,n,none cheaper and better");
  expect(cost.row).toMatch(new RegExp(`,${escaped(ends(best.validation!))},(yes|no)$`));

  const settings = screen.getByRole("heading", { name: "Settings and results" }).closest("section")!;
  await userEvent.click(within(settings).getByRole("button", { name: "Show as table" }));
  expect(settings.textContent).toContain(`${interval(best.validation!)}, n ${best.validation!.n}`);
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
