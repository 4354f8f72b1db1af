import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { tickets } from "../../api/memory/corpus";
import { app } from "../../app/state.svelte";
import { freshWindow } from "../../testing/window";
import DataScreen from "./DataScreen.svelte";

let client: MemoryClient;

beforeEach(async () => {
  client = freshWindow();
  const made = client.engine.addProject("Support routing");
  client.engine.addDataset(made, tickets(600), "tickets.csv");
  await app.openProject(made.id, "data");
});

async function open() {
  render(DataScreen);
  const card = await screen.findByRole("region", { name: "Lengths" });
  const figure = (name: string) => within(within(card).getByText(name, { selector: "b" }).closest("figure")!);
  return { card, input: figure("Input"), truth: figure("Ground truth") };
}

describe("the lengths", () => {
  it("are drawn in characters and tokens", async () => {
    const { card, input, truth } = await open();
    const said = () => truth.getByRole("slider").getAttribute("aria-valuetext");
    expect(input.getByText(/^Input in characters: from \d.*half of them at most \d+\.$/)).toBeDefined();
    expect(said()).toMatch(/^Ground truth in characters: from/);
    await userEvent.click(within(card).getByLabelText("tokens"));
    expect(said()).toMatch(/^Ground truth in tokens: from/);
  });

  it("are walked through with arrow keys, each bar by its range and count", async () => {
    const { input } = await open();
    const slider = input.getByRole("slider", { name: "Lengths of input in characters" });
    const said = () => slider.getAttribute("aria-valuetext")!;
    await fireEvent.keyDown(slider, { key: "ArrowRight" });
    const first = said();
    expect(first).toMatch(/^\d+( to \d+)? characters: \d+ examples?$/);
    expect(input.getByText(first)).toBeDefined();
    await fireEvent.keyDown(slider, { key: "ArrowRight" });
    expect(said()).not.toBe(first);
    await fireEvent.keyDown(slider, { key: "End" });
    expect(Number(slider.getAttribute("aria-valuenow"))).toBe(Number(slider.getAttribute("aria-valuemax")));
    await fireEvent.keyDown(slider, { key: "Home" });
    expect(said()).toBe(first);
    await fireEvent.keyDown(slider, { key: "Escape" });
    expect(input.getByText(/^half ≤ /)).toBeDefined();
  });

  it("are shown as a table, which is saved", async () => {
    const { input, truth } = await open();
    await userEvent.click(input.getByRole("button", { name: "Show as table" }));
    expect(truth.queryByRole("table")).toBeNull();
    const rows = input.getAllByRole("row").slice(1);
    const counts = rows.map((row) => Number(within(row).getByRole("cell").textContent));
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(600);
    await userEvent.click(input.getByRole("button", { name: /^Save .* as CSV$/ }));
    await waitFor(() =>
      expect(client.saved.get("lengths-of-input.csv")).toMatch(
        /^characters from,characters to,examples\r\n\d+,\d+,\d+/,
      ),
    );
  });

  it("are saved as a picture that says what it shows", async () => {
    const { truth } = await open();
    await userEvent.click(truth.getByRole("button", { name: "Save or copy the chart" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Save as SVG" }));
    await waitFor(() => expect(client.saved.has("lengths-of-ground-truth.svg")).toBe(true));
    const svg = client.saved.get("lengths-of-ground-truth.svg")!;
    expect(svg).toContain("Lengths of ground truth in characters");
    expect(svg).toMatch(/95 % at most \d+\./);
    expect(svg.match(/<rect /g)!.length).toBeGreaterThan(2);
  });
});
