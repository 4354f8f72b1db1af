import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../api/memory";
import { addWorkedProject } from "../api/memory/scenario";
import App from "../App.svelte";
import { freshWindow } from "../testing/window";
import { app } from "./state.svelte";

let client: MemoryClient;

beforeEach(() => {
  client = freshWindow();
});

function line(id: string) {
  return client.menu?.menus.flatMap((menu) => menu.items).find((item) => item.id === id);
}

describe("The menu bar", () => {
  it("follows the state of the window", async () => {
    render(App);
    await waitFor(() =>
      expect(client.menu?.menus.map((menu) => menu.name)).toEqual(["File", "Edit", "View", "Run", "Help"]),
    );
    expect(line("import")).toMatchObject({ enabled: true, keys: "CmdOrCtrl+O" });
    expect([line("data"), line("new-run"), line("ship"), line("stop")].map((item) => item?.enabled)).toEqual([
      false,
      false,
      false,
      false,
    ]);
    // A line that cannot be used yet keeps its key.
    expect(["data", "prompts", "train", "compare"].map((id) => line(id)?.said)).toEqual(["1", "2", "3", "4"]);
    expect(line("quit")?.keys).toBe("CmdOrCtrl+Q");
    expect([line("edit-undo")?.said, line("larger")?.said, line("usual-size")?.said]).toEqual([
      "Ctrl Z",
      "Ctrl +",
      "Ctrl 0",
    ]);
    expect([line("new-project"), line("about")].map((item) => item?.enabled)).toEqual([true, true]);
    await waitFor(() => expect(line("sample-tickets")).toMatchObject({ enabled: true }));
    const project = addWorkedProject(client.engine, "Tickets", 120, 1);
    await app.openProject(project.id, "data");
    await waitFor(() => expect(line("data")?.enabled).toBe(true));
    expect(line("data")).toMatchObject({ name: "Go to Data", keys: null, said: "1" });
    expect(line("ship")?.enabled).toBe(true);
    const config = { ...client.engine.defaultConfig(project), name: "live" };
    client.engine.startRun(project, config);
    await app.refreshProject();
    await waitFor(() => expect(line("steer")).toMatchObject({ name: "Pause run “live”", enabled: true }));
  });

  it("shows every key, and has saving and starting where they do something", async () => {
    render(App);
    await waitFor(() => expect(line("shortcuts")).toMatchObject({ said: "?", enabled: true }));
    expect(line("save-version")).toMatchObject({ said: "Ctrl S", enabled: false });
    expect(line("start-training")).toMatchObject({ said: "Ctrl Enter", enabled: false });
    const project = addWorkedProject(client.engine, "Tickets", 120, 1);
    await app.openProject(project.id, "prompts");
    await waitFor(() => expect(line("save-version")?.enabled).toBe(true));
    expect(line("start-training")?.enabled).toBe(false);
    client.chooseMenu("save-version");
    await screen.findByRole("dialog", { name: /Save/ });
    await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
    await waitFor(() => expect(document.querySelector("dialog[open]")).toBeNull());
    client.chooseMenu("new-run");
    await waitFor(() => expect(line("start-training")?.enabled).toBe(true));
    expect(line("save-version")?.enabled).toBe(false);
  });

  it("does what the palette does, and nothing behind a dialog", async () => {
    render(App);
    const project = addWorkedProject(client.engine, "Tickets", 120, 1);
    await app.openProject(project.id, "data");
    client.chooseMenu("compare");
    expect(app.screen).toBe("compare");
    client.chooseMenu("palette");
    await screen.findByRole("dialog", { name: "Search or run" });
    client.chooseMenu("settings");
    await screen.findByRole("dialog", { name: "Settings" });
    client.chooseMenu("data");
    expect(app.screen).toBe("compare");
    await userEvent.keyboard("{Escape}");
    app.sheet = null;
    await waitFor(() => expect(document.querySelector("dialog[open]")).toBeNull());
    client.chooseMenu("data");
    expect(app.screen).toBe("data");
  });

  it("gives the focused field what its keys would", async () => {
    render(App);
    const field = document.createElement("input");
    document.body.append(field);
    const keys: string[] = [];
    field.addEventListener("keydown", (event) => {
      keys.push(`${event.ctrlKey ? "Ctrl " : ""}${event.shiftKey ? "Shift " : ""}${event.key}`);
      event.preventDefault();
    });
    field.focus();
    for (const id of ["edit-undo", "edit-redo", "edit-copy", "edit-find"]) client.chooseMenu(id);
    expect(keys).toEqual(["Ctrl z", "Ctrl Shift Z", "Ctrl c", "Ctrl f"]);
    field.remove();
  });
});
