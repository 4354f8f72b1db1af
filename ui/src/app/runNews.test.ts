import { render } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { MemoryClient } from "../api/memory";
import { addWorkedProject } from "../api/memory/scenario";
import { freshClient } from "../testing/client";
import { place } from "../features/train/place.svelte";
import { endWords } from "./endWords";
import RunNews from "./RunNews.svelte";
import { runs, type LiveRun } from "./runs.svelte";
import { app } from "./state.svelte";

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
});

/** A run of a project, which the window follows, told to end. */
async function ended(project: ReturnType<typeof addWorkedProject>, name: string) {
  const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name });
  await runs.watch(run.id);
  render(RunNews);
  run.finishNow();
  await vi.waitFor(() => expect(app.toasts).toHaveLength(1), 5_000);
  return app.toasts[0]!.message;
}

describe("the news of a run that ended", () => {
  it("name its project where that is not the open one, and tell what it came to", async () => {
    const other = addWorkedProject(client.engine, `Invoices ${"x".repeat(90)}`, 120, 0);
    const open = addWorkedProject(client.engine, "Support routing", 120, 1);
    await app.openProject(open.id, "data");
    const message = await ended(other, "Run 1");
    expect(message.startsWith(`“Run 1” of “Invoices ${"x".repeat(51)}…” has completed. `)).toBe(true);
    const live = runs.get(client.engine.runs.find(({ name }) => name === "Run 1")!.id)!;
    expect(live.verdict).not.toBeNull();
    expect(message).toContain(live.verdict!.replaceAll(" -", " −"));
    expect(message.endsWith(" Simulated.")).toBe(true);
  });

  it("leave the open project unnamed", async () => {
    const open = addWorkedProject(client.engine, "Support routing", 120, 0);
    await app.openProject(open.id, "data");
    expect(await ended(open, "Run 1")).toMatch(/^“Run 1” has completed\. .+ Simulated\.$/);
  });
});

it("is told of a run that starts, wherever it is shown, and no longer once it has ended", async () => {
  const open = addWorkedProject(client.engine, "Support routing", 120, 1);
  await app.openProject(open.id, "train");
  const { container } = render(RunNews);
  const told = () => container.querySelector("[role=status]")!.textContent;
  expect(told()).toBe("");
  const run = client.engine.startRun(open, { ...client.engine.defaultConfig(open), name: "Second" });
  place.show(open.id, run.id, null);
  await runs.watch(run.id);
  await vi.waitFor(() => expect(told()).toBe("“Second” is running."));
  run.finishNow();
  await vi.waitFor(() => expect(told()).toBe(""), 5_000);
});

describe("what a run came to", () => {
  async function worked(changes: Partial<LiveRun>, summary: Partial<LiveRun["summary"]> = {}) {
    addWorkedProject(client.engine, "Tickets", 120, 1);
    const { id } = client.engine.runs[0]!;
    await runs.load(id);
    const live = runs.get(id)!;
    return { ...live, ...changes, summary: { ...live.summary, simulated_roles: [], ...summary } };
  }
  const score = { score: 0.9, low: 0.87, high: 0.949, n: 200, missing: 0 };

  it("is the score with its interval and n where there is no verdict", async () => {
    const live = await worked({ verdict: null }, { best: { epoch: 0, validation: score, test: null } as never });
    expect(endWords(live)).toBe("Validation 90.0%, 95 % interval 87.0 to 94.9, n = 200.");
  });

  it("says of a test that was opened before that it was, once", async () => {
    const best = { epoch: 2, validation: score, test: score } as never;
    const verdict = "Better on the test split: -1.0 points.";
    expect(endWords(await worked({ verdict }, { best, test_opened_before: 0 }))).not.toContain("opened");
    expect(endWords(await worked({ verdict }, { best, test_opened_before: 3 }))).toBe(
      "Better on the test split: −1.0 points. Test, opened before.",
    );
    const opened = "Better on a test split that an earlier run had opened: +1.0 points.";
    expect(endWords(await worked({ verdict: opened }, { best, test_opened_before: 3 }))).toBe(opened);
  });

  it("is what went wrong of a run that failed, and nothing of one that measured nothing", async () => {
    const stop_reason = "The server refused the key.";
    expect(endWords(await worked({}, { status: "failed", stop_reason }))).toBe(stop_reason);
    const best = { epoch: 0, validation: null, test: null } as never;
    expect(endWords(await worked({ verdict: null }, { status: "cancelled", best }))).toBe("");
  });
});
