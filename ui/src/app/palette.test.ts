import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { call, NOTHING } from "../api/client";
import type { MemoryClient } from "../api/memory";
import { addWorkedProject } from "../api/memory/scenario";
import App from "../App.svelte";
import { place } from "../features/train/place.svelte";
import { freshWindow } from "../testing/window";
import CommandPalette from "./CommandPalette.svelte";
import { paletteCommands } from "./commands";
import { edits } from "./edits.svelte";
import { runs } from "./runs.svelte";
import { samples } from "./samples.svelte";
import { app } from "./state.svelte";

let client: MemoryClient;

beforeEach(() => {
  client = freshWindow();
});

const input = () => screen.getByRole("combobox", { name: "Search or run" });
const options = () => screen.queryAllByRole("option");
const chosen = () => screen.getByRole("option", { selected: true });

describe("the palette", () => {
  it("shows a screenful of thousands of projects, and finds any of them", async () => {
    for (let number = 1; number <= 3000; number += 1) client.engine.addProject(`Project ${number}`);
    render(CommandPalette);
    await waitFor(() => expect(screen.getByRole("option", { name: /Open Project 3000/ })).toBeTruthy());
    expect(options().length).toBeLessThanOrEqual(100);
    await userEvent.type(input(), "project 17");
    await waitFor(() => expect(options()[0]?.textContent).toMatch(/Open Project \d*17/));
    await userEvent.clear(input());
    await userEvent.type(input(), "open project 1234{Enter}");
    await waitFor(() => expect(app.project?.project.name).toBe("Project 1234"));
  });

  it("reaches versions, rows, what is kept and what comes in by the words for them", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 2);
    await app.openProject(project.id, "data");
    await samples.load();
    app.sheet = "palette";
    render(CommandPalette);
    const [run] = client.engine.runs;
    const first = async (query: string) => {
      await userEvent.clear(input());
      await userEvent.type(input(), query);
      return options().map((option) => option.textContent?.trim() ?? "");
    };
    await waitFor(async () => expect((await first("v1"))[0]).toMatch(/^Show prompt version 1\b/));
    expect((await first("row 5"))[0]).toBe("Show example 5");
    edits.record({ name: "typing in “Optimizer instructions”", project: project.id, undo: () => {}, redo: () => {} });
    const instructions = await first("optimizer inst");
    expect(instructions[0], "a place before what takes back").toMatch(/^Show “Optimizer instructions”/);
    expect(instructions.join()).toContain("Undo: typing in “Optimizer instructions”");
    expect((await first("#50"))[0]).toBe("Show example 50");
    expect((await first("undo"))[0]).toMatch(/^Undo/);
    const renames = await first("rename");
    expect(renames[0]).toMatch(/^Rename project…/);
    expect(renames.some((name) => name.includes(run?.summary().name ?? "?"))).toBe(true);
    expect((await first("archive project"))[0]).toMatch(/^Archive project/);
    expect((await first("backup")).join()).toMatch(/Backups….*Save a copy of the database…/s);
    expect((await first("columns")).join()).toMatch(/Go to Data.*Go to Compare/s);
    expect((await first("sample"))[0]).toMatch(/^Open the sample/);
    expect((await first("csv")).join()).toMatch(/Export examples….*Import files…/s);
  });

  it("renames the project in a dialog, and says that there is nothing to undo", async () => {
    const project = client.engine.addProject("Old name");
    await app.openProject(project.id, "prompts");
    render(App);
    const choose = (query: string) => paletteCommands(query, { projects: [], versions: [] })[0]?.run();
    choose("undo");
    expect(app.toasts.at(-1)?.message).toBe("There is nothing to undo here.");
    choose("rename project");
    const field = (await screen.findByLabelText("Name")) as HTMLInputElement;
    expect(field.value).toBe("Old name");
    await userEvent.clear(field);
    await userEvent.type(field, "New name{Enter}");
    await waitFor(() => expect(app.project?.project.name).toBe("New name"));
    await waitFor(() => expect(app.naming).toBeNull());
  });

  it("renames a run in a dialog, and it can be taken back", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 1);
    await app.openProject(project.id, "prompts");
    render(App);
    const [run] = client.engine.runs;
    const before = run!.name;
    paletteCommands(`rename run ${before}`, { projects: [], versions: [] })[0]?.run();
    const field = await screen.findByLabelText<HTMLInputElement>("Name");
    expect(field.value).toBe(before);
    await userEvent.clear(field);
    await userEvent.type(field, "Another name{Enter}");
    await waitFor(() => expect(run!.name).toBe("Another name"));
    await waitFor(() => expect(edits.toUndo).toBe(`Rename “${before}”`));
    await edits.undo();
    expect(run!.name).toBe(before);
  });

  it("opens what has the typed name before it does anything else with it", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 2);
    await app.openProject(project.id, "data");
    for (const run of client.engine.runs) {
      run.name = run === client.engine.runs[0] ? "Greedy 10" : "Greedy 1";
    }
    await app.refreshProject();
    const first = (query: string) => paletteCommands(query, { projects: [], versions: [] })[0]?.name;
    expect(first("greedy 1")).toBe("Open run “Greedy 1”");
    expect(first("greedy 10")).toBe("Open run “Greedy 10”");
    expect(first("ship greedy 10")).toMatch(/^Ship the best prompts of “Greedy 10”/);
  });

  it("finds a row of the open project by the project's name too, before one of a project of like name", async () => {
    addWorkedProject(client.engine, "Tickets (2)", 120, 0);
    const project = addWorkedProject(client.engine, "Tickets", 120, 0);
    await app.openProject(project.id, "data");
    const projects = await call("list_projects", NOTHING);
    const names = (query: string) => paletteCommands(query, { projects, versions: [] }).map(({ name }) => name);
    for (const query of ["row 50 tickets", "50 tickets"]) {
      expect(names(query).slice(0, 2)).toEqual(["Show example 50 of “Tickets”", "Show example 50 of “Tickets (2)”"]);
    }
    expect(names("row 50 contracts").filter((name) => name.startsWith("Show example"))).toEqual([]);
  });

  it("finds what makes text larger and smaller by the size of text", () => {
    const names = paletteCommands("text size", { projects: [], versions: [] }).map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(["Make text larger", "Make text smaller", "Text as usual"]);
  });

  it("finds runs, versions and rows of other projects, each with its project", async () => {
    addWorkedProject(client.engine, "Contracts", 120, 0);
    const other = addWorkedProject(client.engine, "Invoices", 120, 1);
    const [theirs] = client.engine.runs;
    theirs!.name = "Short answers";
    const project = addWorkedProject(client.engine, "Tickets", 120, 1);
    await app.openProject(project.id, "data");
    app.sheet = "palette";
    render(CommandPalette);
    await userEvent.type(input(), "short answers");
    const found = await screen.findByRole("option", { name: /^Open run “Short answers” Invoices, #/ });
    expect(found.textContent).toContain("completed");
    await userEvent.clear(input());
    await userEvent.type(input(), "v1");
    expect(await screen.findByRole("option", { name: /^Show prompt version 1 Invoices/ })).toBeTruthy();
    await userEvent.clear(input());
    await userEvent.type(input(), "row 5 invoices");
    await screen.findByRole("option", { name: "Show example 5 of “Invoices”" });
    expect(screen.queryByRole("option", { name: /Contracts/ })).toBeNull();
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(app.projectId).toBe(other.id));
    await waitFor(() => expect(client.calls.at(-1)?.name).toBe("list_examples"));
  });

  it("reaches what the screen offers: reports, tables, axis and groups of Compare", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 2);
    await app.openProject(project.id, "compare");
    render(App);
    await screen.findByText(/runs selected/);
    app.sheet = "palette";
    await screen.findByRole("combobox", { name: "Search or run" });
    const names = async (query: string) => {
      await userEvent.clear(input());
      await userEvent.type(input(), query);
      return options().map((option) => option.textContent?.trim() ?? "");
    };
    expect((await names("report selected")).join()).toMatch(/Save report of the 2 selected runs \(HTML page\)/);
    expect((await names("report against")).join()).toMatch(/Save report \(Markdown\).*against/);
    expect((await names("the runs as csv")).join()).toMatch(/Save the runs as CSV/);
    expect((await names("group the runs")).join()).toMatch(/Group the runs by/);
    expect((await names("archive run")).filter((name) => name.startsWith("Archive run “"))).toHaveLength(2);
    await names("x axis time");
    await userEvent.keyboard("{Enter}");
    expect(await screen.findByRole("radio", { name: "by time", checked: true })).toBeTruthy();
  });

  it("has what belongs to the window: themes, quitting, a connection, a backup", async () => {
    render(App);
    const choose = (query: string) => {
      const [command] = paletteCommands(query, { projects: [], versions: [] });
      command?.run();
      return command?.name;
    };
    expect(choose("high contrast")).toBe("Use high contrast");
    expect(app.settings.theme).toBe("contrast");
    expect(choose("system's theme")).toBe("Use the system's theme");
    expect(app.settings.theme).toBe("system");
    expect(choose("back up now")).toBe("Back up now");
    await waitFor(() => expect(app.toasts.at(-1)?.message).toMatch(/^by-hand-.* is made/));
    expect(choose("add a connection")).toBe("Add a connection…");
    expect(await screen.findByRole("dialog", { name: "New connection" })).toBeTruthy();
    app.sheet = null;
    expect(choose("quit")).toBe("Quit");
    await waitFor(() => expect(client.closed).toBe("close"));
  });

  it("puts what is called just that first, then whole words and numbers, then beginnings", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 3);
    for (let number = 0; number < 20; number += 1) {
      client.engine.addVersion(project, { system_prompt: `Try ${number}.`, output_prompt: "" }, "");
    }
    const [one, two, three] = client.engine.runs;
    [one!.name, two!.name, three!.name] = ["Run 1, repeat 1 of 3", "Run 1", "Other"];
    client.engine.addProject("Ticket routing");
    await app.openProject(project.id, "compare");
    render(App);
    await screen.findByText(/runs selected/);
    app.sheet = "palette";
    await screen.findByRole("combobox", { name: "Search or run" });
    // The screen below has options of its own.
    const listed = () => within(screen.getByRole("listbox", { name: "Commands" })).queryAllByRole("option");
    const first = async (query: string) => {
      await userEvent.clear(input());
      await userEvent.type(input(), query);
      return listed()[0]?.textContent?.trim() ?? "";
    };
    await screen.findByRole("option", { name: /^Show prompt version \d/ });
    expect(await first("version 7")).toMatch(/^Show prompt version 7\b/);
    expect(await first("v7")).toMatch(/^Show prompt version 7\b/);
    expect(await first("settings")).toBe("Settings…");
    expect(await first("sett")).toBe("Settings…");
    expect(await first(`run ${three!.id}`)).toMatch(/^Open run “Other”/);
    expect(await first(`#${three!.id}`)).toMatch(/^Open run “Other”/);
    expect(await first("ship best prompts run 1")).toMatch(/^Ship the best prompts of “Run 1”…/);
    expect(await first("project ticket")).toMatch(/^Open Ticket routing/);
    expect(await first("open project ticket")).toMatch(/^Open Ticket routing/);
    // Without a word it says where one can go, not what every column can do.
    await userEvent.clear(input());
    expect(listed().length).toBeLessThan(40);
    expect(listed()[0]?.textContent).toMatch(/^Go to Data/);
    expect(listed().some((option) => /column/i.test(option.textContent ?? ""))).toBe(false);
  });

  it("leads to places inside of sheets and screens", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 1);
    await app.openProject(project.id, "prompts");
    render(App);
    const choose = (query: string) => paletteCommands(query, { projects: [], versions: [] })[0]?.run();
    choose("find local");
    expect(await screen.findByRole("dialog", { name: "Connections" })).toBeTruthy();
    const named = (name: string) => screen.getByRole("button", { name });
    await waitFor(() => expect(document.activeElement).toBe(named("Find local servers")));
    app.sheet = null;
    choose("integrity");
    await waitFor(() => expect(document.activeElement).toBe(named("Check integrity")));
    app.sheet = null;
    choose("notif");
    await waitFor(() =>
      expect(document.activeElement).toBe(
        screen.getByRole("checkbox", { name: "Tell on the desktop when a run ends" }),
      ),
    );
    app.sheet = null;
    choose("preset");
    expect(await screen.findByRole("dialog", { name: "Presets" })).toBeTruthy();
    choose("resolve doubts");
    expect(await screen.findByRole("tab", { name: "Doubts", selected: true })).toBeTruthy();
    const [run] = client.engine.runs;
    paletteCommands(run!.name, { projects: [], versions: [] })[0]?.run();
    await screen.findByRole("button", { name: /^Star epoch/ });
    choose("star epoch");
    await waitFor(() => expect(edits.toUndo).toMatch(/star/i));
    expect(client.calls.some(({ name }) => name === "mark_epoch")).toBe(true);
  });

  it("reaches what stands on another screen, and what this one shows, by words that people type", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 1);
    await app.openProject(project.id, "compare");
    render(App);
    await screen.findByText(/runs? selected/);
    const search = async (query: string) => {
      app.sheet = "palette";
      const field = await screen.findByRole("combobox", { name: "Search or run" });
      await userEvent.clear(field);
      await userEvent.type(field, query);
      const listed = within(screen.getByRole("listbox", { name: "Commands" })).queryAllByRole("option");
      return listed[0]?.textContent?.trim() ?? "";
    };
    const focused = (name: string) =>
      waitFor(() => expect(document.activeElement).toBe(screen.getByRole("button", { name })));
    expect(await search("take over")).toMatch(/^Take over “/);
    expect(await search("branch")).toMatch(/^Branch: a new run/);
    expect(await search("use these")).toMatch(/^Use these prompts/);
    expect(await search("add budget")).toMatch(/^More budget for “/);
    expect(await search("star")).toMatch(/^Star or note/);
    expect(await search("measure")).toMatch(/^Check before training…/);
    expect(await search("restore version 1")).toMatch(/^Restore version 1/);
    // A way there, without anything being spent.
    expect(await search("preflight")).toMatch(/^Check before training…/);
    await userEvent.keyboard("{Enter}");
    await focused("Check before training");
    expect(client.calls.some(({ name }) => name === "preflight")).toBe(false);
    // There it is the button itself.
    expect(await search("check")).toMatch(/^Check before training/);
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(client.calls.some(({ name }) => name === "preflight")).toBe(true));
    expect(await search("random")).toMatch(/^Try on 20 random rows…/);
    await userEvent.keyboard("{Enter}");
    await focused("Try on 20 random rows");
    expect(await search("lock")).toMatch(/^Lock the selected text of the system prompt/);
    expect(await search("random rows")).toMatch(/^Try on 20 random rows/);
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(client.calls.some(({ name }) => name === "start_try_rows")).toBe(true));
    // Beside the run the menu of its epoch does it.
    place.show(project.id, client.engine.runs[0]!.id);
    app.navigate("train");
    const use = await screen.findByRole<HTMLButtonElement>("button", { name: "Use these prompts" });
    await waitFor(() => expect(use.disabled).toBe(false));
    expect(await search("use these")).toMatch(/^Use these prompts/);
    expect(await search("branch")).toMatch(/^Branch: a new run from these prompts/);
    expect(await search("take over")).toMatch(/^Take over: edit these prompts/);
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(place.run(project.id)).toBe("new"));
  });

  it("restores a version from any screen, and it can be taken back", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 0);
    for (const text of ["First.", "Second."]) {
      client.engine.addVersion(project, { system_prompt: text, output_prompt: "" }, "");
    }
    await app.openProject(project.id, "data");
    render(App);
    app.sheet = "palette";
    const { number } = client.engine
      .project(project.id)
      .versions.find(({ prompt }) => prompt.system_prompt === "First.")!;
    await userEvent.type(await screen.findByRole("combobox", { name: "Search or run" }), `restore version ${number}`);
    await screen.findByRole("option", { name: new RegExp(`^Restore version ${number}`), selected: true });
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(client.engine.project(project.id).draft.prompt.system_prompt).toBe("First."));
    expect(app.screen).toBe("prompts");
    await waitFor(() => expect(edits.toUndo).toBe(`Restore version ${number}`));
  });

  it("finds a run of another project by every word of its line", async () => {
    addWorkedProject(client.engine, "Invoices", 120, 1);
    client.engine.runs[0]!.name = "Run 2";
    const project = client.engine.addProject("Tickets");
    await app.openProject(project.id, "data");
    app.sheet = "palette";
    render(CommandPalette);
    for (const query of ["open run 2", "open run", "Open run “Run 2” invoices"]) {
      await userEvent.clear(input());
      await userEvent.type(input(), query);
      expect(await screen.findByRole("option", { name: /^Open run “Run 2” Invoices, #/ })).toBeTruthy();
    }
  });

  it("says of which project a run is that goes on elsewhere, where it can be paused and stopped", async () => {
    const away = addWorkedProject(client.engine, "Support routing", 120, 0);
    const here = addWorkedProject(client.engine, "Tickets", 120, 0);
    for (const [project, name] of [
      [away, "steady"],
      [here, "quick"],
    ] as const) {
      await app.openProject(project.id, "data");
      const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name });
      await runs.watch(run.id);
    }
    app.sheet = "palette";
    render(CommandPalette);
    for (const [query, own, other] of [
      ["pause run", "Pause run “quick”", "Pause run “steady” Support routing"],
      ["stop run", "Stop run “quick”…", "Stop run “steady”… Support routing"],
    ] as const) {
      await userEvent.clear(input());
      await userEvent.type(input(), query);
      expect(await screen.findByRole("option", { name: other })).toBeTruthy();
      expect(screen.getByRole("option", { name: new RegExp(`^${own}`) }).textContent).not.toContain("Tickets");
    }
    // Also the only one that goes on is named with its project.
    client.engine.runs.find(({ name }) => name === "quick")!.stop();
    await waitFor(() => expect(runs.active).toHaveLength(1));
    expect(await screen.findByRole("option", { name: "Stop run “steady”… Support routing" })).toBeTruthy();
  });

  it("goes round with the arrows, and tells assistive technology where it is", async () => {
    render(CommandPalette);
    await waitFor(() => expect(options().length).toBeGreaterThan(2));
    const [first, second] = options();
    expect(chosen()).toBe(first);
    await userEvent.type(input(), "{ArrowDown}");
    expect(chosen()).toBe(second);
    expect(input().getAttribute("aria-activedescendant")).toBe(second!.id);
    await userEvent.keyboard("{ArrowUp}{ArrowUp}");
    expect(chosen()).toBe(options().at(-1));
  });

  it("says that nothing is called that, and Enter does nothing then", async () => {
    app.sheet = "palette";
    render(CommandPalette);
    await userEvent.type(input(), "no such thing{Enter}");
    expect(options()).toEqual([]);
    expect(screen.getByText("Nothing is called that.").getAttribute("role")).toBe("status");
    expect(input().getAttribute("aria-activedescendant")).toBeNull();
    expect(app.sheet).toBe("palette");
  });

  it("gives its commands while the projects are read, and when they cannot be", async () => {
    client.engine.addProject("Tickets");
    client.fail("list_projects", "The database is busy with another program. Close it and try again.");
    render(CommandPalette);
    await userEvent.type(input(), "settings{Enter}");
    expect(app.sheet).toBe("settings");
  });
});
