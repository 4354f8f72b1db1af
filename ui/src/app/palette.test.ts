import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../api/memory";
import { freshWindow } from "../testing/window";
import CommandPalette from "./CommandPalette.svelte";
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
