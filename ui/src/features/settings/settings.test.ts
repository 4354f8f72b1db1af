import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { app } from "../../app/state.svelte";
import { freshWindow } from "../../testing/window";
import SettingsSheet from "./SettingsSheet.svelte";

let client: MemoryClient;
beforeEach(() => {
  client = freshWindow();
});

describe("Settings", () => {
  it("changes the theme at once and keeps it", async () => {
    await app.start();
    render(SettingsSheet);
    await userEvent.click(screen.getByLabelText("Dark"));
    expect(document.documentElement.dataset.theme).toBe("dark");
    await waitFor(() => expect(client.engine.settings.theme).toBe("dark"));
    await userEvent.click(screen.getByLabelText("Light"));
    expect(document.documentElement.dataset.theme).toBe("light");
  });

  it("scales the whole window with the text size", async () => {
    await app.start();
    render(SettingsSheet);
    await fireEvent.change(screen.getByLabelText("Text size"), { target: { value: "150" } });
    expect(document.documentElement.style.fontSize).toBe("150%");
    await userEvent.click(screen.getByRole("button", { name: "Reset" }));
    expect(document.documentElement.style.fontSize).toBe("");
  });

  it("says where data and keys are", async () => {
    client.engine.keychain = { available: false, message: "No keychain answers: keys last until you close MLprompt." };
    await app.start();
    render(SettingsSheet);
    expect(screen.getByText("/home/you/.local/share/mlprompt")).toBeTruthy();
    expect(screen.getByText("this session only")).toBeTruthy();
    expect(screen.getByText(/keys last until you close/)).toBeTruthy();
  });

  it("keeps the user's own prices beside those that came with the program", async () => {
    render(SettingsSheet);
    expect(await screen.findByText(/as of 2026-09-05/)).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Add a price" }));
    await userEvent.type(screen.getByLabelText("Model of price 1"), "my-model");
    await userEvent.tab();
    await waitFor(() => expect(client.engine.prices).toMatchObject([{ model: "my-model" }]));
    await userEvent.click(screen.getByRole("button", { name: "Remove the price of my-model" }));
    await waitFor(() => expect(client.engine.prices).toEqual([]));
  });

  it("checks the database and says what is wrong with it", async () => {
    await app.start();
    render(SettingsSheet);
    await userEvent.click(screen.getByRole("button", { name: "Check integrity" }));
    expect(await screen.findByText("The database is sound (1.5 MB).")).toBeTruthy();
    client.engine.problems = ["Tree 12 page 40: btreeInitPage() returns error code 11"];
    await userEvent.click(screen.getByRole("button", { name: "Check integrity" }));
    expect((await screen.findByRole("alert")).textContent).toContain("The database is damaged");
    expect(screen.getByText(/Tree 12 page 40/)).toBeTruthy();
  });

  it("saves a copy where the user says, and is silent when the user backs out", async () => {
    await app.start();
    render(SettingsSheet);
    await userEvent.click(screen.getByRole("button", { name: "Save a copy" }));
    expect(await screen.findByText(/The copy is \/home\/you\/mlprompt-copy.db/)).toBeTruthy();
    client.copyPath = null;
    await userEvent.click(screen.getByRole("button", { name: "Save a copy" }));
    await waitFor(() => expect(screen.queryByText(/The copy is/)).toBeNull());
  });
});
