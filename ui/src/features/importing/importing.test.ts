import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { tickets } from "../../api/memory/corpus";
import { app } from "../../app/state.svelte";
import { freshWindow } from "../../testing/window";
import { planChoices, planOf, planValue, withCurrent } from "./choices";
import ImportSheet from "./ImportSheet.svelte";

const PATH = "/data/tickets.csv";
const HEADER = "message;queue;lang";

let client: MemoryClient;
beforeEach(() => {
  client = freshWindow();
  const lines = Array.from({ length: 120 }, (_, at) => `question ${at};${at % 2 ? "billing" : "cards"};007`);
  client.engine.files.add(PATH, [HEADER, ...lines, ";billing;en", "Where is it?;;en"].join("\n"));
});

const select = (name: string) => screen.getByLabelText(name) as HTMLSelectElement;

async function opened() {
  render(ImportSheet, { paths: [PATH] });
  await screen.findByRole("button", { name: "Import 120 examples" });
}

describe("import sheet", () => {
  it("shows what was understood before anything is written", async () => {
    await opened();
    expect(select("Input").value).toBe("message");
    expect(select("Ground truth").value).toBe("queue");
    expect(select("Delimiter").value).toBe(";");
    expect(screen.getAllByRole("row")).toHaveLength(21);
    expect(screen.getByText("{{lang}}")).toBeTruthy();
    expect(screen.getAllByText("007").length).toBeGreaterThan(0);
    expect(client.calls.some((call) => call.name === "import_dataset")).toBe(false);
  });

  it("says which rows were set aside and why", async () => {
    await opened();
    await userEvent.click(screen.getByRole("button", { name: "see why" }));
    expect(screen.getByText("The input is empty.")).toBeTruthy();
    expect(screen.getByText("line 122")).toBeTruthy();
    expect(screen.getByText("The ground truth is empty.")).toBeTruthy();
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
  });

  it("says what is wrong with a file inside the sheet", async () => {
    render(ImportSheet, { paths: ["/data/gone.csv"] });
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("/data/gone.csv can not be opened");
    client.engine.files.add("/data/gone.csv", "input,label\na,b\n");
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("button", { name: "Import 1 example" })).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("stays open with the reason when the import is refused", async () => {
    await opened();
    client.fail("import_dataset", "Line 977: the quote that opens here never closes.", "invalid");
    await userEvent.click(screen.getByRole("button", { name: "Import 120 examples" }));
    expect((await screen.findByRole("alert")).textContent).toContain("Line 977");
    expect(app.project).toBeNull();
  });

  it("keeps cells as text", async () => {
    client.engine.files.add("/data/x.csv", 'input,label\n"<b>bold</b>",x\n');
    const { container } = render(ImportSheet, { paths: ["/data/x.csv"] });
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
    const preview = await client.call("preview_import", {
      paths: [PATH],
      pasted: null,
      options: { format: null, encoding: null, delimiter: null, quote: null, header: null, sheet: null },
      roles: { input: null, truth: null, split: null, id: null },
      plan: null,
    });
    const values = planChoices(preview).map((choice) => choice.value);
    expect(values).toContain("column:lang");
    expect(values).not.toContain("column:queue");
  });
});
