import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { EVERY_EXAMPLE } from "../../api/filter";
import type { MemoryClient } from "../../api/memory";
import { addWorkedProject } from "../../api/memory/scenario";
import { receiveFiles } from "../../app/importing";
import { edits } from "../../app/edits.svelte";
import { app } from "../../app/state.svelte";
import { freshWindow } from "../../testing/window";
import ImportSheet from "../importing/ImportSheet.svelte";
import ExportSheet from "./ExportSheet.svelte";

let client: MemoryClient;
beforeEach(async () => {
  client = freshWindow();
  const project = addWorkedProject(client.engine, "Support routing", 120, 2);
  await app.openProject(project.id, "data");
});

describe("The export sheet", () => {
  it("writes all examples as CSV, unchanged, without answers", async () => {
    render(ExportSheet, { filter: EVERY_EXAMPLE });
    expect(screen.queryByText("What the filter shows")).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Export…" }));
    expect((await screen.findByRole("status")).textContent).toContain("120 examples are in /home/you/export");
    expect(client.exported).toEqual([
      {
        request: {
          project: app.projectId,
          filter: EVERY_EXAMPLE,
          format: "csv",
          runs: [],
          safe_for_spreadsheets: false,
        },
        suggestedName: "Support-routing.csv",
      },
    ]);
  });

  it("writes what the filter shows with the answers of a run", async () => {
    const filter = { ...EVERY_EXAMPLE, search: "parcel" };
    render(ExportSheet, { filter });
    await userEvent.click(screen.getByRole("radio", { name: "JSON Lines" }));
    await userEvent.click(screen.getByRole("checkbox", { name: /^wide/ }));
    await userEvent.click(screen.getByRole("button", { name: "Export…" }));
    await screen.findByRole("status");
    const [run] = client.engine.runs.filter((known) => known.name === "wide");
    expect(client.exported[0]).toMatchObject({
      request: { filter, format: "json_lines", runs: [run?.id] },
      suggestedName: "Support-routing.jsonl",
    });
  });

  it("changes cells only when asked, only in CSV, and says so before and after", async () => {
    render(ExportSheet, { filter: EVERY_EXAMPLE });
    const safe = screen.getByRole("checkbox", { name: /Safe for spreadsheets/ });
    expect(screen.getByText(/Those cells are changed/)).toBeTruthy();
    await userEvent.click(safe);
    await userEvent.click(screen.getByRole("button", { name: "Export…" }));
    expect((await screen.findByRole("status")).textContent).toContain("2 cells got an apostrophe");
    await userEvent.click(screen.getByRole("radio", { name: "Excel (XLSX)" }));
    expect(screen.queryByRole("checkbox", { name: /Safe for spreadsheets/ })).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Export again…" }));
    await waitFor(() => expect(client.exported).toHaveLength(2));
    expect(client.exported[1]?.request?.safe_for_spreadsheets).toBe(false);
  });

  it("says what went wrong in the engine's words, and lets the user back out", async () => {
    client.exportPath = null;
    render(ExportSheet, { filter: EVERY_EXAMPLE });
    await userEvent.click(screen.getByRole("button", { name: "Export…" }));
    await waitFor(() => expect(client.exported).toHaveLength(1));
    expect(screen.queryByRole("status")).toBeNull();
    expect(screen.queryByRole("alert")).toBeNull();
    client.exportPath = "/full/export";
    client.fail("export_progress", "Example 7, column `text`: has 40000 characters. Export as CSV.");
    await userEvent.click(await screen.findByRole("button", { name: "Export…" }));
    expect((await screen.findByRole("alert")).textContent).toContain("Example 7, column `text`");
  });

  it("shows how far it is and can be stopped", async () => {
    const begin = client.exportDataset;
    client.exportDataset = async (request, name) => {
      const started = await begin(request, name);
      if (started) {
        const progress = { rows_done: 40, rows_total: 120, state: { kind: "running" as const } };
        client.engine.sharing.setProgress(started.job, progress);
      }
      return started;
    };
    render(ExportSheet, { filter: EVERY_EXAMPLE });
    await userEvent.click(screen.getByRole("button", { name: "Export…" }));
    expect(await screen.findByText("40 of 120")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Stop export" }));
    expect(await screen.findByRole("button", { name: "Export…" })).toBeTruthy();
    expect(screen.queryByRole("status")).toBeNull();
  });
});

describe("Files that arrive", () => {
  it("take a whole project in and open it", async () => {
    client.engine.sharing.files.set("/in/Support.mlprompt", "Support routing");
    await receiveFiles(["/in/Support.mlprompt"]);
    expect(app.project?.project.name).toBe("Support routing (2)");
    expect(app.importing).toBeNull();
    expect(app.toasts.at(-1)?.message).toContain("“Support routing (2)” is here");
    expect(edits.toUndo).toBe("Take in “Support routing (2)”");
    const names = () => client.engine.projects.map(({ name }) => name);
    await edits.undo();
    await waitFor(() => expect(names()).toEqual(["Support routing"]));
    await edits.redo();
    await waitFor(() => expect(app.project?.project.name).toBe("Support routing (2)"));
  });

  it("are taken back with the runs they came with, but not with further ones", async () => {
    client.engine.sharing.files.set("/in/Mail.mlprompt", "Mail");
    vi.spyOn(client.engine, "addProject").mockImplementationOnce((name) =>
      addWorkedProject(client.engine, name, 60, 1),
    );
    await receiveFiles(["/in/Mail.mlprompt"]);
    expect(app.toasts.at(-1)?.message).toContain("60 examples and 1 run");
    const names = () => client.engine.projects.map(({ name }) => name);
    await edits.undo();
    await waitFor(() => expect(names()).toEqual(["Support routing"]));
    await edits.redo();
    await waitFor(() => expect(app.project?.project.name).toBe("Mail"));
    const project = client.engine.project(app.projectId!);
    client.engine.startRun(project, client.engine.defaultConfig(project)).finishNow();
    expect(await edits.undo()).toBe(false);
    expect(names()).toContain("Mail");
    expect(app.toasts.at(-1)?.message).toMatch(/^“Mail” has further runs by now/);
  });

  it("are refused in words when they are none, and nothing is opened", async () => {
    const before = app.projectId;
    await receiveFiles(["/in/letter.mlprompt"]);
    expect(app.toasts.at(-1)).toMatchObject({ kind: "bad" });
    expect(app.toasts.at(-1)?.message).toContain("letter.mlprompt is another kind of file");
    expect(app.projectId).toBe(before);
  });

  it("go to the import sheet when they are data, and never both", async () => {
    await receiveFiles(["/in/a.csv", "/in/b.mlprompt"]);
    expect(app.importing).toBeNull();
    expect(app.toasts.at(-1)?.message).toContain("one after the other");
    await receiveFiles(["/in/a.csv"]);
    expect(app.importing).toEqual({ paths: ["/in/a.csv"], pasted: null });
  });
});

describe("An export that comes back", () => {
  const PATH = "/in/back.csv";
  const SOURCE = { paths: [PATH], pasted: null };
  beforeEach(() => {
    client.engine.files.add(PATH, "text,label,split,mlprompt_id\nhi,a,train,x\nho,b,train,y\nhu,b,validation,");
    app.importing = SOURCE;
  });

  it("is known again, and what changed is taken over", async () => {
    const project = app.projectId ?? 0;
    client.engine.sharing.known.set(PATH, {
      project,
      id_column: null,
      name: "Support routing",
      known: 2,
      changed: 1,
      new: 1,
    });
    render(ImportSheet, { source: SOURCE });
    const section = await screen.findByRole("region", { name: "Known examples" });
    expect(section.textContent?.replace(/\s+/g, " ")).toContain("2 rows are examples of it, 1 changed, 1 new");
    await userEvent.click(screen.getByRole("button", { name: "Update only" }));
    await waitFor(() => expect(app.toasts.at(-1)?.message).toBe("1 example updated, 0 added."));
    expect(client.calls.findLast((made) => made.name === "merge_file")?.request).toMatchObject({
      path: PATH,
      update: true,
      append: false,
    });
    expect(app.importing).toBeNull();
  });

  it("is known by the id column of the open data as well", async () => {
    const project = app.projectId ?? 0;
    const dataset = app.project?.dataset;
    if (dataset) dataset.roles = { ...dataset.roles, id: "nr" };
    client.engine.files.add("/in/later.csv", "text,label,nr\nhi,a,1\nho,b,2");
    client.engine.sharing.known.set("/in/later.csv", {
      project,
      id_column: "nr",
      name: "Support routing",
      known: 1,
      changed: 1,
      new: 1,
    });
    render(ImportSheet, { source: { paths: ["/in/later.csv"], pasted: null } });
    const section = await screen.findByRole("region", { name: "Known examples" });
    expect(section.textContent?.replace(/\s+/g, " ")).toContain(
      "By nr, 1 row is an example of Support routing, 1 changed, 1 new",
    );
    await userEvent.click(screen.getByRole("button", { name: "Update and add" }));
    await waitFor(() => expect(app.toasts.at(-1)?.message).toBe("1 example updated, 1 added."));
    expect(client.calls.findLast((made) => made.name === "merge_file")?.request).toMatchObject({ project });
  });

  it("is taken over by Enter, which must not replace the examples", async () => {
    client.engine.sharing.known.set(PATH, {
      project: app.projectId ?? 0,
      id_column: null,
      name: "S",
      known: 270,
      changed: 12,
      new: 3,
    });
    render(ImportSheet, { source: SOURCE });
    const button = await screen.findByRole("button", { name: "Update and add" });
    await screen.findByRole("button", { name: /^Import 3/ });
    await waitFor(() => expect(document.activeElement).toBe(button));
    expect(screen.getByRole("button", { name: /^Import 3/ }).classList.contains("pri")).toBe(false);
  });

  it("leaves Enter nothing to replace while it is looked up", async () => {
    const usual = client.call.bind(client);
    const slow: typeof client.call = (name, request) =>
      name === "recognise_file" ? new Promise(() => undefined) : usual(name, request);
    client.call = slow;
    render(ImportSheet, { source: SOURCE });
    const button = await screen.findByRole<HTMLButtonElement>("button", { name: /^Import 3/ });
    await waitFor(() => expect(button.disabled).toBe(false));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(document.activeElement).not.toBe(button);
  });

  it("is an import like any other when nobody knows it", async () => {
    render(ImportSheet, { source: SOURCE });
    await screen.findByRole("button", { name: /^Import 3/ });
    expect(screen.queryByRole("region", { name: "Known examples" })).toBeNull();
  });

  it("stays on the sheet when the merge fails, and says why", async () => {
    client.engine.sharing.known.set(PATH, {
      project: app.projectId ?? 0,
      id_column: null,
      name: "S",
      known: 2,
      changed: 1,
      new: 0,
    });
    client.fail("merge_file", "The disk is full. Free some space.", "database");
    render(ImportSheet, { source: SOURCE });
    await userEvent.click(await screen.findByRole("button", { name: "Update 1 example" }));
    expect((await screen.findByRole("alert")).textContent).toContain("The disk is full");
    expect(app.importing).toEqual(SOURCE);
  });
});
