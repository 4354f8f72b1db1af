import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { addUnlikeRuns, addWorkedProject } from "../../api/memory/scenario";
import { edits } from "../../app/edits.svelte";
import { app } from "../../app/state.svelte";
import { freshClient } from "../../testing/client";
import CompareScreen from "./CompareScreen.svelte";

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
  // The window the tests run in lays nothing out.
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(42);
});

async function open() {
  const project = addWorkedProject(client.engine, `Tickets ${Math.random()}`, 120, 3);
  await app.openProject(project.id, "compare");
  return { project, ...render(CompareScreen) };
}

/** The runs that are compared in their order, each with its look, and the baseline. */
function shown() {
  const tokens = screen.queryByRole("list", { name: "Compared runs" });
  const runs = tokens ? within(tokens).getAllByRole("listitem") : [];
  return runs.map((token) => [
    token.querySelector(".name")?.textContent,
    token.querySelector("svg")?.outerHTML,
    within(token).queryByLabelText("the baseline run") !== null,
  ]);
}

const becomes = (wanted: unknown) => waitFor(() => expect(shown()).toEqual(wanted));
const tick = (name: string) => userEvent.click(screen.getByRole("checkbox", { name: `Compare ${name}` }));

describe("the runs that are compared", () => {
  it("come back in their order, with their looks and the baseline", async () => {
    await open();
    const first = shown();
    expect(first).toHaveLength(3);
    const base = first.find(([, , isBaseline]) => isBaseline)![0] as string;
    await userEvent.click(screen.getByRole("button", { name: `Take ${base} out` }));
    await waitFor(() => expect(shown()).toHaveLength(2));
    const second = shown();
    expect(edits.toUndo).toBe(`Take “${base}” out of the comparison`);
    await edits.undo();
    await becomes(first);
    await edits.redo();
    await becomes(second);
    await edits.undo();
    await becomes(first);
  });

  it("are an edit for every tick, and for a baseline that is chosen", async () => {
    await open();
    const states = [shown()];
    await tick("wide");
    states.push(shown());
    await tick("cheap");
    states.push(shown());
    await tick("wide");
    states.push(shown());
    expect(edits.toUndo).toBe("Compare “wide”");
    await userEvent.click(screen.getByRole("button", { name: "cheap is the baseline run" }));
    states.push(shown());
    expect(edits.toUndo).toBe("Hold the others against “cheap”");
    expect(states.map((runs) => runs.length)).toEqual([3, 2, 1, 2, 3]);
    for (const state of states.slice(0, -1).reverse()) {
      await edits.undo();
      await becomes(state);
    }
    expect(edits.toUndo).toBeNull();
    for (const state of states.slice(1)) {
      await edits.redo();
      await becomes(state);
    }
  });

  it("are no edit while they are only looked at, or where nothing is another one", async () => {
    await open();
    const [name] = shown()[0] as [string];
    const token = screen.getByTitle(`${name}: click to pin, Esc lets go`);
    await userEvent.hover(token);
    await userEvent.click(token);
    await userEvent.click(screen.getByRole("button", { name: / is the baseline run$/, pressed: true }));
    expect(edits.toUndo).toBeNull();
  });

  it("come back all at once when only some of them were gone on with; the filter does not", async () => {
    const project = addUnlikeRuns(client.engine, `Unlike ${Math.random()}`);
    await app.openProject(project.id, "compare");
    render(CompareScreen);
    const axis = await screen.findByRole("slider", { name: /^Filter by most epochs/ });
    for (let step = 0; step < 3; step += 1) await fireEvent.keyDown(axis, { key: "ArrowUp" });
    expect(edits.toUndo).toBeNull();
    const first = shown();
    await userEvent.click(screen.getAllByRole("button", { name: "Compare only these" })[0]!);
    await waitFor(() => expect(shown().length).toBeLessThan(first.length));
    await edits.undo();
    await becomes(first);
    expect(screen.queryByText(/let through/)).toBeNull();
    expect(edits.toUndo).toBeNull();
  });

  it("are part of the change that archives one, which is one step back", async () => {
    await open();
    const first = shown();
    await userEvent.click(screen.getByRole("button", { name: "Archive wide" }));
    await waitFor(() => expect(shown()).toHaveLength(2));
    await waitFor(() => expect(edits.toUndo).toBe("Archive “wide”"));
    await edits.undo();
    await waitFor(() => expect(shown()).toHaveLength(3));
    expect(shown().map(([name]) => name)).toEqual(first.map(([name]) => name));
    expect(edits.toUndo).toBeNull();
  });

  it("have the baseline again that was archived, and it is said which one is it meanwhile", async () => {
    await open();
    const first = shown();
    const base = first.find(([, , isBaseline]) => isBaseline)![0] as string;
    await userEvent.click(screen.getByRole("button", { name: `Archive ${base}` }));
    await waitFor(() => expect(shown()).toHaveLength(2));
    const now = shown().find(([, , isBaseline]) => isBaseline)![0] as string;
    await waitFor(() => expect(app.toasts.at(-1)?.message).toContain(`The others are held against “${now}” now.`));
    await edits.undo();
    await becomes(first);
  });

  it("are those of their project: in another one nothing of it is taken back", async () => {
    await open();
    await tick("wide");
    expect(edits.toUndo).toBe("Take “wide” out of the comparison");
    edits.stayIn(app.projectId! + 1);
    expect(edits.toUndo).toBeNull();
  });
});

describe("the columns of the runs", () => {
  const columns = () => {
    const table = screen.getByRole("columnheader", { name: "archive" }).closest("table")!;
    return within(table)
      .getAllByRole("columnheader")
      .map((head) => head.textContent.trim());
  };
  async function turn(name: string) {
    await userEvent.click(screen.getByRole("button", { name: "Columns" }));
    await userEvent.click(await screen.findByRole("menuitemcheckbox", { name }));
    await userEvent.keyboard("{Escape}");
  }

  it("come and go as edits that are taken back one by one, before older ones and on another screen too", async () => {
    const { unmount } = await open();
    const runs = shown();
    await tick("wide");
    const first = columns();
    expect(first).toContain("test");
    await turn("test");
    const second = columns();
    expect(second).toEqual(first.filter((name) => name !== "test"));
    expect(edits.toUndo).toBe("Hide the column “test” of the runs");
    await turn("number");
    const third = columns();
    expect(third).toHaveLength(first.length - (first.includes("number") ? 2 : 0));
    expect(edits.toUndo).toMatch(/^(Show|Hide) the column “number” of the runs$/);
    await edits.undo();
    await waitFor(() => expect(columns()).toEqual(second));
    unmount();
    await edits.undo();
    render(CompareScreen);
    await waitFor(() => expect(columns()).toEqual(first));
    expect(shown()).not.toEqual(runs);
    await edits.redo();
    await waitFor(() => expect(columns()).toEqual(second));
    await edits.redo();
    await waitFor(() => expect(columns()).toEqual(third));
    for (let step = 0; step < 3; step += 1) await edits.undo();
    await becomes(runs);
    expect(columns()).toEqual(first);
  });

  it("are no edit where they are only sorted, grouped or narrowed down to the differences", async () => {
    await open();
    await userEvent.click(screen.getByRole("button", { name: "calls" }));
    await userEvent.click(screen.getByRole("checkbox", { name: "differences only" }));
    expect(edits.toUndo).toBeNull();
  });
});
