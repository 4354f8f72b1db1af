import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { edits } from "../../app/edits.svelte";
import { app } from "../../app/state.svelte";
import { freshWindow } from "../../testing/window";
import SettingsSheet from "./SettingsSheet.svelte";

let client: MemoryClient;
beforeEach(async () => {
  client = freshWindow();
  await app.start();
  const price = { input: 2, output: 3, cached_input: null };
  client.engine.keeping.prices = ["one", "two"].map((model) => ({ ...price, model }));
});

async function open() {
  const sheet = render(SettingsSheet);
  await userEvent.click(screen.getByRole("tab", { name: "Prices" }));
  await screen.findByLabelText("Model of price 1");
  return sheet;
}

const kept = () => client.engine.keeping.prices.map(({ model, input }) => [model, input]);
const written = () => screen.getAllByLabelText<HTMLInputElement>(/^Model of price/).map(({ value }) => value);
const remove = (model: string) => userEvent.click(screen.getByRole("button", { name: `Remove the price of ${model}` }));

async function priceOf(number: number, field: "in" | "out", text: string) {
  const price = screen.getByLabelText(`Dollars per million tokens ${field}, price ${number}`);
  await fireEvent.input(price, { target: { value: text } });
  await fireEvent.change(price);
}

describe("the user's own prices", () => {
  it("come back when one was removed, with the button, with the keys, and once the settings are closed", async () => {
    const { unmount } = await open();
    await remove("two");
    expect(await screen.findByText("The price of “two” is removed.")).toBeTruthy();
    expect(kept()).toEqual([["one", 2]]);
    const undo = screen.getByRole("button", { name: "Undo" });
    // The button that had the focus is gone with its row.
    await waitFor(() => expect(document.activeElement).toBe(undo));
    await userEvent.click(undo);
    await waitFor(() => expect(written()).toEqual(["one", "two"]));
    expect(kept()).toEqual([
      ["one", 2],
      ["two", 2],
    ]);
    await userEvent.keyboard("{Control>}{Shift>}z{/Shift}{/Control}");
    await waitFor(() => expect(written()).toEqual(["one"]));
    await userEvent.keyboard("{Control>}z{/Control}");
    await waitFor(() => expect(written()).toEqual(["one", "two"]));
    await remove("one");
    await screen.findByText("The price of “one” is removed.");
    unmount();
    await edits.undo();
    expect(kept()).toEqual([
      ["one", 2],
      ["two", 2],
    ]);
    await edits.redo();
    expect(kept()).toEqual([["two", 2]]);
    await open();
    expect(written()).toEqual(["two"]);
  });

  it("are as they were before one was changed or added, one step at a time", async () => {
    await open();
    await priceOf(1, "in", "9");
    expect(await screen.findByText("The price of “one” is saved.")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Add a price" }));
    const model = screen.getByLabelText("Model of price 3");
    await fireEvent.change(model, { target: { value: "three" } });
    await priceOf(3, "in", "1");
    await priceOf(3, "out", "1");
    expect(await screen.findByText("The price of “three” is added.")).toBeTruthy();
    expect(edits.toUndo).toBe("Add the price of “three”");
    // In a field the keys are about what is written there.
    model.focus();
    await userEvent.keyboard("{Control>}z{/Control}");
    expect(kept()).toHaveLength(3);
    await userEvent.click(screen.getByRole("button", { name: "Undo" }));
    await waitFor(() => expect(written()).toEqual(["one", "two"]));
    expect(screen.getByText("Undone: Add the price of “three”.")).toBeTruthy();
    expect(kept()).toEqual([
      ["one", 9],
      ["two", 2],
    ]);
    await userEvent.click(screen.getByRole("button", { name: "Undo" }));
    await waitFor(() =>
      expect(kept()).toEqual([
        ["one", 2],
        ["two", 2],
      ]),
    );
    expect(screen.getByLabelText<HTMLInputElement>("Dollars per million tokens in, price 1").value).toBe("2");
  });

  it("leave a row that is being filled in where it is, and say what could not be saved", async () => {
    await open();
    await remove("two");
    await screen.findByText("The price of “two” is removed.");
    await userEvent.click(screen.getByRole("button", { name: "Add a price" }));
    await fireEvent.change(screen.getByLabelText("Model of price 2"), { target: { value: "half" } });
    client.fail("save_prices", "The disk is full.");
    await userEvent.click(screen.getByRole("button", { name: "Undo" }));
    expect(await screen.findByText("The disk is full.")).toBeTruthy();
    expect(written()).toEqual(["one", "half"]);
    client.heal("save_prices");
    await userEvent.click(screen.getByRole("button", { name: "Undo" }));
    await waitFor(() => expect(written()).toEqual(["one", "two", "half"]));
    expect(screen.queryByText("The disk is full.")).toBeNull();
    expect(kept()).toEqual([
      ["one", 2],
      ["two", 2],
    ]);
  });
});
