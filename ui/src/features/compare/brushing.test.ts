import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { addUnlikeRuns } from "../../api/memory/scenario";
import { app } from "../../app/state.svelte";
import { menuGone } from "../../testing/menu";
import { freshClient } from "../../testing/client";
import CompareScreen from "./CompareScreen.svelte";
import { forgetRunSet } from "./runSet.svelte";

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
  forgetRunSet();
  // The window the tests run in lays nothing out.
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(42);
});

async function open() {
  const project = addUnlikeRuns(client.engine, `Unlike ${Math.random()}`);
  await app.openProject(project.id, "compare");
  return { project, ...render(CompareScreen) };
}

/** Runs of 4 to 8 epochs, of which the one with 4 is not compared: so far it lets through those of 6 and more. */
async function fromSixEpochs(axis: HTMLElement) {
  for (let step = 0; step < 3; step += 1) await fireEvent.keyDown(axis, { key: "ArrowUp" });
}

describe("a filter on an axis", () => {
  it("pales what it leaves out in table, tokens and curves, and is let go of at the tokens or by Escape", async () => {
    await open();
    const axis = await screen.findByRole("slider", { name: /^Filter by most epochs/ });
    const through = () => screen.queryByText(/^\d of 4 compared runs let through/);
    expect(through()).toBeNull();
    const spoken = axis.getAttribute("aria-valuetext");
    expect(spoken).toBe("all let through");
    await fireEvent.keyDown(axis, { key: "ArrowUp" });
    expect(screen.getByText("4 of 5 runs inside")).toBeTruthy();
    expect(axis.getAttribute("aria-valuetext")).toBe("4 runs let through: 5 to 8");
    expect(document.querySelectorAll("tr.pale"), "a run that is not compared lies outside too").toHaveLength(1);
    expect(through()).toBeNull();
    await fromSixEpochs(axis);
    await waitFor(() => expect(through()?.textContent).toMatch(/^3 of 4 compared runs let through/));
    expect(document.querySelectorAll("tr.pale")).toHaveLength(2);
    const out = document.querySelectorAll("li.pale");
    expect(out).toHaveLength(1);
    const name = out[0]!.querySelector(".name")!.textContent!;
    const key = await screen.findByRole("button", { name: new RegExp(`${name}.*%`), pressed: false });
    expect(key.classList.contains("faded")).toBe(true);
    await userEvent.click(within(through()!).getByRole("button", { name: "Let all through" }));
    expect(through()).toBeNull();
    expect(document.querySelectorAll("tr.pale")).toHaveLength(0);
    await fromSixEpochs(axis);
    // In a field the key is about the field.
    await fireEvent.keyDown(screen.getByLabelText("Filter runs"), { key: "Escape" });
    expect(through()).not.toBeNull();
    await fireEvent.keyDown(document.body, { key: "Escape" });
    await waitFor(() => expect(through()).toBeNull());
  });

  it("takes out what it leaves out when only the others are wanted", async () => {
    await open();
    await fromSixEpochs(await screen.findByRole("slider", { name: /^Filter by most epochs/ }));
    const name = document.querySelector("li.pale .name")!.textContent!;
    await userEvent.click(screen.getAllByRole("button", { name: "Compare only these" })[0]!);
    const tokens = screen.getByRole("list", { name: "Compared runs" });
    await waitFor(() => expect(within(tokens).getAllByRole("listitem")).toHaveLength(3));
    expect(screen.queryByText(/let through/)).toBeNull();
    // The filter has done its work: who comes back is not left out by it.
    await userEvent.click(screen.getByRole("checkbox", { name: `Compare ${name}` }));
    await waitFor(() => expect(within(tokens).getAllByRole("listitem")).toHaveLength(4));
    expect(screen.queryByText(/let through/)).toBeNull();
  });
});

describe("of runs that are not compared", () => {
  it("one that lies inside comes in when only those inside are wanted", async () => {
    await open();
    const axis = await screen.findByRole("slider", { name: /^Filter by most epochs/ });
    const tokens = screen.getByRole("list", { name: "Compared runs" });
    expect(tokens.textContent).not.toContain("usual settings");
    for (let step = 0; step < 9; step += 1) await fireEvent.keyDown(axis, { key: "ArrowDown", shiftKey: true });
    expect(screen.getByText("1 of 5 runs inside")).toBeTruthy();
    await userEvent.click(screen.getAllByRole("button", { name: "Compare only these" })[0]!);
    await waitFor(() => expect(within(tokens).getAllByRole("listitem")).toHaveLength(1));
    expect(tokens.textContent).toContain("usual settings");
  });
});

describe("the axes", () => {
  it("are named within their room, and whole for whoever asks", async () => {
    await open();
    const chart = (await screen.findByRole("slider", { name: /^Filter by best validation/ })).closest("svg")!;
    const names = [...chart.querySelectorAll("text:has(tspan)")];
    const lines = names.map((name) => [...name.querySelectorAll("tspan")].map((line) => line.textContent));
    expect(names.at(-1)!.querySelector("title")!.textContent).toBe("best validation");
    expect(lines.at(-1)).toEqual(["best", "validation"]);
    expect(Math.max(...lines.flat().map((line) => line.length))).toBeLessThan(16);
  });
});

describe("the chart of the axes", () => {
  async function drawn(width: number) {
    vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(width);
    await open();
    const chart = (await screen.findByRole("slider", { name: /^Filter by best validation/ })).closest<HTMLElement>(
      ".chart",
    )!;
    const axes = within(chart).getAllByRole("slider");
    const end = Number(axes.at(-1)!.getAttribute("x")) + Number(axes.at(-1)!.getAttribute("width"));
    const picture = chart.querySelector("svg")!;
    return { chart, end, wide: Number(picture.getAttribute("width")), axes: axes.length };
  }

  it("is as wide as its card while axes stay readable", async () => {
    const { chart, wide, axes } = await drawn(560);
    expect(axes).toBe(6);
    expect(wide).toBe(560);
    expect(chart.className).not.toMatch(/more-/);
  });

  it("shows the result first where it has to scroll, and fades where more of it is", async () => {
    const { chart, wide, end } = await drawn(400);
    expect(wide).toBeGreaterThan(400);
    await waitFor(() => expect(chart.scrollLeft).toBe(wide - 400));
    expect(end).toBeLessThanOrEqual(wide);
    expect([...chart.classList]).toContain("more-before");
    expect([...chart.classList]).not.toContain("more-after");
    chart.scrollLeft = 0;
    await fireEvent.scroll(chart);
    expect([...chart.classList]).toContain("more-after");
    expect([...chart.classList]).not.toContain("more-before");
  });
});

describe("the screen", () => {
  it("keeps what gets the focus clear of the tokens", async () => {
    const { container } = await open();
    const body = container.querySelector<HTMLElement>(".body")!;
    await waitFor(() => expect(body.style.scrollPaddingTop).toContain("42px"));
  });

  it("keeps the order of its runs, and puts what they reached right after their names", async () => {
    const { project, unmount } = await open();
    const table = () => screen.getByRole("region", { name: "Runs" });
    const heads = within(table()).getAllByRole("columnheader");
    const order = heads.map((head) => head.textContent.replace(/[↑↓]/, "").trim());
    expect(order.slice(1, 4)).toEqual(["baseline run", "run", "best validation"]);
    await userEvent.click(within(table()).getByRole("button", { name: /^calls/ }));
    unmount();
    await app.openProject(project.id, "compare");
    render(CompareScreen);
    const calls = within(table()).getByRole("columnheader", { name: /^calls/ });
    expect(calls.getAttribute("aria-sort")).toBe("descending");
  });

  it("gives names and tags a share of its width alone, with the whole of them in a title", async () => {
    const { id } = addUnlikeRuns(client.engine, "Long names");
    const run = client.engine.runs.find((known) => known.project === id)!;
    run.name = "Before and after the last import 12";
    await app.openProject(id, "compare");
    render(CompareScreen);
    const table = screen.getByRole("region", { name: "Runs" });
    const link = await within(table).findByRole("button", { name: run.name });
    expect(link.title).toBe(run.name);
    expect(link.querySelector(".end")?.textContent).toBe("last import 12");
    const name = link.closest<HTMLElement>(".scroll")!.style.getPropertyValue("--name");
    expect(name).toMatch(/^calc\(min\(var\(--name-most\), \d+ch\) \+ 2rem \+ min\(var\(--tag-most\), [\d.]+rem\)\)$/);
    expect(within(link.closest("td")!).getByText("simulated").title).toMatch(/demo model/);
  });

  it("keeps its columns and what to group by while a filter finds nothing", async () => {
    await open();
    const offered = () => within(screen.getByLabelText("Group by")).getAllByRole("option").length;
    const columns = () => within(screen.getByRole("region", { name: "Runs" })).getAllByRole("columnheader").length;
    await userEvent.click(screen.getByRole("checkbox", { name: "differences only" }));
    await fireEvent.focus(screen.getByLabelText("Group by"));
    const before = [offered(), columns()];
    await userEvent.type(screen.getByLabelText("Filter runs"), "nothing like it");
    expect([offered(), columns()]).toEqual(before);
  });
});

describe("the picture of settings and results", () => {
  it("shows what is pinned, and not where the pointer is", async () => {
    await open();
    await screen.findByRole("slider", { name: /^Filter by most epochs/ });
    const rows = [...document.querySelectorAll("tbody tr")].filter((row) =>
      row.querySelector<HTMLInputElement>("input:checked"),
    );
    const card = screen.getByRole("heading", { name: "Settings and results" }).closest("section")!;
    const lines = () => [...card.querySelectorAll(".chart g")].map((line) => line.getAttribute("stroke-width"));
    const saved = async () => {
      client.saved.clear();
      await menuGone();
      await userEvent.click(within(card).getByRole("button", { name: "Save or copy the chart" }));
      const item = await screen.findByRole("menuitem", { name: "Save as SVG" });
      // The pointer is back on the row when the picture is made, as it is by the keyboard.
      await fireEvent.pointerEnter(rows[0]!);
      await waitFor(() => expect(lines()).toContain("3.5"));
      await fireEvent.click(item);
      await waitFor(() => expect(client.saved.has("settings-and-results.svg")).toBe(true));
      const drawn = new DOMParser().parseFromString(client.saved.get("settings-and-results.svg")!, "image/svg+xml");
      return [...drawn.querySelectorAll("g[stroke-width]")].map((line) => line.getAttribute("stroke-width"));
    };
    expect(await saved()).toEqual(["2", "2", "2", "2"]);
    expect(lines(), "the window goes on showing the hover").toContain("3.5");
    await fireEvent.click(rows[1]!);
    expect((await saved()).filter((width) => width === "3.5")).toHaveLength(1);
  });
});
