import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { addWorkedProject } from "../../api/memory/scenario";
import { app } from "../../app/state.svelte";
import { freshWindow } from "../../testing/window";
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
    await waitFor(() => expect(app.importing).toEqual(["/data/tickets.csv"]));
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
    expect(card?.textContent).toContain("±");
    expect(card?.textContent).toContain("simulated");
    expect(card?.querySelector("svg[role=img]")?.getAttribute("aria-label")).toContain("Validation of the latest run");
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
    render(HomeScreen);
    await userEvent.click(screen.getByRole("button", { name: "New project" }));
    await userEvent.click(screen.getByRole("button", { name: "Create" }));
    expect(screen.getByText("Type a name.")).toBeTruthy();
    await userEvent.type(screen.getByLabelText("Name"), "Invoices");
    await userEvent.click(screen.getByRole("button", { name: "Create" }));
    await waitFor(() => expect(app.project?.project.name).toBe("Invoices"));
  });

  it("deletes only after the question", async () => {
    client.engine.addProject("Old");
    render(HomeScreen);
    await userEvent.click(await screen.findByRole("button", { name: "More for Old" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Delete…" }));
    expect(client.engine.projects).toHaveLength(1);
    await userEvent.click(await screen.findByRole("button", { name: "Delete project" }));
    await waitFor(() => expect(client.engine.projects).toHaveLength(0));
  });

  it("shows names as text, whatever they hold", async () => {
    const name = "<img src=x onerror=alert(1)>";
    client.engine.addProject(name);
    const { container } = render(HomeScreen);
    expect(await screen.findByRole("button", { name })).toBeTruthy();
    expect(container.querySelector("img")).toBeNull();
  });
});
