import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { addWorkedProject } from "../../api/memory/scenario";
import type { MemoryClient } from "../../api/memory";
import { onWindowKey } from "../../app/shortcuts";
import { app } from "../../app/state.svelte";
import { freshWindow } from "../../testing/window";
import SettingsSheet from "./SettingsSheet.svelte";

let client: MemoryClient;
beforeEach(() => {
  client = freshWindow();
});

async function open(page: string) {
  await app.start();
  render(SettingsSheet);
  await userEvent.click(screen.getByRole("tab", { name: page }));
}

describe("Settings", () => {
  it("changes the theme at once and keeps it", async () => {
    await open("General");
    await userEvent.click(screen.getByLabelText("Dark"));
    expect(document.documentElement.dataset.theme).toBe("dark");
    await waitFor(() => expect(client.engine.keeping.settings.theme).toBe("dark"));
    expect(client.frameTheme).toBe("dark");
    await userEvent.click(screen.getByLabelText("Light"));
    expect(document.documentElement.dataset.theme).toBe("light");
    expect(client.frameTheme).toBe("light");
    await userEvent.click(screen.getByLabelText("System"));
    expect(client.frameTheme).toBeNull();
  });

  it("scales the whole window with the text size", async () => {
    await open("General");
    await fireEvent.change(screen.getByLabelText("Text size"), { target: { value: "150" } });
    expect(document.documentElement.style.fontSize).toBe("150%");
    await userEvent.click(screen.getByRole("button", { name: "Reset" }));
    expect(document.documentElement.style.fontSize).toBe("");
  });

  it("says where data and keys are", async () => {
    client.engine.keeping.keychain = {
      available: false,
      message: "No keychain answers: keys last until you close MLprompt.",
    };
    await open("Data and backups");
    expect(screen.getByText("/home/you/.local/share/mlprompt")).toBeTruthy();
    expect(screen.getByText("this session only")).toBeTruthy();
    expect(screen.getByText(/keys last until you close/)).toBeTruthy();
  });

  async function priceOf(field: "in" | "out", text: string, number = 1) {
    const price = screen.getByLabelText(`Dollars per million tokens ${field}, price ${number}`);
    await fireEvent.input(price, { target: { value: text } });
    await fireEvent.change(price);
  }

  async function addPrice(number: number) {
    await userEvent.click(screen.getByRole("button", { name: "Add a price" }));
    // The new row is where one goes on.
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText(`Model of price ${number}`)));
    await userEvent.type(screen.getByLabelText(`Model of price ${number}`), "my-model");
    await userEvent.tab();
  }

  it("keeps the user's own prices beside those that came with the program", async () => {
    await open("Prices");
    expect(await screen.findByText(/as of 2026-09-05/)).toBeTruthy();
    await addPrice(1);
    await priceOf("in", "2");
    expect(client.engine.keeping.prices).toEqual([]);
    await priceOf("out", "0");
    await waitFor(() => expect(client.engine.keeping.prices).toMatchObject([{ model: "my-model" }]));
    await userEvent.click(screen.getByRole("button", { name: "Save the prices as CSV" }));
    expect(client.saved.get("prices.csv")?.split("\r\n").slice(0, 3)).toEqual([
      'model,in,out,"in, cached",from',
      "my-model,2,0,,yours",
      "gpt-4.1-mini,0.4,1.6,0.1,shipped",
    ]);
    await userEvent.click(screen.getByRole("button", { name: "Remove the price of my-model" }));
    await waitFor(() => expect(client.engine.keeping.prices).toEqual([]));
  });

  it("names each figure of a price beside it too, for where there is no room for a head, and stays a table", async () => {
    await open("Prices");
    await addPrice(1);
    await priceOf("in", "0.00375");
    const row = screen.getByLabelText("Model of price 1").closest("tr")!;
    const field = screen.getByLabelText("Dollars per million tokens in, cached, price 1").closest(".field")!;
    expect(field.querySelector("[aria-hidden=true]")?.textContent).toBe("$ / M in, cached");
    expect(screen.getByLabelText<HTMLInputElement>("Dollars per million tokens in, price 1").value).toBe("0.00375");
    // Lines that are laid out as blocks are none of a table any more, unless they say so.
    for (const part of [row, ...row.children, row.closest("table")!]) expect(part.hasAttribute("role")).toBe(true);
    expect(within(row.closest("table")!).getAllByRole("columnheader")).toHaveLength(4);
  });

  it("marks the price that is refused, beside the words, and takes none for nothing", async () => {
    await open("Prices");
    const marked = () =>
      [...document.querySelectorAll("[aria-invalid=true]")].map((field) => field.getAttribute("aria-label"));
    const [into, out] = ["in", "out"].map((field) => `Dollars per million tokens ${field}, price 1`);
    await addPrice(1);
    // What is missing may still come, as long as the row has the focus.
    expect(marked()).toEqual([]);
    screen.getByRole("button", { name: "Add a price" }).focus();
    await waitFor(() => expect(marked()).toEqual([into, out]));
    expect(screen.getAllByText("A number is needed.")).toHaveLength(2);
    await priceOf("in", "2");
    await priceOf("out", "3");
    expect(marked()).toEqual([]);
    await waitFor(() => expect(client.engine.keeping.prices).toMatchObject([{ input: 2, output: 3 }]));
    await addPrice(2);
    expect(marked()[0]).toBe("Model of price 2");
    await userEvent.click(screen.getAllByRole("button", { name: "Remove the price of my-model" })[1]!);
    expect(marked()).toEqual([]);
    await priceOf("in", "-2");
    expect(await screen.findByText("At least 0.")).toBeTruthy();
    expect(marked()).toEqual([into]);
    await priceOf("in", "4");
    await waitFor(() => expect(client.engine.keeping.prices).toMatchObject([{ input: 4 }]));
    // "2,5" has no value where a point is meant: it stays, marked, and the last price counts.
    await priceOf("in", "");
    expect(marked()).toEqual([into]);
    expect(client.engine.keeping.prices).toMatchObject([{ input: 4 }]);
    await priceOf("in", "4");
    // Of cached tokens none is a price like the others', but what cannot be read is not none.
    const cached = screen.getByLabelText<HTMLInputElement>("Dollars per million tokens in, cached, price 1");
    const unreadable = vi.spyOn(cached.validity, "badInput", "get").mockReturnValue(true);
    await fireEvent.change(cached);
    expect(marked()).toEqual(["Dollars per million tokens in, cached, price 1"]);
    unreadable.mockRestore();
    await fireEvent.change(cached);
    expect(marked()).toEqual([]);
  });

  it("does not close over a price that is not whole", async () => {
    await open("Prices");
    await addPrice(1);
    await priceOf("in", "-2");
    await userEvent.click(screen.getByRole("button", { name: "Done" }));
    expect(await screen.findByText(/A price is not whole, so it is not saved/)).toBeTruthy();
    await userEvent.click(screen.getByRole("tab", { name: "About" }));
    expect(screen.getByRole("tab", { name: "Prices", selected: true })).toBeTruthy();
    await priceOf("in", "2");
    await priceOf("out", "3");
    await userEvent.click(screen.getByRole("button", { name: "Done" }));
    expect(app.sheet).toBeNull();
  });

  it("checks the database and says what is wrong with it", async () => {
    await open("Data and backups");
    await userEvent.click(screen.getByRole("button", { name: "Check integrity" }));
    expect(await screen.findByText("The database is sound (1.5 MB).")).toBeTruthy();
    client.engine.keeping.problems = ["Tree 12 page 40: btreeInitPage() returns error code 11"];
    await userEvent.click(screen.getByRole("button", { name: "Check integrity" }));
    expect((await screen.findByRole("alert")).textContent).toContain("The database is damaged");
    expect(screen.getByText(/Tree 12 page 40/)).toBeTruthy();
  });

  it("saves a copy where the user says, and is silent when the user backs out", async () => {
    await open("Data and backups");
    await userEvent.click(screen.getByRole("button", { name: "Save a copy" }));
    expect(await screen.findByText(/The copy is \/home\/you\/mlprompt-copy.db/)).toBeTruthy();
    client.copyPath = null;
    await userEvent.click(screen.getByRole("button", { name: "Save a copy" }));
    await waitFor(() => expect(screen.queryByText(/The copy is/)).toBeNull());
  });

  it("restores a backup after a question, and never while a run is active", async () => {
    const path = "/home/you/mlprompt.db.backups/2026-09-05.db";
    client.engine.keeping.backups = [{ path, made_at: 0, bytes: 2_000_000 }];
    const project = addWorkedProject(client.engine, "Tickets", 60, 1);
    const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "live" });
    await open("Data and backups");
    await userEvent.click(await screen.findByRole("button", { name: "Restore 2026-09-05.db…" }));
    const question = screen.getByRole("group", { name: "Restore 2026-09-05.db?" });
    expect(question.textContent).toContain("The present database is kept as a backup, and MLprompt starts again.");
    expect(client.restored).toEqual([]);
    await waitFor(() =>
      expect(document.activeElement).toBe(screen.getByRole("button", { name: "Restore and start again" })),
    );
    await userEvent.click(screen.getByRole("button", { name: "Restore and start again" }));
    expect((await screen.findByRole("alert")).textContent).toContain("A run is active.");
    expect(client.restored).toEqual([]);
    // What was said of the last attempt is not said of the next one.
    await userEvent.click(screen.getByRole("button", { name: "Restore 2026-09-05.db…" }));
    expect(screen.queryByRole("alert")).toBeNull();
    client.engine.run(run.id).stop();
    await userEvent.click(screen.getByRole("button", { name: "Restore and start again" }));
    await waitFor(() => expect(client.restored).toEqual([path]));
    await waitFor(() => expect(screen.queryByRole("group", { name: /^Restore/ })).toBeNull());
    await userEvent.click(screen.getByRole("button", { name: "Restore 2026-09-05.db…" }));
    await userEvent.click(screen.getByRole("button", { name: "Keep what is here" }));
    expect(screen.queryByRole("group", { name: /^Restore/ })).toBeNull();
    expect(client.restored).toEqual([path]);
  });

  it("makes a backup by hand, and restores a copy that lies anywhere after the same question", async () => {
    await open("Data and backups");
    await userEvent.click(await screen.findByRole("button", { name: "Back up now" }));
    expect(await screen.findByText(/^by-hand-.*\.db is made \(1\.5 MB\)/)).toBeTruthy();
    expect(screen.getByRole("row", { name: /by-hand-/ })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Restore from a file…" }));
    expect(screen.queryByRole("group", { name: /^Restore/ })).toBeNull();
    const pick = client.pickCopy.bind(client);
    client.pickCopy = () => Promise.reject(new Error("notes.txt is no database of MLprompt. Choose a copy."));
    await userEvent.click(screen.getByRole("button", { name: "Restore from a file…" }));
    expect((await screen.findByRole("alert")).textContent).toContain("notes.txt");
    client.pickCopy = pick;
    // The question about another file is not asked below what was wrong with the one before.
    await userEvent.click(screen.getByRole("button", { name: /^Restore by-hand-/ }));
    expect(screen.queryByRole("alert")).toBeNull();
    client.copyPick = { path: "/media/stick/mine.db", made_at: 0, bytes: 10 };
    await userEvent.click(screen.getByRole("button", { name: "Restore from a file…" }));
    const question = await screen.findByRole("group", { name: "Restore mine.db?" });
    expect(question.textContent).toContain("The present database is kept as a backup");
    expect(client.restored).toEqual([]);
    await userEvent.click(screen.getByRole("button", { name: "Restore and start again" }));
    await waitFor(() => expect(client.restored).toEqual(["/media/stick/mine.db"]));
  });

  it("says at the next start what was restored and where the database before it lies, until that is read", async () => {
    client.engine.keeping.restored = {
      from: "/media/stick/mine.db",
      kept: "/home/you/mlprompt.db.backups/replaced-1.db",
    };
    await app.start();
    const message =
      "Restored from /media/stick/mine.db. The database before it lies at /home/you/mlprompt.db.backups/replaced-1.db.";
    expect(app.toasts).toMatchObject([{ kind: "good", message, stays: true }]);
  });

  it("opens the data folder, and lists the copies that were made by themselves", async () => {
    client.engine.keeping.backups = [
      { path: "/home/you/mlprompt.db.backups/2026-09-05.db", made_at: 0, bytes: 2_000_000 },
    ];
    await open("Data and backups");
    expect((await screen.findByRole("row", { name: /2026-09-05\.db/ })).textContent).toContain("2.0 MB");
    await userEvent.click(screen.getByRole("button", { name: "Save the backups as CSV" }));
    expect(client.saved.get("backups.csv")).toBe(
      "file,made,bytes\r\n/home/you/mlprompt.db.backups/2026-09-05.db,1970-01-01T00:00:00.000Z,2000000\r\n",
    );
    await userEvent.click(screen.getByRole("button", { name: "Open the folder" }));
    expect(client.foldersOpened).toBe(1);
    const keep = screen.getByLabelText("Daily backups to keep");
    await userEvent.clear(keep);
    await userEvent.type(keep, "7");
    await userEvent.tab();
    await waitFor(() => expect(client.engine.keeping.settings.backups).toBe(7));
  });

  it("says when the first copy will be made, and lists hundreds of them", async () => {
    await open("Data and backups");
    expect(await screen.findByText(/^None yet\. The first one is made/)).toBeTruthy();
    cleanup();
    client.engine.keeping.backups = Array.from({ length: 400 }, (_, at) => ({
      path: `/home/you/mlprompt.db.backups/copy-${at}.db`,
      made_at: at,
      bytes: 1,
    }));
    await open("Data and backups");
    expect(await screen.findByText(/^400 copies, none with a key/)).toBeTruthy();
    // The list scrolls for itself, by keyboard as well.
    expect(screen.getByRole("region", { name: /backups/i }).tabIndex).toBe(0);
  });

  it("says why the copies cannot be listed", async () => {
    client.fail("list_backups", "The folder cannot be read.");
    await open("Data and backups");
    expect((await screen.findByRole("alert")).textContent).toBe("The folder cannot be read.");
  });

  it("switches the notifications off", async () => {
    await open("General");
    await userEvent.click(screen.getByRole("checkbox", { name: "Tell on the desktop when a run ends" }));
    await waitFor(() => expect(client.engine.keeping.settings.notify).toBe(false));
  });

  it("switches single keys off, and they do nothing then", async () => {
    const project = addWorkedProject(client.engine, "Support", 30, 0);
    await open("General");
    await app.openProject(project.id, "data");
    await userEvent.click(screen.getByRole("checkbox", { name: "Single keys work everywhere" }));
    await waitFor(() => expect(client.engine.keeping.settings.single_keys).toBe(false));
    const press = (key: string) => onWindowKey(new KeyboardEvent("keydown", { key, cancelable: true }));
    cleanup();
    app.sheet = null;
    for (const key of ["2", "?"]) press(key);
    expect([app.screen, app.sheet]).toEqual(["data", null]);
    app.settings = { ...app.settings, single_keys: true };
    press("2");
    expect(app.screen).toBe("prompts");
  });

  it("lists every key, and stays on the page that was open last", async () => {
    await open("Shortcuts");
    expect(screen.getByText("Find and replace in an editor")).toBeTruthy();
    cleanup();
    render(SettingsSheet);
    expect(screen.getByRole("tab", { name: "Shortcuts" }).getAttribute("aria-selected")).toBe("true");
  });

  it("names the parts of the program, each with its licence and the text of it", async () => {
    await open("About");
    expect(screen.getByText("Licence").nextElementSibling?.textContent).toMatch(/MIT/);
    const details = screen.getByText("Licences of what it is made of").closest("details")!;
    details.open = true;
    await fireEvent(details, new Event("toggle"));
    await userEvent.type(await screen.findByLabelText("Filter the parts"), "svelte");
    expect(screen.getAllByText("MIT").length).toBeGreaterThan(0);
    await userEvent.click(screen.getByRole("button", { name: "svelte" }));
    expect(screen.getByText(/Permission is hereby granted/)).toBeTruthy();
  });
});
