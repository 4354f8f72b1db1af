import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { tickets } from "../../api/memory/corpus";
import { addWorkedProject } from "../../api/memory/scenario";
import { edits } from "../../app/edits.svelte";
import { app } from "../../app/state.svelte";
import { asked } from "../../testing/client";
import { freshWindow } from "../../testing/window";
import DataScreen from "../data/DataScreen.svelte";
import { Edits } from "../data/edits.svelte";
import { planChoices, planOf, planValue, withCurrent } from "./choices";
import ImportSheet from "./ImportSheet.svelte";
import PreviewTable from "./PreviewTable.svelte";
import { PreviewState } from "./preview.svelte";
import ReportView from "./ReportView.svelte";

const PATH = "/data/tickets.csv";
const HEADER = "message;queue;lang";

let client: MemoryClient;
beforeEach(() => {
  client = freshWindow();
  const lines = Array.from({ length: 120 }, (_, at) => `question ${at};${at % 2 ? "billing" : "cards"};007`);
  client.engine.files.add(PATH, [HEADER, ...lines, ";billing;en", "Where is it?;;en"].join("\n"));
});

const files = (...paths: string[]) => ({ paths, pasted: null });
const select = (name: string) => screen.getByLabelText(name) as HTMLSelectElement;

/** A file of one row whose last two columns are found to be input and ground truth. */
function addWide(count: number) {
  const columns = [...Array.from({ length: count - 2 }, (_, at) => `c${at}`), "input", "label"];
  client.engine.files.add("/d/wide.csv", `${columns.join(",")}\n${columns.map((name) => `${name}!`).join(",")}\n`);
}

const previewOf = (path: string) =>
  client.call("preview_import", {
    paths: [path],
    pasted: null,
    project: null,
    options: { format: null, encoding: null, delimiter: null, quote: null, header: null, sheet: null },
    roles: { input: null, truth: null, split: null, id: null },
    plan: null,
  });

async function opened() {
  render(ImportSheet, { source: files(PATH) });
  await screen.findByRole("button", { name: "Import 120 examples" });
}

describe("import sheet", () => {
  it("shows what was understood before anything is written", async () => {
    await opened();
    expect(select("Input").value).toBe("message");
    expect(select("Ground truth").value).toBe("queue");
    expect(select("Separator").value).toBe(";");
    expect(screen.getAllByRole("row")).toHaveLength(21);
    expect(select("What lang is").selectedOptions[0]?.textContent).toBe("{{lang}}");
    expect(screen.getAllByText("007").length).toBeGreaterThan(0);
    expect(client.calls.some((call) => call.name === "start_import")).toBe(false);
  });

  it("says which rows were set aside and why", async () => {
    await opened();
    await userEvent.click(screen.getByRole("button", { name: "see why" }));
    expect(screen.getByText("The input is empty.")).toBeTruthy();
    expect(screen.getByText("line 122")).toBeTruthy();
    expect(screen.getByText("The ground truth is empty.")).toBeTruthy();
  });

  it("shows the first rows while a long file is still counted, and imports nothing that was not", async () => {
    client.readingMs = 600;
    render(ImportSheet, { source: files(PATH) });
    const button = (await screen.findByRole("button", { name: "Counting the rows…" })) as HTMLButtonElement;
    expect(screen.getAllByRole("row")).toHaveLength(21);
    expect(select("Input").value).toBe("message");
    expect(screen.getByRole("list", { name: "What was found" }).textContent).toContain("Reading to the end");
    expect(screen.queryByText(/0 train/)).toBeNull();
    expect(button.disabled).toBe(true);
    // A choice that is made meanwhile starts anew; what was asked before is no longer shown.
    await userEvent.selectOptions(select("First row"), "no header row");
    expect(await screen.findByRole("columnheader", { name: /column 1/ })).toBeTruthy();
    await userEvent.selectOptions(select("First row"), "first row is a header");
    await waitFor(() => expect(button.textContent).toContain("Import 120 examples"), { timeout: 3000 });
    expect(button.disabled).toBe(false);
    expect(screen.getByText("72 train, 24 validation, 24 test")).toBeTruthy();
  });

  it("says of a long file what is wrong with it, even after its first rows were shown", async () => {
    client.readingMs = 400;
    render(ImportSheet, { source: files(PATH) });
    await screen.findByRole("button", { name: "Counting the rows…" });
    client.fail("preview_import", "tickets.csv grew while it was read.");
    expect((await screen.findByRole("alert")).textContent).toContain("grew while it was read");
    expect((screen.getByRole("button", { name: /^Import/ }) as HTMLButtonElement).disabled).toBe(true);
  });

  it("stops the counting of a file that nobody looks at any more", async () => {
    client.readingMs = 20_000;
    const stops = () => asked(client, "stop_preview").length;
    const open = async (button: string) => {
      app.importing = files(PATH);
      const { unmount } = render(ImportSheet, { source: files(PATH) });
      await screen.findByRole("button", { name: button });
      return unmount;
    };
    const close = await open("Counting the rows…");
    await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
    close();
    expect(stops()).toBe(1);
    // Other files are dropped on it: reading them stops it. And what was counted is not stopped.
    const replace = await open("Counting the rows…");
    replace();
    expect(stops()).toBe(1);
    client.readingMs = 0;
    const counted = await open("Import 120 examples");
    await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
    counted();
    expect(stops()).toBe(1);
  });

  it("asks for the limit of the model that the examples are for", async () => {
    const project = client.engine.addProject("Support routing");
    await app.openProject(project.id);
    await opened();
    await userEvent.click(screen.getByRole("radio", { name: "As a new project" }));
    await waitFor(() => {
      const projects = asked(client, "preview_import").map(
        (request) => (request as { project: number | null }).project,
      );
      expect(projects).toEqual([project.id, project.id, null, null]);
    });
  });

  it("names the limit that inputs are longer than", async () => {
    const preview = await previewOf(PATH);
    const report = (model: string | null) => ({ ...preview.report, too_long: 2, context: { tokens: 8192, model } });
    const { rerender } = render(ReportView, { report: report("llama3"), plan: preview.plan });
    expect(screen.getByText(/inputs longer than llama3 takes \(8,192 tokens\)/)).toBeTruthy();
    await rerender({ report: report(null), plan: preview.plan });
    expect(screen.getByText(/inputs longer than 8,192 tokens, as much as most models take/)).toBeTruthy();
  });

  it("reads again when a chip changes", async () => {
    await opened();
    await userEvent.selectOptions(select("First row"), "no header row");
    expect(await screen.findByRole("columnheader", { name: /column 1/ })).toBeTruthy();
    // Nameless columns have no roles: the one button waits until they are chosen.
    const button = screen.getByRole("button", { name: /^Import / }) as HTMLButtonElement;
    expect(button.disabled).toBe(true);
    await userEvent.selectOptions(select("Input"), "column 1");
    await userEvent.selectOptions(select("Ground truth"), "column 2");
    await waitFor(() => expect(button.disabled).toBe(false));
    expect(button.textContent).toContain("121 examples");
  });

  it("swaps the roles when one takes the other's column", async () => {
    await opened();
    await userEvent.selectOptions(select("Input"), "queue");
    await waitFor(() => expect(select("Ground truth").value).toBe("message"));
    expect(select("Input").value).toBe("queue");
  });

  it("imports as a new project and shows it", async () => {
    await opened();
    await userEvent.selectOptions(select("Split"), "70 / 15 / 15");
    await waitFor(() => expect(screen.getByText("84 train, 18 validation, 18 test")).toBeTruthy());
    await userEvent.click(screen.getByRole("button", { name: "Import 120 examples" }));
    await waitFor(() => expect(app.project?.project.name).toBe("tickets"));
    expect(app.screen).toBe("data");
    expect(app.project?.dataset?.sizes).toEqual({ train: 84, validation: 18, test: 18 });
  });

  it("imports into the open project unless told otherwise", async () => {
    const project = client.engine.addProject("Support routing");
    client.engine.addDataset(project, tickets(50), "old.csv");
    await app.openProject(project.id);
    await opened();
    expect(screen.getByText(/replaces old.csv/)).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Import 120 examples" }));
    await waitFor(() => expect(app.project?.dataset?.name).toBe("tickets.csv"));
    expect(app.projectId).toBe(project.id);
    expect(client.engine.projects).toHaveLength(1);
    // What it replaced is one click away.
    app.toasts.at(-1)?.action?.run();
    await waitFor(() => expect(app.project?.dataset?.name).toBe("old.csv"));
    expect(app.project?.dataset?.rows).toBe(50);
  });

  it("makes a new project of what is dropped on Home, whatever project is open behind it", async () => {
    const project = client.engine.addProject("Support routing");
    client.engine.addDataset(project, tickets(50), "old.csv");
    await app.openProject(project.id, "data");
    app.navigate("home");
    await opened();
    expect((screen.getByRole("radio", { name: "As a new project" }) as HTMLInputElement).checked).toBe(true);
    expect(screen.queryByText(/replaces old.csv/)).toBeNull();
    // The preview is of what is chosen: the limit of a new project's model.
    expect(asked(client, "preview_import").every((request) => (request as { project: unknown }).project === null)).toBe(
      true,
    );
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(app.project?.project.name).toBe("tickets"));
    expect(client.engine.projects).toHaveLength(2);
    expect(client.engine.project(project.id).dataset?.examples).toHaveLength(50);
  });

  it("takes another file in place of one that cannot be read", async () => {
    render(ImportSheet, { source: files("/data/gone.csv") });
    await screen.findByRole("alert");
    client.picks = [PATH];
    await userEvent.click(screen.getByRole("button", { name: "Choose another file…" }));
    await waitFor(() => expect(app.importing?.paths).toEqual([PATH]));
  });

  it("says what is wrong with a file inside the sheet", async () => {
    render(ImportSheet, { source: files("/data/gone.csv") });
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("/data/gone.csv can not be opened");
    client.engine.files.add("/data/gone.csv", "input,label\na,b\n");
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("button", { name: "Import 1 example" })).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("stays open with the reason when the import is refused", async () => {
    await opened();
    client.fail("start_import", "Line 977: the quote that opens here never closes.", "invalid");
    await userEvent.click(screen.getByRole("button", { name: "Import 120 examples" }));
    expect((await screen.findByRole("alert")).textContent).toContain("Line 977");
    expect(app.project).toBeNull();
  });

  it("gives roles in the table, and takes split and id away again", async () => {
    await opened();
    await userEvent.selectOptions(select("What lang is"), "id");
    await waitFor(() => expect(select("Id column").value).toBe("lang"));
    await userEvent.selectOptions(select("What lang is"), "input");
    await waitFor(() => expect(select("Input").value).toBe("lang"));
    expect(select("Id column").value).toBe("");
    await userEvent.selectOptions(select("What message is"), "split");
    await waitFor(() => expect(select("Split").value).toBe("column:message"));
    await userEvent.selectOptions(select("Split"), "70 / 15 / 15");
    await waitFor(() => expect(select("What message is").value).toBe(""));
  });

  it("lists every file with the split its name says", async () => {
    for (const name of ["train", "dev", "test"]) client.engine.files.add(`/d/${name}.csv`, "input,label\na,b\nc,d\n");
    render(ImportSheet, { source: files("/d/train.csv", "/d/dev.csv", "/d/test.csv") });
    const list = await screen.findByRole("list", { name: "Files" });
    expect(list.textContent).toMatch(/train.csv.*train.*dev.csv.*validation.*test.csv.*test/s);
    expect(screen.getByRole("heading", { name: "Import 3 files" })).toBeTruthy();
  });

  it("offers the sheets of a workbook and reads the chosen one", async () => {
    client.engine.files.addWorkbook("/d/book.xlsx", {
      First: "question,answer\na,b\n",
      "<b>Second</b>": "text,label\nc,d\ne,f\n",
    });
    render(ImportSheet, { source: files("/d/book.xlsx") });
    await screen.findByRole("button", { name: "Import 1 example" });
    expect(screen.queryByLabelText("Encoding")).toBeNull();
    await userEvent.selectOptions(select("Sheet"), "<b>Second</b>");
    await screen.findByRole("button", { name: "Import 2 examples" });
    expect(select("Input").value).toBe("text");
  });

  it("offers a system message as the system prompt, and takes it unless told otherwise", async () => {
    client.engine.files.brings.set(PATH, {
      prompt: { prompt: { system_prompt: "Answer in one word.", output_prompt: "" }, origin: "system_message" },
    });
    await opened();
    expect(screen.getByText("Answer in one word.")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Import 120 examples" }));
    await waitFor(() => expect(app.project?.draft.prompt.system_prompt).toBe("Answer in one word."));
  });

  it("takes a prompt around the input in two halves, and says so", async () => {
    client.engine.files.brings.set(PATH, {
      prompt: { prompt: { system_prompt: "Route this ticket:", output_prompt: "" }, origin: "around_input" },
    });
    const project = client.engine.addProject("Support", { system_prompt: "Old.", output_prompt: "One word." });
    await app.openProject(project.id);
    await opened();
    expect(screen.getByRole("checkbox", { name: /Use its prompt: what stands before the input/ })).toBeTruthy();
    expect(screen.queryByText(/system message/)).toBeNull();
    // What somebody wrote is not replaced unasked.
    expect(screen.getByText("The prompts you edit in this project stay.")).toBeTruthy();
    await userEvent.click(screen.getByRole("checkbox", { name: /Use its prompt/ }));
    expect(screen.getByText(/takes the place of the prompts you edit/)).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Import 120 examples" }));
    // The half that the file has nothing for stays.
    await waitFor(() =>
      expect(app.project?.draft.prompt).toEqual({ system_prompt: "Route this ticket:", output_prompt: "One word." }),
    );
  });

  it("leaves the prompts of a project alone unless told otherwise", async () => {
    client.engine.files.brings.set(PATH, {
      prompt: { prompt: { system_prompt: "Route this ticket:", output_prompt: "" }, origin: "system_message" },
    });
    const project = client.engine.addProject("Support", { system_prompt: "Old.", output_prompt: "" });
    await app.openProject(project.id);
    await opened();
    await userEvent.click(screen.getByRole("button", { name: "Import 120 examples" }));
    await waitFor(() => expect(app.project?.dataset?.rows).toBe(120));
    expect(project.draft.prompt.system_prompt).toBe("Old.");
  });

  it("is taken back whole: the data and the prompts that gave way", async () => {
    client.engine.files.brings.set(PATH, {
      prompt: { prompt: { system_prompt: "Route this ticket:", output_prompt: "" }, origin: "system_message" },
    });
    const project = addWorkedProject(client.engine, "Support", 60, 1);
    const own = { system_prompt: "An hour's work.", output_prompt: "" };
    project.draft = { ...project.draft, prompt: own };
    await app.openProject(project.id);
    await opened();
    await userEvent.click(screen.getByRole("checkbox", { name: /Use its system message/ }));
    await userEvent.click(screen.getByRole("button", { name: "Import 120 examples" }));
    const state = () => [app.project?.dataset?.rows, project.draft.prompt.system_prompt];
    await waitFor(() => expect(state()).toEqual([120, "Route this ticket:"]));
    await waitFor(() => expect(edits.toUndo).toBe("Import"));
    await edits.undo();
    expect(state()).toEqual([60, own.system_prompt]);
    await edits.redo();
    expect(state()).toEqual([120, "Route this ticket:"]);
    // The undo of Data takes it back as a whole too, also once it was made again.
    await new Edits(project.id).undo();
    expect(state()).toEqual([60, own.system_prompt]);
    expect(edits.toRedo).toBe("Import");
  });

  it("can be taken back where it brought the first data of a project, and where it made the project", async () => {
    const project = client.engine.addProject("Empty");
    await app.openProject(project.id);
    await opened();
    await userEvent.click(screen.getByRole("button", { name: "Import 120 examples" }));
    await waitFor(() => expect(edits.toUndo).toBe("Import"));
    await edits.undo();
    expect(app.project?.dataset).toBeNull();
    await edits.redo();
    expect(app.project?.dataset?.rows).toBe(120);
    await new Edits(project.id).undo();
    expect(app.project?.dataset).toBeNull();
  });

  it("goes to and fro over one and the same version, so that the change before it is next", async () => {
    const project = addWorkedProject(client.engine, "Support", 60, 0);
    await app.openProject(project.id);
    const before = app.project!.dataset!.version;
    await opened();
    await userEvent.click(screen.getByRole("button", { name: "Import 120 examples" }));
    await waitFor(() => expect(edits.toUndo).toBe("Import"));
    const version = () => [app.project?.dataset?.rows, app.project?.dataset?.version];
    const data = new Edits(project.id);
    for (const [way, rows, at] of [
      ["undo", 60, before],
      ["redo", 120, before + 1],
      ["undo", 60, before],
    ] as const) {
      await data[way]();
      expect(version()).toEqual([rows, at]);
    }
    expect(edits.toUndo).toBeNull();
  });

  it("takes the metrics that the file asks for into the next run", async () => {
    const metrics = [
      { metric: { kind: "contains" as const }, weight: 1 },
      { metric: { kind: "judge" as const, rubric: "is kind" }, weight: 1 },
    ];
    client.engine.files.brings.set(PATH, { metrics });
    await opened();
    expect(screen.getByText(/Its asserts become the metrics/).textContent).toContain("contains, LLM judge");
    await userEvent.click(screen.getByRole("button", { name: "Import 120 examples" }));
    await waitFor(() => expect(app.project).not.toBeNull());
    const config = await client.call("default_run_config", { project: app.projectId ?? 0 });
    expect(config.metrics).toEqual(metrics);
  });

  it("says that they are offered where earlier runs were measured otherwise", async () => {
    client.engine.files.brings.set(PATH, { metrics: [{ metric: { kind: "contains" }, weight: 1 }] });
    const project = addWorkedProject(client.engine, "Support", 60, 1);
    await app.openProject(project.id);
    await opened();
    expect(screen.getByText(/offered on Train as the metric/)).toBeTruthy();
    await userEvent.click(screen.getByText("As a new project"));
    expect(screen.getByText(/Its asserts become the metric/)).toBeTruthy();
  });

  it("shows the data while its search index is built, and how far that is", async () => {
    client.engine.imports.indexSteps = 1000;
    await opened();
    await userEvent.click(screen.getByRole("button", { name: "Import 120 examples" }));
    await waitFor(() => expect(app.importing).toBeNull());
    render(DataScreen);
    expect(await screen.findByRole("grid", { name: "Examples" })).toBeTruthy();
    expect(await screen.findByRole("progressbar", { name: "Search index" })).toBeTruthy();
    client.engine.imports.indexSteps = 1;
    await waitFor(() => expect(screen.queryByRole("progressbar", { name: "Search index" })).toBeNull());
  });

  it("imports pasted cells", async () => {
    render(ImportSheet, { source: { paths: [], pasted: "message\tqueue\n007\tTRUE\n" } });
    await userEvent.click(await screen.findByRole("button", { name: "Import 1 example" }));
    await waitFor(() => expect(app.project?.dataset?.rows).toBe(1));
    expect(client.engine.projects[0]?.dataset?.examples[0]?.user_input).toBe("007");
  });

  it("shows how far the import is, and cancels it without a trace", async () => {
    client.engine.imports.steps = 1_000_000;
    await opened();
    await userEvent.click(screen.getByRole("button", { name: "Import 120 examples" }));
    await screen.findByRole("progressbar", { name: "Import of tickets.csv" });
    expect(await screen.findByText("412,000 a second")).toBeTruthy();
    // A stray Esc or another drop does not end what is being written.
    await userEvent.keyboard("{Escape}");
    app.importing = { paths: [PATH], pasted: null };
    app.startImport(["/data/other.csv"]);
    expect(app.importing.paths).toEqual([PATH]);
    expect(app.toasts.at(-1)?.message).toContain("An import is under way");
    await userEvent.click(screen.getByRole("button", { name: "Cancel the import" }));
    await waitFor(() => expect(app.importing).toBeNull());
    expect(app.project).toBeNull();
    expect(client.engine.projects).toHaveLength(0);
    expect(app.importRuns).toBe(false);
  });

  it("stays open with the reason when the import fails on its way", async () => {
    await opened();
    await userEvent.selectOptions(select("Input"), "message");
    client.engine.files.add(PATH, "");
    const { imports } = client.engine;
    imports.start = (
      (start) => (total: number, rows: number) =>
        start.call(imports, total, rows, () => {
          throw new Error("The disk is full after row 977.");
        })
    )(imports.start);
    await userEvent.click(screen.getByRole("button", { name: "Import 120 examples" }));
    expect((await screen.findByRole("alert")).textContent).toContain("The disk is full after row 977.");
    expect(screen.getByRole("button", { name: "Import 120 examples" })).toBeTruthy();
  });

  it("shows some of 5,000 columns, those with a role first, and says how many more come along", async () => {
    addWide(5000);
    // The table alone: the simulated browser needs a minute for selects that name every one of so many columns.
    const sheet = new PreviewState(files("/d/wide.csv"), null);
    await waitFor(() => expect(sheet.shown).not.toBeNull());
    render(PreviewTable, { preview: sheet.shown!, onrole: () => undefined });
    expect(screen.getAllByRole("columnheader")).toHaveLength(40);
    expect(screen.getByText("input!")).toBeTruthy();
    expect(screen.getByText(/4,960 more columns are imported too/)).toBeTruthy();
  });

  it("imports a file of many columns, any of which can be given a role", async () => {
    addWide(500);
    render(ImportSheet, { source: files("/d/wide.csv") });
    await screen.findByRole("button", { name: "Import 1 example" });
    expect(screen.getByText(/460 more columns are imported too/)).toBeTruthy();
    expect(select("Input").options).toHaveLength(500);
  });

  it("keeps cells as text", async () => {
    client.engine.files.add("/data/x.csv", 'input,label\n"<b>bold</b>",x\n');
    const { container } = render(ImportSheet, { source: files("/data/x.csv") });
    expect(await screen.findByText("<b>bold</b>")).toBeTruthy();
    expect(container.querySelector("td b")).toBeNull();
  });
});

describe("choices", () => {
  it("keeps a detected value that is not in the list", () => {
    expect(withCurrent([{ value: "utf-8", name: "UTF-8" }], "koi8-r").map((choice) => choice.value)).toEqual([
      "koi8-r",
      "utf-8",
    ]);
  });

  it("turns plans into values and back, column names with colons included", () => {
    const column = { kind: "column" as const, column: "a:b" };
    expect(planOf(planValue(column), 0)).toEqual(column);
    const ratio = { kind: "ratio" as const, train: 70, validation: 15, test: 15, seed: 9 };
    expect(planOf(planValue(ratio), 9)).toEqual(ratio);
    expect(planOf(planValue({ kind: "files" }), 0)).toEqual({ kind: "files" });
  });

  it("offers every column without a role as a split column", async () => {
    const preview = await previewOf(PATH);
    const values = planChoices(preview).map((choice) => choice.value);
    expect(values).toContain("column:lang");
    expect(values).not.toContain("column:queue");
  });
});
