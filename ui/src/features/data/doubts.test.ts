import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { addWorkedProject } from "../../api/memory/scenario";
import { edits } from "../../app/edits.svelte";
import { app } from "../../app/state.svelte";
import { asked } from "../../testing/client";
import { freshWindow } from "../../testing/window";
import DataScreen from "./DataScreen.svelte";

let client: MemoryClient;
let project: number;

beforeEach(async () => {
  client = freshWindow();
  project = addWorkedProject(client.engine, "Support routing", 6000, 1).id;
  await app.openProject(project, "data");
});

const items = () => within(screen.getByRole("list", { name: "Examples in doubt" })).getAllByRole("listitem");
const examples = () => client.engine.project(project).dataset?.examples ?? [];

async function opened(): Promise<number> {
  render(DataScreen);
  await userEvent.click(screen.getByRole("tab", { name: "Doubts" }));
  await screen.findByRole("list", { name: "Examples in doubt" });
  return items().length;
}

function numberOf(item: HTMLElement | undefined): number {
  return Number(/Example ([\d,]+)/.exec(item?.textContent ?? "")?.[1]?.replace(",", ""));
}

describe("the doubt queue", () => {
  it("teaches what it is for before a run has ended", async () => {
    await app.openProject(client.engine.addProject("New").id, "data");
    const made = client.engine.addProject("No runs");
    client.engine.addDataset(made, { columns: ["input", "label"], rows: [["a", "b"]] }, "a.csv");
    await app.openProject(made.id, "data");
    render(DataScreen);
    await userEvent.click(screen.getByRole("tab", { name: "Doubts" }));
    expect(await screen.findByText("No run has ended yet")).toBeTruthy();
  });

  it("decides by single keys and goes on to the next", async () => {
    const before = await opened();
    expect(before).toBeGreaterThan(2);
    const [first, second, third] = items().map(numberOf);
    items()[0]?.focus();
    await userEvent.keyboard("k");
    await waitFor(() => expect(items()).toHaveLength(before - 1));
    expect(numberOf(items()[0])).toBe(second);
    await waitFor(() => expect(numberOf(document.activeElement as HTMLElement)).toBe(second));
    const answers = (await client.call("list_doubts", { project, run: app.project?.runs[0]?.id ?? 0 })).map(
      (doubt) => doubt.answer,
    );
    // What is kept changes no cell, and is taken back all the same.
    expect(screen.getByText("1 decided, Ctrl Z takes one back")).toBeTruthy();
    await edits.undo();
    await waitFor(() => expect(items()).toHaveLength(before));
    expect(screen.queryByText(/decided, Ctrl Z/)).toBeNull();
    await edits.redo();
    await waitFor(() => expect(items()).toHaveLength(before - 1));
    await waitFor(() => expect(numberOf(items()[0])).toBe(second));
    items()[0]?.focus();
    await userEvent.keyboard("c");
    await waitFor(() => expect(items()).toHaveLength(before - 2));
    expect(examples().find((one) => one.number === second)?.ground_truth_output).toBe(answers[0]);
    await waitFor(() => expect(numberOf(document.activeElement as HTMLElement)).toBe(third));
    expect(screen.getByText("2 decided, Ctrl Z takes one back")).toBeTruthy();
    await edits.undo();
    expect(await screen.findByText("1 decided, Ctrl Z takes one back")).toBeTruthy();
    await userEvent.keyboard("x");
    await waitFor(() => expect(examples().find((one) => one.number === third)?.excluded).toBe(true));
    expect(examples().find((one) => one.number === first)?.excluded).toBe(false);
    expect(asked(client, "resolve_doubt")).toHaveLength(5);
  });

  it("shows the run's figures under the corrected ground truths beside its own", async () => {
    await opened();
    const card = screen.getByRole("region", { name: "Figures under the ground truths of now" });
    expect(within(card).queryByRole("table")).toBeNull();
    await userEvent.click(within(items()[0] as HTMLElement).getByRole("button", { name: /^Correct/ }));
    const table = await within(card).findByRole("table");
    expect(card.textContent).toContain("1 corrected ground truth");
    expect(card.textContent).toContain("Nothing was asked again");
    expect(within(table).getAllByText("validation")).toHaveLength(2);
  });

  it("takes a ground truth that neither side has", async () => {
    await opened();
    const number = numberOf(items()[0]);
    const item = within(items()[0] as HTMLElement);
    await userEvent.click(item.getByRole("button", { name: /write it/ }));
    const field = item.getByRole("textbox", { name: "Right ground truth" });
    await userEvent.clear(field);
    await userEvent.type(field, "refunds");
    await userEvent.click(item.getAllByRole("button", { name: /^Correct/ })[0] as HTMLElement);
    await waitFor(() => expect(examples().find((one) => one.number === number)?.ground_truth_output).toBe("refunds"));
  });

  it("says why it can not be read, and reads it again", async () => {
    client.fail("list_doubts", "The answers of this run are gone.", "database");
    render(DataScreen);
    await userEvent.click(screen.getByRole("tab", { name: "Doubts" }));
    expect(await screen.findByText("The answers of this run are gone.")).toBeTruthy();
    client.heal("list_doubts");
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("list", { name: "Examples in doubt" })).toBeTruthy();
  });

  it("keeps a doubt whose decision was refused", async () => {
    const before = await opened();
    client.fail("resolve_doubt", "The disk is full.", "database");
    items()[0]?.focus();
    await userEvent.keyboard("k");
    await waitFor(() => expect(app.toasts.at(-1)?.message).toBe("The disk is full."));
    expect(items()).toHaveLength(before);
  });
});
