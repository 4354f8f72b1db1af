import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { tickets } from "../../api/memory/corpus";
import { app } from "../../app/state.svelte";
import { inspector } from "../../app/inspector.svelte";
import { freshWindow } from "../../testing/window";
import { checksOf } from "./checks";
import DataScreen from "./DataScreen.svelte";

let client: MemoryClient;
let project: number;

beforeEach(async () => {
  client = freshWindow();
  const made = client.engine.addProject("Support routing");
  project = made.id;
  client.engine.addDataset(made, tickets(600), "tickets.csv");
  await app.openProject(project, "data");
});

const rows = () => screen.getAllByRole("row").filter((row) => row.getAttribute("aria-rowindex") !== "1");

describe("Data", () => {
  it("asks for a file when there are no examples", async () => {
    await app.openProject(client.engine.addProject("Empty").id, "data");
    render(DataScreen);
    expect(screen.getByRole("button", { name: "Choose a file" })).toBeTruthy();
    expect(screen.queryByRole("grid")).toBeNull();
  });

  it("lists all examples but renders only those in view", async () => {
    render(DataScreen);
    const grid = await screen.findByRole("grid", { name: "Examples" });
    expect(grid.getAttribute("aria-rowcount")).toBe("601");
    expect(rows().length).toBeLessThan(80);
    const [first] = client.engine.project(project).dataset?.examples ?? [];
    expect(rows()[0]?.textContent).toContain(first?.user_input);
    expect(rows()[0]?.textContent).toContain(first?.split);
  });

  it("filters by split and by words", async () => {
    render(DataScreen);
    await screen.findByRole("grid");
    await userEvent.selectOptions(screen.getByLabelText("Split"), "test");
    await waitFor(() => expect(screen.getByText("120 of 600 examples")).toBeTruthy());
    expect(rows().every((row) => row.textContent?.includes("test"))).toBe(true);
    await userEvent.type(screen.getByLabelText("Search in examples"), "no such words");
    expect(await screen.findByText("No example fits")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Show all" }));
    const grid = await screen.findByRole("grid");
    await waitFor(() => expect(grid.getAttribute("aria-rowcount")).toBe("601"));
  });

  it("opens the example of a row with the keyboard and steps on", async () => {
    render(DataScreen);
    const grid = await screen.findByRole("grid");
    grid.focus();
    await userEvent.keyboard("jj{ArrowUp}{Enter}");
    expect(inspector.shown?.example.number).toBe(2);
    inspector.shown?.onStep?.(1);
    expect(inspector.shown?.example.number).toBe(3);
    await userEvent.keyboard("{Home}");
    expect(rows().find((row) => row.getAttribute("aria-selected") === "true")?.textContent).toMatch(/^1/);
  });

  it("says why the examples can not be read, and reads them again", async () => {
    client.fail("list_examples", "The database is busy. Close the other program.", "database");
    render(DataScreen);
    expect(await screen.findByText("The database is busy. Close the other program.")).toBeTruthy();
    client.heal("list_examples");
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("grid")).toBeTruthy();
  });

  it("divides anew when a handle is moved by keyboard", async () => {
    render(DataScreen);
    const handle = screen.getByRole("slider", { name: "End of train" });
    handle.focus();
    await userEvent.keyboard("{PageDown}{PageDown}");
    expect(handle.getAttribute("aria-valuenow")).toBe("50");
    await waitFor(
      () => expect(app.project?.dataset?.plan).toEqual({ kind: "ratio", train: 50, validation: 30, test: 20, seed: 0 }),
      { timeout: 2000 },
    );
    expect(app.project?.dataset?.sizes.train).toBe(300);
    // Two key presses are one new division.
    expect(client.calls.filter((call) => call.name === "split_dataset")).toHaveLength(1);
  });

  it("draws another split for another seed", async () => {
    render(DataScreen);
    const before = client.engine.project(project).dataset?.examples.map((example) => example.split);
    const seed = screen.getByLabelText("Seed");
    await userEvent.clear(seed);
    await userEvent.type(seed, "7{Tab}");
    await waitFor(() => expect(app.project?.dataset?.plan).toMatchObject({ seed: 7 }));
    expect(client.engine.project(project).dataset?.examples.map((example) => example.split)).not.toEqual(before);
  });

  it("finds the examples of a ground truth from its bar", async () => {
    render(DataScreen);
    const card = screen.getByRole("region", { name: "Ground truth" });
    await userEvent.click(within(card).getByRole("button", { name: /security/ }));
    expect((screen.getByLabelText("Search in examples") as HTMLInputElement).value).toBe("security");
  });
});

describe("checks", () => {
  it("tells fine from doubtful from wrong", () => {
    const info = client.engine.project(project).dataset?.info;
    if (!info) throw new Error("no dataset");
    expect(checksOf(info).every((check) => check.level === "ok")).toBe(true);
    const troubled = checksOf({
      ...info,
      leaks: 2,
      sizes: { train: 10, validation: 10, test: 0 },
      report: { ...info.report, contradictions: 1, duplicates: 4, set_aside_count: 3 },
    });
    const level = (id: string) => troubled.find((check) => check.id === id)?.level;
    expect(level("leaks")).toBe("wrong");
    expect(level("contradictions")).toBe("wrong");
    expect(level("duplicates")).toBe("look");
    expect(level("set-aside")).toBe("look");
    expect(level("few")).toBe("look");
    expect(level("test")).toBe("look");
    expect(troubled.find((check) => check.id === "leaks")?.words).toContain("2 inputs");
  });
});
