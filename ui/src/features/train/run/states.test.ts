import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { CommandName } from "../../../api/client";
import type { MemoryClient } from "../../../api/memory";
import { addWorkedProject } from "../../../api/memory/scenario";
import { app } from "../../../app/state.svelte";
import { freshClient } from "../../../testing/client";
import { place } from "../place.svelte";
import TrainScreen from "../TrainScreen.svelte";

let client: MemoryClient;
const OFFLINE = "The database is busy with another program. Close it and try again.";

beforeEach(() => {
  client = freshClient();
});

async function open() {
  const project = addWorkedProject(client.engine, "Tickets", 240, 1);
  const run = client.engine.runs[0]!;
  place.show(project.id, run.id, 1);
  await app.openProject(project.id, "train");
  render(TrainScreen);
  return run;
}

describe("what could not be read", () => {
  it("is a run: said in its place, and read when it can be", async () => {
    client.fail("get_run", OFFLINE);
    const run = await open();
    expect((await screen.findByRole("alert")).textContent).toContain(OFFLINE);
    client.heal("get_run");
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("heading", { name: "Epoch 1" })).toBeTruthy();
    expect(run.epochs.length).toBeGreaterThan(1);
  });

  const LISTS: [tab: RegExp, command: CommandName, shown: RegExp][] = [
    [/^Still right/, "list_compared", /Still right, epoch 1/],
    [/^Failures/, "list_failures", /All failures, epoch 1/],
    [/^Calls/, "list_calls", /^Calls$/],
  ];
  it.each(LISTS)("is the list of %s", async (tab, command, shown) => {
    client.fail(command, OFFLINE);
    await open();
    await userEvent.click(await screen.findByRole("tab", { name: tab }));
    expect((await screen.findByRole("alert")).textContent).toContain(OFFLINE);
    client.heal(command);
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("grid", { name: shown })).toBeTruthy();
  });
});

describe("lists of an epoch as files", () => {
  it("hold every row, whatever is on the page", async () => {
    const run = await open();
    await userEvent.click(await screen.findByRole("tab", { name: /^Still right/ }));
    await userEvent.click(await screen.findByRole("button", { name: "Save these examples as CSV" }));
    const rows = run
      .compared(run.bestBefore(1), run.candidate(1)!, "validation")
      .filter((row) => row.bucket === "still_right");
    await waitFor(() =>
      expect(client.saved.get("epoch-1-still-right.csv")?.trim().split("\r\n")).toHaveLength(rows.length + 1),
    );
    await userEvent.click(screen.getByRole("tab", { name: "Calls" }));
    await userEvent.click(await screen.findByRole("button", { name: "Save these calls as CSV" }));
    await waitFor(() => expect(client.saved.get("calls.csv")).toMatch(/^time,epoch,role,ended/));
    await userEvent.click(screen.getByRole("tab", { name: "Cost" }));
    await userEvent.click(await screen.findByRole("button", { name: /^Save roles, epoch 1/ }));
    await waitFor(() => expect([...client.saved.keys()].some((name) => name.endsWith("epoch-1-roles.csv"))).toBe(true));
  });

  it("includes the certificate of the run, as Markdown", async () => {
    const run = await open();
    await userEvent.click(await screen.findByRole("button", { name: `More for run ${run.name}` }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Save certificate (Markdown)" }));
    await waitFor(() => expect([...client.saved.keys()].some((name) => name.endsWith(".certificate.md"))).toBe(true));
  });

  it("has a picture of the confusion and of the learning map, in the colours of any style sheet, that says what it is", async () => {
    // As a built style sheet has them, which shortens what it can.
    const colours = { "--panel": "#fff", "--good": "#0a7049", "--bad": "rgb(184 40 51)", "--warn": "#850" };
    const paint = (selector: string) => {
      for (const box of document.querySelectorAll<HTMLElement>(selector)) {
        for (const [name, colour] of Object.entries(colours)) box.style.setProperty(name, colour);
      }
    };
    const run = await open();
    await userEvent.click(await screen.findByRole("tab", { name: "Confusion" }));
    const [menu] = await screen.findAllByRole("button", { name: "Save or copy the chart" });
    expect(menu).toBeTruthy();
    const user = userEvent.setup({ pointerEventsCheck: 0 });
    const menus = await screen.findAllByRole("button", { name: "Save or copy the chart" });
    paint("figure");
    await user.click(menus.at(-1)!);
    await user.click(await screen.findByRole("menuitem", { name: "Save as SVG" }));
    await waitFor(() => expect([...client.saved.keys()].some((name) => /^confusion-.*\.svg$/.test(name))).toBe(true));
    const svg = [...client.saved].find(([name]) => name.startsWith("confusion-"))![1];
    expect(svg).toContain("billing");
    expect(svg).toContain("Simulated: the demo model took part.");
    for (const words of [`Run: ${run.name}.`, "Rows: true label.", ">Confusion, Epoch 1</text>"])
      expect(svg).toContain(words);
    const shares = (picture: string) =>
      [...new DOMParser().parseFromString(picture, "image/svg+xml").querySelectorAll("rect[rx]")]
        .filter((cell) => ["#0a7049", "rgb(184 40 51)"].includes(cell.getAttribute("fill")!))
        .map((cell) => Number(cell.getAttribute("fill-opacity")));
    expect(new Set(shares(svg)).size, "a scale").toBeGreaterThan(2);
    expect(Math.max(...shares(svg))).toBeLessThan(0.5);

    await user.click(screen.getByRole("tab", { name: "Learning map" }));
    await screen.findByRole("grid", { name: /^Learning map/ });
    paint(".map");
    await user.click((await screen.findAllByRole("button", { name: "Save or copy the chart" })).at(-1)!);
    await user.click(await screen.findByRole("menuitem", { name: "Save as SVG" }));
    const name = () => [...client.saved.keys()].find((known) => known.endsWith("learning-map.svg"));
    await waitFor(() => expect(name()).toBeTruthy());
    const map = client.saved.get(name()!)!;
    expect(new Set(shares(map))).toEqual(new Set([0.18]));
    for (const words of [">✓</text>", ">×</text>", "✓: match. ×: wrong."]) expect(map).toContain(words);
  });
});
