import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import App from "../App.svelte";
import type { MemoryClient } from "../api/memory";
import { addWorkedProject } from "../api/memory/scenario";
import { freshWindow } from "../testing/window";
import { EditHistory, edits, moveFromText, undoWish } from "./edits.svelte";
import { createProject, making, putProjectAway } from "../features/home/projectActions";
import { archiveRun, deleteRun, markEpoch, renameRun } from "./runEdits";
import { runs } from "./runs.svelte";
import { app } from "./state.svelte";

let client: MemoryClient;
beforeEach(() => {
  client = freshWindow();
});

it("takes nothing back from within a text that was done outside of its project", async () => {
  const done: string[] = [];
  const change = (name: string, project?: number) => {
    const edit = { name, undo: () => done.push(`no ${name}`), redo: () => done.push(name) };
    edits.record(project === undefined ? edit : { ...edit, project });
  };
  edits.stayIn(7);
  change("rename", 7);
  change("Add “faulty”");
  await moveFromText(7, "undo");
  await moveFromText(7, "undo");
  expect(done).toEqual(["no rename"]);
  expect(app.toasts.at(-1)?.message).toBe("There is nothing more to undo in this project.");
  await moveFromText(7, "redo");
  await edits.undo();
  expect(done).toEqual(["no rename", "rename", "no rename"]);
  await edits.undo();
  expect(done.at(-1)).toBe("no Add “faulty”");
});

describe("a project that was made", () => {
  it("is taken back, but not while a change in it stands, nor once it has runs", async () => {
    await createProject("First");
    const first = app.projectId!;
    const names = () => client.engine.projects.map(({ name }) => name);
    edits.record({ name: "Something in it", project: first, undo: () => undefined, redo: () => undefined });
    await createProject("Second");
    edits.stayIn(app.projectId);
    expect(edits.toUndo).toBe("Make “Second”");
    await edits.undo();
    await waitFor(() => expect(names()).toEqual(["First"]));
    edits.stayIn(null);
    expect(edits.toUndo, "the change in it is younger").toBeNull();

    edits.clear();
    const worked = addWorkedProject(client.engine, "Worked", 60, 1);
    edits.record(making(worked));
    expect(await edits.undo()).toBe(false);
    expect(names()).toContain("Worked");
    expect(app.toasts.at(-1)?.message).toMatch(/^“Worked” has runs by now/);
  });
});

describe("EditHistory", () => {
  it("walks back and forward, and forgets what was undone once something else is changed", async () => {
    const history = new EditHistory();
    let value = 0;
    const set = (to: number) => {
      const before = value;
      value = to;
      history.record({ name: `to ${to}`, undo: () => (value = before), redo: () => (value = to) });
    };
    set(1);
    set(2);
    expect(history.toUndo).toBe("to 2");
    await history.undo();
    await history.undo();
    expect([value, history.toUndo, history.toRedo]).toEqual([0, null, "to 1"]);
    await history.redo();
    expect(value).toBe(1);
    set(5);
    expect(history.toRedo).toBeNull();
    expect(await history.redo()).toBe(false);
  });

  it("lets a change whose undo failed twice give way to those before it", async () => {
    const history = new EditHistory();
    let undone = 0;
    history.record({ name: "earlier", undo: () => (undone += 1), redo: () => undefined });
    const never = () => {
      throw new Error("Enter the key for that host.");
    };
    history.record({ name: "stuck", undo: never, redo: () => undefined });
    expect(await history.undo()).toBe(false);
    expect(history.toUndo).toBe("stuck");
    expect(await history.undo()).toBe(false);
    expect(app.toasts.at(-1)?.message).toContain("“stuck” is left as it is now");
    expect(await history.undo()).toBe(true);
    expect([undone, history.toUndo, history.toRedo]).toEqual([1, null, "earlier"]);
  });

  it("keeps a change whose undo failed, and says why", async () => {
    const history = new EditHistory();
    let broken = true;
    history.record({
      name: "a change",
      undo: () => {
        if (broken) throw new Error("The disk is full.");
      },
      redo: () => undefined,
    });
    expect(await history.undo()).toBe(false);
    expect(app.toasts.at(-1)?.message).toBe("The disk is full.");
    broken = false;
    expect(await history.undo()).toBe(true);
  });
});

it("means nothing that lies behind a sheet, wherever the focus is", () => {
  const press = (inSheet: boolean) => {
    let wish: ReturnType<typeof undoWish> = null;
    const listen = (event: KeyboardEvent) => (wish = undoWish(event, inSheet));
    window.addEventListener("keydown", listen, { once: true });
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "z", ctrlKey: true, bubbles: true }));
    return wish;
  };
  expect([press(false), press(true)]).toEqual(["undo", "undo"]);
  const sheet = document.createElement("dialog");
  sheet.open = true;
  document.body.append(sheet);
  expect([press(false), press(true)]).toEqual([null, "undo"]);
  sheet.remove();
});

describe("undo in the window", () => {
  async function open() {
    const project = addWorkedProject(client.engine, "Tickets", 120, 1);
    render(App);
    await app.openProject(project.id, "compare");
    const run = client.engine.runs.find((known) => known.project === project.id)!;
    await screen.findByRole("heading", { name: "Compare" });
    await runs.load(run.id);
    return run;
  }

  it("takes back a name, an archived run and a star with Ctrl Z, and makes them again with Ctrl Y", async () => {
    const run = await open();
    const summary = () => run.summary();
    await renameRun(summary(), "another name");
    await archiveRun(summary(), true);
    await markEpoch(run.id, { epoch: 1, starred: false, note: "" }, { epoch: 1, starred: true, note: "" });
    expect(run.view().marks).toHaveLength(1);
    await userEvent.keyboard("{Control>}z{/Control}");
    await waitFor(() => expect(run.view().marks).toHaveLength(0));
    await userEvent.keyboard("{Control>}z{/Control}");
    await waitFor(() => expect(run.archived).toBe(false));
    await userEvent.keyboard("{Control>}z{/Control}");
    await waitFor(() => expect(run.name).toBe("wide"));
    await userEvent.keyboard("{Control>}y{/Control}");
    await waitFor(() => expect(run.name).toBe("another name"));
  });

  it("offers to take back this very change, whatever came after it, and no other one", async () => {
    const run = await open();
    await archiveRun(run.summary(), true);
    await renameRun(run.summary(), "another name");
    await userEvent.click(await screen.findByRole("button", { name: "Undo" }));
    await waitFor(() => expect(run.archived).toBe(false));
    expect(run.name).toBe("another name");
    // What is taken back is offered no more.
    await waitFor(() => expect(screen.queryByRole("button", { name: "Undo" })).toBeNull());
  });

  it("brings a deleted run back with Ctrl Z, with all it had, and deletes it again with Ctrl Y", async () => {
    const run = await open();
    const there = () => client.engine.runs.includes(run);
    await deleteRun(run.summary(), () => {});
    expect(there()).toBe(false);
    expect(runs.get(run.id)).toBeUndefined();
    await userEvent.keyboard("{Control>}z{/Control}");
    await waitFor(() => expect(there()).toBe(true));
    await waitFor(() => expect(app.project?.runs.map(({ id }) => id)).toEqual([run.id]));
    await userEvent.keyboard("{Control>}y{/Control}");
    await waitFor(() => expect(there()).toBe(false));
  });

  it("takes a deleted project back from any other one", async () => {
    const run = await open();
    const other = addWorkedProject(client.engine, "Other", 60, 0);
    await putProjectAway(
      client.engine.handle("list_projects", {}).find(({ id }) => id === run.project)!,
      "delete",
    );
    await app.openProject(other.id, "prompts");
    await waitFor(() => expect(app.projectId).toBe(other.id));
    await userEvent.keyboard("{Control>}z{/Control}");
    const names = () => client.engine.handle("list_projects", {}).map(({ name }) => name);
    await waitFor(() => expect(names()).toContain("Tickets"));
  });

  it("offers it in the palette under the name of the change, and forgets it in another project", async () => {
    const run = await open();
    await renameRun(run.summary(), "another name");
    await userEvent.keyboard("{Control>}k{/Control}");
    await userEvent.click(await screen.findByText("Undo: Rename “wide”"));
    await waitFor(() => expect(run.name).toBe("wide"));
    const other = addWorkedProject(client.engine, "Other", 60, 0);
    await renameRun(run.summary(), "again");
    await app.openProject(other.id, "data");
    await waitFor(() => expect(edits.toUndo).toBeNull());
  });
});
