import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { edits } from "../../app/edits.svelte";
import { app } from "../../app/state.svelte";
import { asked } from "../../testing/client";
import { freshWindow } from "../../testing/window";
import ConnectionsSheet from "./ConnectionsSheet.svelte";
import { fromPreset, PRESETS } from "./presets";

let client: MemoryClient;
/** A change of another screen: what is done in the sheet never takes it back. */
let elsewhere = 1;

beforeEach(async () => {
  client = freshWindow();
  await app.start();
  elsewhere = 1;
  edits.record({ name: "elsewhere", undo: () => (elsewhere = 0), redo: () => (elsewhere = 1) });
});

const names = () => client.engine.connections.list.slice(1).map(({ name }) => name);
const secrets = () => [...client.engine.connections.secrets.values()];
const back = () => userEvent.keyboard("{Control>}z{/Control}");
const forward = () => userEvent.keyboard("{Control>}{Shift>}z{/Shift}{/Control}");

async function add() {
  const sheet = render(ConnectionsSheet);
  await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
  await userEvent.type(screen.getByLabelText("API key"), "sk");
  await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
  return sheet;
}

async function edit(change: () => Promise<void>) {
  client.engine.handle("save_connection", { connection: fromPreset(PRESETS[0]!), secret: "sk" });
  const sheet = render(ConnectionsSheet);
  await userEvent.click(await screen.findByRole("button", { name: "Edit OpenAI" }));
  await change();
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  return sheet;
}

async function rename(to: string) {
  await userEvent.clear(screen.getByLabelText("Name"));
  await userEvent.type(screen.getByLabelText("Name"), to);
}

describe("a connection that was added", () => {
  it("has the focus itself, so that one more Enter does not undo it", async () => {
    await add();
    await waitFor(() => expect(document.activeElement?.getAttribute("aria-label")).toBe("Edit OpenAI"));
    await userEvent.keyboard("{Enter}");
    expect(await screen.findByRole("heading", { name: "Connection “OpenAI”" })).toBeTruthy();
    expect(names()).toEqual(["OpenAI"]);
  });

  it("is taken back and added again in the sheet, with its key, and by the window once the sheet is closed", async () => {
    const { unmount } = await add();
    expect(await screen.findByText("“OpenAI” is added.")).toBeTruthy();
    // A message of the window would lie behind the sheet.
    expect(app.toasts).toEqual([]);
    await userEvent.click(screen.getByRole("button", { name: "Undo" }));
    expect(await screen.findByText("Undone: Add “OpenAI”.")).toBeTruthy();
    expect([names(), secrets(), elsewhere]).toEqual([[], [], 1]);
    expect(screen.queryByRole("button", { name: "Edit OpenAI" })).toBeNull();
    // What was changed elsewhere stays behind the sheet.
    await back();
    expect(elsewhere).toBe(1);
    await forward();
    expect(await screen.findByRole("button", { name: "Edit OpenAI" })).toBeTruthy();
    expect([names(), secrets()]).toEqual([["OpenAI"], ["sk"]]);
    unmount();
    expect(edits.toUndo).toBe("Add “OpenAI”");
    await edits.undo();
    expect([names(), elsewhere]).toEqual([[], 1]);
  });

  it("says in the sheet when a run needs it, and stays in the history", async () => {
    await add();
    await screen.findByText("“OpenAI” is added.");
    client.fail("delete_connection", "“OpenAI” is needed: “run 1” has not ended.");
    await back();
    expect((await screen.findByRole("alert")).textContent).toBe("“OpenAI” is needed: “run 1” has not ended.");
    expect(names()).toEqual(["OpenAI"]);
    client.heal("delete_connection");
    await back();
    await waitFor(() => expect(names()).toEqual([]));
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("a connection that was changed", () => {
  it("is kept as it was, and again as it became", async () => {
    const { unmount } = await edit(() => rename("Mine"));
    expect(await screen.findByText("“Mine” is saved.")).toBeTruthy();
    expect(app.toasts).toEqual([]);
    await back();
    expect(await screen.findByText("Undone: Change “OpenAI”.")).toBeTruthy();
    expect(await screen.findByRole("button", { name: "Edit OpenAI" })).toBeTruthy();
    await forward();
    expect(await screen.findByRole("button", { name: "Edit Mine" })).toBeTruthy();
    expect(await screen.findByText("“Mine” is saved.")).toBeTruthy();
    unmount();
    await edits.undo();
    expect([names(), secrets(), elsewhere]).toEqual([["OpenAI"], ["sk"], 1]);
    expect(asked(client, "save_connection").slice(1)).toMatchObject([
      { connection: { name: "OpenAI" }, secret: null },
      { connection: { name: "Mine" }, secret: null },
      { connection: { name: "OpenAI" }, secret: null },
    ]);
  });

  it("keeps a key that was typed, and says so; what the engine refuses stays in the history", async () => {
    await edit(async () => {
      await rename("Mine");
      await userEvent.type(screen.getByLabelText("API key"), "sk-new");
    });
    expect(await screen.findByText("“Mine” is saved. Undo keeps the new key.")).toBeTruthy();
    client.fail("save_connection", "The key of “Mine” was entered for another host. Enter it again.");
    await userEvent.click(screen.getByRole("button", { name: "Undo" }));
    expect((await screen.findByRole("alert")).textContent).toContain("was entered for another host");
    expect([names(), edits.toUndo]).toEqual([["Mine"], "Change “OpenAI”"]);
    client.heal("save_connection");
    await userEvent.click(screen.getByRole("button", { name: "Undo" }));
    await screen.findByRole("button", { name: "Edit OpenAI" });
    expect(secrets()).toEqual(["sk-new"]);
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("leaves nothing to take back where nothing but a key, or nothing at all, is another one", async () => {
    await edit(async () => {
      await userEvent.type(screen.getByLabelText("API key"), "sk-new");
    });
    expect(await screen.findByText("The new key of “OpenAI” is saved; this cannot be undone.")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Edit OpenAI" }));
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText("“OpenAI” is saved.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
    expect(edits.toUndo).toBe("elsewhere");
  });
});

it("walks back over all that was done in the sheet, however fast the keys come, and forward again", async () => {
  await edit(() => rename("Mine"));
  await userEvent.click(await screen.findByRole("button", { name: "Delete Mine" }));
  await screen.findByText(/^“Mine” is deleted/);
  await userEvent.keyboard("{Control>}zzz{/Control}");
  await waitFor(() => expect(names()).toEqual(["OpenAI"]));
  await waitFor(() => expect(screen.queryByRole("button", { name: "Undo" })).toBeNull());
  expect(elsewhere).toBe(1);
  await userEvent.keyboard("{Control>}{Shift>}z{/Shift}y{/Control}");
  await waitFor(() => expect(names()).toEqual([]));
  expect(await screen.findByText(/^“Mine” is deleted/)).toBeTruthy();
});

it("leaves the keys to the form and its texts while one is open", async () => {
  await add();
  await userEvent.click(await screen.findByRole("button", { name: "Edit OpenAI" }));
  screen.getByLabelText("Name").focus();
  await back();
  screen.getByRole("button", { name: "Back" }).focus();
  await back();
  expect([names(), elsewhere]).toEqual([["OpenAI"], 1]);
});
