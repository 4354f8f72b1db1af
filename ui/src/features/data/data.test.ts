import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ExampleEdit } from "../../api/bindings/ExampleEdit";
import type { MemoryClient } from "../../api/memory";
import { tickets, type Table } from "../../api/memory/corpus";
import { edits } from "../../app/edits.svelte";
import { onWindowKey } from "../../app/shortcuts";
import { app } from "../../app/state.svelte";
import { inspector } from "../../app/inspector.svelte";
import { EVERY_EXAMPLE } from "../../api/filter";
import { asked } from "../../testing/client";
import { freshWindow } from "../../testing/window";
import { checksOf } from "./checks";
import { goBack, goingBack } from "../../app/goBack";
import { renameDataset } from "./datasetActions";
import DataScreen from "./DataScreen.svelte";
import { Edits, showDataset } from "./edits.svelte";

let client: MemoryClient;
let project: number;

beforeEach(async () => {
  client = freshWindow();
  const made = client.engine.addProject("Support routing");
  project = made.id;
  client.engine.addDataset(made, tickets(600), "tickets.csv");
  await app.openProject(project, "data");
  edits.clear();
  window.addEventListener("keydown", onWindowKey);
});

afterEach(() => window.removeEventListener("keydown", onWindowKey));

async function open(table: Table, name = "own.csv"): Promise<void> {
  const made = client.engine.addProject("Own data");
  project = made.id;
  client.engine.addDataset(made, table, name);
  await app.openProject(project, "data");
}

const rows = () => screen.getAllByRole("row").filter((row) => row.getAttribute("aria-rowindex") !== "1");
const data = () => client.engine.project(project).dataset;
const examples = () => data()?.examples ?? [];
const rowCount = () => screen.getByRole("grid").getAttribute("aria-rowcount");
const cell = (row: number, column: number) =>
  document.querySelector<HTMLElement>(`[data-at="${row}:${column}"]`) as HTMLElement;

async function shown(): Promise<HTMLElement> {
  render(DataScreen);
  const grid = await screen.findByRole("grid", { name: "Examples" });
  await waitFor(() => expect(cell(0, 3)).toBeTruthy());
  return grid;
}

describe("the grid", () => {
  it("asks for a file when there are no examples", async () => {
    await app.openProject(client.engine.addProject("Empty").id, "data");
    render(DataScreen);
    expect(screen.getByRole("button", { name: "Choose files" })).toBeTruthy();
    expect(screen.queryByRole("grid")).toBeNull();
  });

  it("shows one example as well as many", async () => {
    await open({ columns: ["input", "label"], rows: [["Where is it?", "shipping"]] });
    await shown();
    expect(rows()).toHaveLength(1);
    expect(rows()[0]?.textContent).toContain("Where is it?");
    expect(await screen.findByText(/fewer than 30 examples/)).toBeTruthy();
  });

  it("lists all examples but renders only those in view", async () => {
    const grid = await shown();
    expect(grid.getAttribute("aria-rowcount")).toBe("601");
    expect(rows().length).toBeLessThan(80);
    expect(rows()[0]?.textContent).toContain(examples()[0]?.user_input);
    expect(rows()[0]?.textContent).toContain(examples()[0]?.split);
  });

  it("filters by split and by words", async () => {
    await shown();
    await userEvent.selectOptions(screen.getByRole("combobox", { name: "Split" }), "test");
    await waitFor(() => expect(screen.getByText(/120 of 600 examples/)).toBeTruthy());
    expect(rows().every((row) => row.textContent?.includes("test"))).toBe(true);
    await userEvent.type(screen.getByLabelText("Search in examples"), "no such words");
    expect(await screen.findByText("No example fits")).toBeTruthy();
    await userEvent.click(
      within(screen.getByRole("region", { name: "Examples" })).getByRole("button", { name: "Show all" }),
    );
    await screen.findByRole("grid");
    await waitFor(() => expect(rowCount()).toBe("601"));
  });

  it("exports what it shows, as it is filtered just now", async () => {
    await shown();
    await userEvent.click(screen.getByRole("button", { name: "Export…" }));
    expect(app.exporting).toEqual(EVERY_EXAMPLE);
    await userEvent.selectOptions(screen.getByRole("combobox", { name: "Split" }), "test");
    await userEvent.type(screen.getByLabelText("Search in examples"), "card ");
    await userEvent.click(screen.getByRole("button", { name: "Export…" }));
    expect(app.exporting).toEqual({ ...EVERY_EXAMPLE, split: "test", search: "card" });
  });

  it("sorts by a column and back, and filters it by its own words", async () => {
    await shown();
    await userEvent.click(screen.getByRole("button", { name: "queue" }));
    await waitFor(() => expect(rows()[0]?.textContent).toContain("account"));
    expect(screen.getByRole("columnheader", { name: "queue" }).getAttribute("aria-sort")).toBe("ascending");
    await userEvent.click(screen.getByRole("button", { name: /^queue/ }));
    await waitFor(() => expect(rows()[0]?.textContent).toContain("technical"));
    await userEvent.click(screen.getByRole("button", { name: "Sort and filter lang" }));
    const popover = await screen.findByRole("form", { name: "Sort and filter lang" });
    await userEvent.selectOptions(within(popover).getByLabelText("Filter"), "is");
    await userEvent.type(within(popover).getByLabelText("Text to find"), "de");
    await userEvent.click(within(popover).getByRole("button", { name: "Filter" }));
    const german = examples().filter((example) => example.variables[2] === "de").length;
    await waitFor(() => expect(rowCount()).toBe(String(german + 1)));
    await userEvent.click(screen.getByRole("button", { name: "Remove the filter: lang is “de”" }));
    await waitFor(() => expect(rowCount()).toBe("601"));
  });

  it("opens the example of a row with the keyboard and steps on", async () => {
    await shown();
    cell(0, 3).focus();
    await userEvent.keyboard("jj{ArrowUp}{Enter}");
    await waitFor(() => expect(inspector.shown?.example.number).toBe(2));
    inspector.shown?.onStep?.(1);
    await waitFor(() => expect(inspector.shown?.example.number).toBe(3));
    await waitFor(() => expect(document.querySelector("[role=row][aria-current=true]")?.textContent).toMatch(/^\s*3/));
    // The grid keeps the focus, so that the arrows go on.
    expect(document.activeElement?.getAttribute("role")).toBe("gridcell");
    await userEvent.keyboard("{Escape}");
    expect(inspector.shown).toBeNull();
  });

  it("says why the examples can not be read, and reads them again", async () => {
    client.fail("list_examples", "The database is busy. Close the other program.", "database");
    render(DataScreen);
    expect(await screen.findByText("The database is busy. Close the other program.")).toBeTruthy();
    client.heal("list_examples");
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("grid")).toBeTruthy();
  });

  it("remembers the width of a column", async () => {
    await shown();
    const width = () => screen.getByRole("columnheader", { name: "queue" }).style.width;
    const before = width();
    cell(0, 4).focus();
    await userEvent.keyboard("{ArrowUp}{Shift>}{ArrowRight}{ArrowRight}{/Shift}");
    await waitFor(() => expect(width()).not.toBe(before));
    const after = width();
    document.body.innerHTML = "";
    await shown();
    expect(width()).toBe(after);
  });

  it("shows blanks, line ends and control characters as signs when asked", async () => {
    await open({ columns: ["input", "label"], rows: [["a  b\tc\r\nd\u200e\u001b[31m", "x"]] });
    await shown();
    expect(cell(0, 3).textContent).toContain("a  b");
    expect(cell(0, 3).textContent).toContain("␛[31m");
    const toggle = within(screen.getByRole("region", { name: "Examples" })).getByRole("button", {
      name: "Show blanks and line ends",
    });
    await userEvent.click(toggle);
    expect(cell(0, 3).textContent?.trim()).toBe("a··b→c␍⏎d⟨LRM⟩␛[31m");
  });

  it("keeps hostile cells as text, however long and whatever they hold", async () => {
    const long = "x".repeat(100_000);
    const name = `<i>${"n".repeat(297)}`;
    await open({
      columns: [name, "label", "rtl"],
      rows: [
        ["<img src=x onerror=alert(1)><script>alert(2)</script>", "<b>bold</b>", "\u202eevil"],
        [long, "y", "שלום"],
      ],
    });
    const { container } = render(DataScreen);
    await screen.findByRole("grid");
    await waitFor(() => expect(cell(0, 3).textContent).toContain("<img src=x"));
    expect(container.querySelector("img, script, [role=grid] b, [role=grid] i")).toBeNull();
    expect(cell(1, 3).textContent?.length).toBeLessThan(1000);
    cell(1, 3).focus();
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(inspector.shown?.example.user_input).toBe(long));
  });

  it("draws a few of 300 columns and reaches the others by keyboard", async () => {
    const columns = Array.from({ length: 300 }, (_, at) => `c${at}`);
    await open({ columns, rows: [columns.map((name) => `${name} text`)] });
    await shown();
    const ids = gridIds();
    expect(ids).toBe("303");
    cell(0, 3).focus();
    await userEvent.keyboard("{End}");
    expect(document.activeElement?.textContent).toContain("c299 text");
  });
});

const gridIds = () => screen.getByRole("grid").getAttribute("aria-colcount");

describe("edits", () => {
  it("changes a cell and takes it back, again and again", async () => {
    await shown();
    const before = examples()[1]?.ground_truth_output ?? "";
    cell(1, 4).focus();
    await userEvent.keyboard("{F2}");
    const field = await screen.findByRole("textbox", { name: "queue of example 2" });
    await userEvent.clear(field);
    await userEvent.type(field, "007 {Enter}");
    await waitFor(() => expect(examples()[1]?.ground_truth_output).toBe("007 "));
    await waitFor(() => expect(rows()[1]?.textContent).toContain("007·"));
    expect(app.project?.dataset?.version).toBe(2);
    await userEvent.keyboard("{Control>}z{/Control}");
    await waitFor(() => expect(rows()[1]?.textContent).toContain(before));
    await userEvent.keyboard("{Control>}{Shift>}z{/Shift}{/Control}");
    await waitFor(() => expect(rows()[1]?.textContent).toContain("007·"));
  });

  it("are taken back in their order among all other changes, also after a look at another project", async () => {
    await shown();
    const before = examples()[1]?.ground_truth_output ?? "";
    cell(1, 4).focus();
    await userEvent.keyboard("{F2}");
    await screen.findByRole("textbox", { name: "queue of example 2" });
    await userEvent.keyboard("007{Enter}");
    await waitFor(() => expect(examples()[1]?.ground_truth_output).not.toBe(before));
    await renameDataset(project, "tickets.csv", "Other");
    const [renamed, edited] = [app.project?.dataset?.version, examples()[1]?.ground_truth_output];

    const elsewhere = client.engine.addProject("Another");
    await app.openProject(elsewhere.id, "data");
    edits.stayIn(elsewhere.id);
    expect(edits.toUndo).toBeNull();
    await app.openProject(project, "data");
    edits.stayIn(project);

    const state = () => [app.project?.dataset?.name, examples()[1]?.ground_truth_output, app.project?.dataset?.version];
    await goBack("undo");
    expect(state()).toEqual(["tickets.csv", edited, renamed]);
    expect(app.toasts.at(-1)?.message).toBe("Undone: Rename the data “tickets.csv”.");
    await goBack("undo");
    expect(state()).toEqual(["tickets.csv", before, 1]);
    expect(app.toasts.at(-1)?.message).toMatch(/^Undone: .*example 2/i);
    expect(edits.toUndo).toBeNull();
    await goBack("redo");
    await goBack("redo");
    expect(state()).toEqual(["Other", edited, renamed]);
  });

  it("of an earlier start of the window are taken back where nothing newer is left, and said", async () => {
    await shown();
    const before = examples().length;
    const edit: ExampleEdit = { kind: "delete", selection: { kind: "ids", ids: [examples()[0]!.id] } };
    const now = await client.call("edit_examples", { project, edit });
    showDataset(project, now);
    expect([edits.toUndo, goingBack("undo")]).toEqual([null, now.can_undo]);
    await goBack("undo");
    expect(examples()).toHaveLength(before);
    expect(app.toasts.at(-1)?.message).toMatch(/^Undone: /);
    await goBack("redo");
    expect(examples()).toHaveLength(before - 1);
  });

  it("are taken back as a further version where the data went on without them", async () => {
    await shown();
    const before = examples().map((one) => one.number);
    const without = (at: number): ExampleEdit => ({
      kind: "delete",
      selection: { kind: "ids", ids: [examples()[at]!.id] },
    });
    await new Edits(project).apply(without(0));
    // As another program does.
    const elsewhere = await client.call("edit_examples", { project, edit: without(0) });
    showDataset(project, elsewhere);
    await goBack("undo");
    expect(examples().map((one) => one.number)).toEqual(before);
    expect(app.project?.dataset?.version).toBeGreaterThan(elsewhere.version);
  });

  it("leaves a cell as it was when Esc is pressed or nothing was typed", async () => {
    await shown();
    cell(1, 4).focus();
    await userEvent.keyboard("{F2}");
    await userEvent.type(await screen.findByRole("textbox", { name: "queue of example 2" }), "x{Escape}");
    await userEvent.keyboard("{F2}");
    await userEvent.type(await screen.findByRole("textbox", { name: "queue of example 2" }), "{Enter}");
    expect(screen.queryByRole("textbox", { name: "queue of example 2" })).toBeNull();
    expect(asked(client, "edit_examples")).toEqual([]);
  });

  it("says why a change was refused and keeps the cell", async () => {
    await shown();
    client.fail("edit_examples", "The disk is full. Free some space.", "database");
    cell(0, 4).focus();
    await userEvent.keyboard("{F2}");
    await userEvent.type(await screen.findByRole("textbox", { name: "queue of example 1" }), "x{Enter}");
    await waitFor(() => expect(app.toasts.at(-1)?.message).toBe("The disk is full. Free some space."));
    expect(rows()[0]?.textContent).toContain(examples()[0]?.ground_truth_output);
  });

  it("has no undo of its own while a text is typed", async () => {
    await shown();
    await userEvent.type(screen.getByLabelText("Search in examples"), "a{Control>}z{/Control}");
    expect(asked(client, "undo_edit")).toEqual([]);
  });

  it("moves, excludes and deletes what was chosen by keyboard", async () => {
    await shown();
    cell(0, 3).focus();
    await userEvent.keyboard(" ");
    const bar = await screen.findByText("1 example chosen");
    const below = cell(0, 3).compareDocumentPosition(bar) & Node.DOCUMENT_POSITION_FOLLOWING;
    expect(below, "rows stay where they are").toBeTruthy();
    await userEvent.keyboard("{Shift>}{ArrowDown}{ArrowDown}{/Shift}");
    await screen.findByText("3 examples chosen");
    await userEvent.selectOptions(screen.getByLabelText("Move to split"), "test");
    await waitFor(() =>
      expect(
        examples()
          .slice(0, 3)
          .map((one) => one.split),
      ).toEqual(["test", "test", "test"]),
    );
    await userEvent.click(screen.getByRole("button", { name: "Exclude" }));
    await waitFor(() => expect(examples().filter((one) => one.excluded)).toHaveLength(3));
    await waitFor(() => expect(rows()[2]?.textContent).toContain("excluded"));
    cell(2, 3).focus();
    await userEvent.keyboard("{Delete}");
    await waitFor(() => expect(examples()).toHaveLength(597));
    expect(app.project?.dataset?.rows).toBe(597);
    expect(screen.queryByText(/examples? chosen/)).toBeNull();
    await userEvent.keyboard("{Control>}z{/Control}");
    await waitFor(() => expect(examples()).toHaveLength(600));
  });

  it("acts on all that the filter leaves, seen or not", async () => {
    await shown();
    const card = screen.getByRole("region", { name: "Ground truth" });
    const label = await within(card).findByRole("button", { name: /security/ });
    await userEvent.click(label);
    const security = examples().filter((one) => one.ground_truth_output === "security").length;
    await waitFor(() => expect(rowCount()).toBe(String(security + 1)));
    cell(0, 3).focus();
    await userEvent.keyboard("{Control>}a{/Control}");
    await screen.findByText(`${security} examples chosen`);
    await userEvent.click(screen.getByRole("button", { name: "Delete" }));
    await waitFor(() => expect(examples()).toHaveLength(600 - security));
    const [request] = asked(client, "edit_examples") as [{ edit: { selection: { kind: string } } }];
    expect(request.edit.selection.kind).toBe("filter");
  });

  it("goes back to an earlier version", async () => {
    await shown();
    cell(0, 3).focus();
    await userEvent.keyboard(" {Delete}");
    await waitFor(() => expect(examples()).toHaveLength(599));
    await userEvent.click(screen.getByRole("button", { name: /Dataset version 2/ }));
    await userEvent.click(await screen.findByRole("menuitem", { name: /^1: imported tickets.csv, 600 examples/ }));
    await waitFor(() => expect(examples()).toHaveLength(600));
  });
});

describe("splits", () => {
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
    expect(asked(client, "split_dataset")).toHaveLength(1);
  });

  it("draws another split for another seed", async () => {
    render(DataScreen);
    const before = examples().map((example) => example.split);
    const seed = screen.getByLabelText("Seed");
    await userEvent.clear(seed);
    await userEvent.type(seed, "7{Tab}");
    await waitFor(() => expect(app.project?.dataset?.plan).toMatchObject({ seed: 7 }));
    expect(examples().map((example) => example.split)).not.toEqual(before);
    await userEvent.click(screen.getByRole("button", { name: "Draw anew" }));
    await waitFor(() => expect(app.project?.dataset?.plan).toMatchObject({ seed: 8 }));
    // A division is a change like another.
    await goBack("undo");
    expect(app.project?.dataset?.plan).toMatchObject({ seed: 7 });
    expect(app.toasts.at(-1)?.message).toMatch(/^Undone: Divided/);
    await goBack("undo");
    expect(examples().map((example) => example.split)).toEqual(before);
  });

  it("says how often the sealed test split was opened, and what leaks", async () => {
    render(DataScreen);
    const card = screen.getByRole("region", { name: "Splits" });
    expect(card.textContent).toContain("never opened");
    const view = app.project;
    if (!view?.dataset) throw new Error("no dataset");
    app.project = { ...view, dataset: { ...view.dataset, test_openings: 2, leaks: 3 } };
    await waitFor(() => expect(card.textContent).toContain("opened in 2 runs"));
    expect(card.textContent).toContain("3 inputs in more than one split");
  });
});

describe("what the data says", () => {
  it("shows the examples of a ground truth from its bar, and all again", async () => {
    await shown();
    const card = screen.getByRole("region", { name: "Ground truth" });
    const bar = await within(card).findByRole("button", { name: /security/ });
    await userEvent.click(bar);
    await screen.findByText("queue is “security”");
    await waitFor(() => expect(rows().every((row) => row.textContent?.includes("security"))).toBe(true));
    expect(bar.getAttribute("aria-pressed")).toBe("true");
    await userEvent.click(bar);
    await waitFor(() => expect(rowCount()).toBe("601"));
  });

  it("does not list ten thousand labels", async () => {
    const many = Array.from({ length: 10_000 }, (_, at) => [`question ${at}`, `label ${at}`]);
    await open({ columns: ["input", "label"], rows: many });
    await shown();
    const card = screen.getByRole("region", { name: "Ground truth" });
    await waitFor(() => expect(card.textContent).toContain("10,000 different"));
    expect(within(card).queryAllByRole("button")).toHaveLength(0);
  });

  it.each(["its check", "a preflight"])(
    "shows the examples whose input stands in another split too, from %s",
    async (from) => {
      await open({
        columns: ["input", "label"],
        rows: Array.from({ length: 12 }, (_, at) => [at < 4 ? "same" : `text ${at}`, "x"]),
      });
      examples().forEach((one, at) => (one.split = at === 0 ? "train" : at < 3 ? "test" : "validation"));
      examples()[3]!.excluded = true;
      app.project = { ...app.project!, dataset: { ...app.project!.dataset!, leaks: 1 } };
      if (from === "a preflight") app.wantedPlace = "leaks";
      await shown();
      if (from === "its check")
        await userEvent.click(await screen.findByRole("button", { name: /^1 input in more than one split/ }));
      await waitFor(() => expect(rowCount()).toBe("4"));
      expect(app.wantedPlace).toBeNull();
    },
  );

  it("resolves duplicates and contradictions with one click each", async () => {
    const table = {
      columns: ["input", "label"],
      rows: [
        ["a", "x"],
        ["a", "x"],
        ["b", "x"],
        ["b", "x"],
        ["b", "y"],
        ["c", "z"],
      ],
    };
    await open(table);
    await shown();
    await userEvent.click(await screen.findByRole("button", { name: "1 contradicting input" }));
    await waitFor(() => expect(rowCount()).toBe("4"));
    await userEvent.click(screen.getByRole("button", { name: "Resolve the contradictions" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: /Keep what most say/ }));
    await waitFor(() =>
      expect(
        examples()
          .filter((one) => one.excluded)
          .map((one) => one.number),
      ).toEqual([5]),
    );
    await screen.findByText("no contradictions");
    await userEvent.click(screen.getByRole("button", { name: "Resolve the duplicates" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: /Exclude all but the first/ }));
    await waitFor(() => expect(examples().filter((one) => one.excluded)).toHaveLength(3));
    await screen.findByText("no duplicates");
  });

  it("says why the figures can not be read, and reads them again", async () => {
    client.fail("data_profile", "The database is locked.", "database");
    await shown();
    expect(await screen.findByText("The database is locked.")).toBeTruthy();
    client.heal("data_profile");
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("slider", { name: "Lengths of input in characters" })).toBeTruthy();
  });
});

describe("checks", () => {
  it("tells fine from doubtful from wrong", async () => {
    const info = data()?.info;
    if (!info) throw new Error("no dataset");
    const profile = await client.call("data_profile", { project });
    expect(checksOf(info, profile).every((check) => check.level === "ok")).toBe(true);
    const troubled = checksOf(
      {
        ...info,
        leaks: 2,
        sizes: { train: 10, validation: 10, test: 0 },
        report: { ...info.report, set_aside_count: 3 },
      },
      {
        ...profile,
        duplicates: { groups: 4, examples: 8 },
        contradictions: { groups: 1, examples: 2 },
        too_long: 1,
      },
    );
    const level = (id: string) => troubled.find((check) => check.id === id)?.level;
    expect(level("leaks")).toBe("wrong");
    expect(level("contradictions")).toBe("wrong");
    expect(level("duplicates")).toBe("look");
    expect(level("set-aside")).toBe("look");
    expect(level("few")).toBe("look");
    expect(level("test")).toBe("look");
    expect(level("too-long")).toBe("look");
    expect(troubled.find((check) => check.id === "leaks")?.words).toContain("2 inputs");
    // What the import found says nothing about the version that is shown, and is not said while that is counted.
    const before = { ...info, report: { ...info.report, duplicates: 9, contradictions: 9, too_long: 9 } };
    const words = checksOf(before, profile).map((check) => check.words);
    expect(words.join()).not.toContain("9");
    expect(checksOf(before, null).map((check) => check.id)).not.toContain("duplicates");
  });
});

describe("the dataset as a whole", () => {
  const choose = async (item: string) => {
    await userEvent.click(screen.getByRole("button", { name: /^More for / }));
    await userEvent.click(await screen.findByRole("menuitem", { name: item }));
  };
  const undo = () => app.toasts.at(-1)?.action?.run();

  it("is renamed where its name stands, and back", async () => {
    await shown();
    await choose("Rename…");
    const field = await screen.findByRole("textbox", { name: "Name of the data" });
    await waitFor(() => expect(document.activeElement).toBe(field));
    await userEvent.keyboard("<b>tickets</b>{Enter}");
    expect(await screen.findByRole("heading", { name: "<b>tickets</b>" })).toBeTruthy();
    await waitFor(() =>
      expect(document.activeElement).toBe(screen.getByRole("button", { name: "More for <b>tickets</b>" })),
    );
    undo();
    expect(await screen.findByRole("heading", { name: "tickets.csv" })).toBeTruthy();
  });

  it("is called as before with Ctrl Z, when its examples have nothing to take back", async () => {
    await shown();
    await choose("Rename…");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("textbox", { name: "Name of the data" })));
    await userEvent.keyboard("Other{Enter}");
    await screen.findByRole("heading", { name: "Other" });
    cell(0, 3).focus();
    await userEvent.keyboard("{Control>}z{/Control}");
    expect(await screen.findByRole("heading", { name: "tickets.csv" })).toBeTruthy();
  });

  it.each([
    ["Archive", "archived"],
    ["Delete", "deleted"],
  ])("goes with %s and comes back with Undo", async (item, done) => {
    await shown();
    await choose(item);
    expect(await screen.findByRole("button", { name: "Choose files" })).toBeTruthy();
    await waitFor(() => expect(app.toasts.at(-1)?.message).toBe(`“tickets.csv” is ${done}. Runs keep their examples.`));
    undo();
    expect(await screen.findByRole("grid", { name: "Examples" })).toBeTruthy();
    expect(app.project?.dataset?.rows).toBe(600);
  });

  it("becomes a project of its own, and that can be taken back", async () => {
    await shown();
    await choose("Duplicate as a new project");
    await waitFor(() => expect(app.project?.project.name).toBe("Support routing (2)"));
    expect(app.project?.dataset?.rows).toBe(600);
    undo();
    await waitFor(() => expect(app.projectId).toBe(project));
    expect(client.engine.projects.map(({ name }) => name)).toEqual(["Support routing"]);
  });

  it("stays, with the reason, while a run of it goes on", async () => {
    const made = client.engine.project(project);
    client.engine.startRun(made, client.engine.defaultConfig(made));
    await shown();
    await choose("Delete");
    await waitFor(() => expect(app.toasts.at(-1)?.message).toContain("going on"));
    expect(screen.getByRole("grid", { name: "Examples" })).toBeTruthy();
  });
});
