import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { addWorkedProject } from "../../api/memory/scenario";
import { call, NOTHING } from "../../api/client";
import { runs } from "../../app/runs.svelte";
import { app } from "../../app/state.svelte";
import App from "../../App.svelte";
import { menuGone } from "../../testing/menu";
import { freshWindow } from "../../testing/window";
import { putProjectAway } from "./projectActions";
import HomeScreen from "./HomeScreen.svelte";

let client: MemoryClient;
beforeEach(() => {
  client = freshWindow();
});

describe("Home", () => {
  it("teaches the one action when there is nothing yet", async () => {
    client.picks = ["/data/tickets.csv"];
    render(HomeScreen);
    await userEvent.click(await screen.findByRole("button", { name: "Choose a file" }));
    await waitFor(() => expect(app.importing).toEqual({ paths: ["/data/tickets.csv"], pasted: null }));
  });

  it("puts the place for the next file below the projects where a window has room for much more", async () => {
    addWorkedProject(client.engine, "Support routing", 120, 1);
    const { innerHeight } = window;
    window.innerHeight = 2160;
    render(HomeScreen);
    const card = await screen.findByRole("button", { name: "Support routing" });
    const file = () => screen.getByRole("button", { name: "Choose a file" });
    const follows = () => Boolean(card.compareDocumentPosition(file()) & Node.DOCUMENT_POSITION_FOLLOWING);
    expect(follows()).toBe(true);
    window.innerHeight = innerHeight;
    window.dispatchEvent(new Event("resize"));
    await waitFor(() => expect(follows()).toBe(false));
  });

  it("lets go of a run that waits when its project is deleted", async () => {
    const project = addWorkedProject(client.engine, "Support routing", 120, 0);
    const run = client.engine.startRun(project, client.engine.defaultConfig(project));
    run.pause();
    await app.openProject(project.id, "train");
    await waitFor(() => expect(runs.active.map(({ summary }) => summary.id)).toEqual([run.id]));
    const listed = (await call("list_projects", NOTHING)).find(({ id }) => id === project.id)!;
    await putProjectAway(listed, "delete");
    expect(runs.active).toEqual([]);
    app.toasts.at(-1)!.action!.run();
    await waitFor(async () => expect((await call("list_projects", NOTHING)).map(({ id }) => id)).toContain(project.id));
    await app.openProject(project.id, "train");
    await waitFor(() => expect(runs.active.map(({ summary }) => summary.id)).toEqual([run.id]));
  });

  it("opens a sample as a project of its own", async () => {
    render(HomeScreen);
    await userEvent.click(await screen.findByRole("button", { name: "Open the sample Ticket routing" }));
    await waitFor(() => expect(app.project?.project.name).toBe("Ticket routing"));
    expect(app.screen).toBe("data");
    expect(app.project?.dataset?.rows).toBe(360);
  });

  it("shows the best validation with its interval, and that it is simulated", async () => {
    addWorkedProject(client.engine, "Support routing", 120, 1);
    render(HomeScreen);
    const card = (await screen.findByRole("button", { name: "Support routing" })).closest("article");
    expect(card?.textContent).toMatch(/\d+\.\d%/);
    expect(card?.textContent).toMatch(/\d+\.\d% \(\d+\.\d to \d+\.\d\)/);
    expect(card?.textContent).toContain("simulated");
    expect(card?.querySelector("svg[role=img]")?.getAttribute("aria-label")).toMatch(
      /^Validation of “.+”, the run that holds the best, from /,
    );
    expect(card?.textContent).toMatch(/last run completed .*(its run|all \d+ runs) cost nothing/);
  });

  it("says what is known of the cost, and of how many runs it is not", async () => {
    addWorkedProject(client.engine, "Half priced", 120, 2);
    const call = client.call.bind(client);
    vi.spyOn(client, "call").mockImplementation((async (name: string, request: unknown) => {
      const answer = await call(name as never, request as never);
      return name === "list_projects"
        ? (answer as object[]).map((one) => ({ ...one, cost: 2.5, unpriced: 1 }))
        : answer;
    }) as never);
    render(HomeScreen);
    const card = (await screen.findByRole("button", { name: "Half priced" })).closest("article");
    expect(card?.textContent).toContain("$2.50 for 1 of 2 runs, the cost of others unknown");
  });

  it("marks the best score as simulated by the run that holds it, not by the last one", async () => {
    const project = addWorkedProject(client.engine, "Demo first", 120, 1);
    const [holder] = client.engine.runs;
    const last = client.engine.startRun(project, client.engine.defaultConfig(project));
    last.stop();
    last.simulatedRoles.splice(0);
    const figure = async () => {
      const card = (await screen.findByRole("button", { name: "Demo first" })).closest("article");
      return card?.querySelector(".figure")?.textContent;
    };
    const { unmount } = render(HomeScreen);
    expect(await figure()).toContain("simulated");
    unmount();
    last.simulatedRoles.push("primary", "optimizer");
    holder!.simulatedRoles.splice(0);
    render(HomeScreen);
    expect(await figure()).not.toContain("simulated");
  });

  it("shows where the projects will be while they are read", async () => {
    client.engine.addProject("Tickets");
    const letGo = client.hold("list_projects");
    render(HomeScreen);
    expect(screen.getByLabelText("Loading projects").getAttribute("aria-busy")).toBe("true");
    expect(screen.queryByRole("button", { name: "Choose a file" })).toBeNull();
    letGo();
    expect(await screen.findByRole("button", { name: "Tickets" })).toBeTruthy();
    expect(screen.queryByLabelText("Loading projects")).toBeNull();
  });

  it("says what is wrong when the projects can not be read, and reads them again", async () => {
    client.engine.addProject("Kept");
    client.fail("list_projects", "The disk is full. Free some space.", "database");
    render(HomeScreen);
    expect((await screen.findByRole("alert")).textContent).toContain("The disk is full. Free some space.");
    client.heal("list_projects");
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("button", { name: "Kept" })).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("offers a search among many projects", async () => {
    for (let index = 0; index < 8; index += 1) client.engine.addProject(`Project ${index}`);
    render(HomeScreen);
    await userEvent.type(await screen.findByRole("searchbox", { name: "Search projects" }), "ject 3");
    await waitFor(() => expect(screen.queryByRole("button", { name: "Project 2" })).toBeNull());
    expect(screen.getByRole("button", { name: "Project 3" })).toBeTruthy();
  });

  it("makes a project and keeps the dialog open while the name is missing", async () => {
    // The dialog is the window's: the palette and the menu bar open it as well.
    render(App);
    await userEvent.click(await screen.findByRole("button", { name: "New project" }));
    await userEvent.click(await screen.findByRole("button", { name: "Create" }));
    expect(screen.getByText("Type a name.")).toBeTruthy();
    await userEvent.type(screen.getByLabelText("Name"), "Invoices");
    await userEvent.click(screen.getByRole("button", { name: "Create" }));
    await waitFor(() => expect(app.project?.project.name).toBe("Invoices"));
  });

  async function choose(project: string, item: string) {
    await userEvent.click(await screen.findByRole("button", { name: `More for ${project}` }));
    await userEvent.click(await screen.findByRole("menuitem", { name: item }));
    await menuGone();
  }

  it("deletes at once and takes it back at once", async () => {
    client.engine.addProject("Old");
    render(HomeScreen);
    await choose("Old", "Delete");
    await waitFor(() => expect(client.engine.projects).toHaveLength(0));
    await waitFor(() => expect(app.toasts.at(-1)?.action?.name).toBe("Undo"));
    app.toasts.at(-1)?.action?.run();
    expect(await screen.findByRole("button", { name: "Old" })).toBeTruthy();
  });

  it("renames a project where its name stands, and takes it back", async () => {
    client.engine.addProject("Old name");
    render(HomeScreen);
    await choose("Old name", "Rename…");
    const field = await screen.findByRole("textbox", { name: "Name of the project" });
    await waitFor(() => expect(document.activeElement).toBe(field));
    await userEvent.clear(field);
    await userEvent.keyboard("{Enter}");
    expect(screen.getByRole("alert").textContent).toBe("Type a name.");
    await userEvent.keyboard("New name{Enter}");
    const card = await screen.findByRole("button", { name: "New name" });
    await waitFor(() => expect(document.activeElement).toBe(card));
    expect(app.toasts.at(-1)?.message).toBe("“Old name” is now “New name”.");
    app.toasts.at(-1)?.action?.run();
    expect(await screen.findByRole("button", { name: "Old name" })).toBeTruthy();
  });

  it("leaves the name on Esc, and says what is wrong with a new one", async () => {
    client.engine.addProject("Kept");
    render(HomeScreen);
    (await screen.findByRole("button", { name: "Kept" })).focus();
    await userEvent.keyboard("{F2}");
    const field = await screen.findByRole("textbox", { name: "Name of the project" });
    await waitFor(() => expect(document.activeElement).toBe(field));
    client.fail("rename_project", "The disk is full. Free some space.", "database");
    await userEvent.keyboard("Other{Enter}");
    expect((await screen.findByRole("alert")).textContent).toContain("The disk is full");
    await userEvent.keyboard("{Escape}");
    expect(await screen.findByRole("button", { name: "Kept" })).toBeTruthy();
    expect(client.engine.projects[0]?.name).toBe("Kept");
  });

  it("deletes and goes on by keyboard alone", async () => {
    for (const name of ["Third", "Second", "First"]) client.engine.addProject(name);
    render(HomeScreen);
    (await screen.findByRole("button", { name: "Second" })).focus();
    await userEvent.keyboard("{Delete}");
    await waitFor(() => expect(screen.queryByRole("button", { name: "Second" })).toBeNull());
    await waitFor(() => expect(document.activeElement?.textContent).toBe("Third"));
  });

  it("takes a second project back", async () => {
    client.engine.addProject("Support");
    render(HomeScreen);
    await choose("Support", "Duplicate");
    expect(await screen.findByRole("button", { name: "Support (2)" })).toBeTruthy();
    app.toasts.at(-1)?.action?.run();
    await waitFor(() => expect(screen.queryByRole("button", { name: "Support (2)" })).toBeNull());
    expect(screen.getByRole("button", { name: "Support" })).toBeTruthy();
  });

  it("restores after other work, and removes for good only after the question", async () => {
    client.engine.addProject("Old");
    client.engine.addProject("Older");
    render(HomeScreen);
    await choose("Old", "Delete");
    await choose("Older", "Archive");
    await userEvent.click(await screen.findByText("Archived and deleted"));
    await userEvent.click(await screen.findByRole("button", { name: "Restore Old" }));
    expect(await screen.findByRole("button", { name: "Old" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Empty deleted…" })).toBeNull();
    await choose("Old", "Delete");
    await userEvent.click(await screen.findByRole("button", { name: "Empty deleted…" }));
    expect(screen.getByText("Remove 1 deleted entry for good?")).toBeTruthy();
    await userEvent.click(await screen.findByRole("button", { name: "Remove for good" }));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Restore Old" })).toBeNull());
    expect(screen.getByRole("button", { name: "Restore Older" })).toBeTruthy();
  });

  it("says why a project stays while its run goes on", async () => {
    const project = addWorkedProject(client.engine, "Busy", 60, 0);
    client.engine.startRun(project, client.engine.defaultConfig(project));
    render(HomeScreen);
    await choose("Busy", "Delete");
    await waitFor(() => expect(app.toasts.at(-1)?.message).toContain("going on"));
    expect(screen.getByRole("button", { name: "Busy" })).toBeTruthy();
  });

  it("makes a second project of one", async () => {
    addWorkedProject(client.engine, "Support", 60, 1);
    render(HomeScreen);
    await choose("Support", "Duplicate data only");
    expect(await screen.findByRole("button", { name: "Support (2)" })).toBeTruthy();
    expect(client.calls.findLast((made) => made.name === "duplicate_project")?.request).toMatchObject({
      data_only: true,
    });
  });

  it("exports a project where the user says, and says where it is", async () => {
    client.engine.addProject("Ticket / routing");
    render(HomeScreen);
    await choose("Ticket / routing", "Export project…");
    await waitFor(() => expect(app.toasts.at(-1)?.message).toContain("/home/you/Ticket-routing.mlprompt"));
    client.exportPath = null;
    const before = app.toasts.length;
    await choose("Ticket / routing", "Export project…");
    await waitFor(() => expect(client.exported).toHaveLength(2));
    expect(app.toasts).toHaveLength(before);
  });

  it("shows names as text, whatever they hold", async () => {
    const name = "<img src=x onerror=alert(1)>";
    client.engine.addProject(name);
    const { container } = render(HomeScreen);
    expect(await screen.findByRole("button", { name })).toBeTruthy();
    expect(container.querySelector("img")).toBeNull();
  });
});
