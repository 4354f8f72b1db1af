import { fireEvent, render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { createRawSnippet } from "svelte";
import { describe, expect, it, vi } from "vitest";
import DataGrid from "./DataGrid.svelte";
import { columnWindow, fill, type GridColumn } from "./grid/columns";

const COLUMNS: GridColumn[] = [
  { id: "n", name: "number", width: 3, frozen: true, fixed: true },
  { id: "a", name: "first", width: 10 },
  { id: "b", name: "second", width: 10 },
];

const head = createRawSnippet<[GridColumn]>((column) => ({ render: () => `<span>${column().name}</span>` }));
const cell = createRawSnippet<[string | undefined, GridColumn, number]>((item, column) => ({
  render: () => `<span>${item() ?? "coming"} ${column().id}</span>`,
}));

function show(total: number, rowAt: (index: number) => string | undefined = (index) => `row ${index}`) {
  const told = { onopen: vi.fn(), onrange: vi.fn(), onedit: vi.fn(), onhead: vi.fn(), onresize: vi.fn() };
  render(DataGrid<string>, { label: "Rows", total, rowAt, columns: COLUMNS, head, cell, ...told });
  return told;
}

const stops = () => [...document.querySelectorAll<HTMLElement>('[role=grid] [tabindex="0"]')];

async function enter(): Promise<void> {
  stops()[0]?.focus();
  expect(document.activeElement).toBe(stops()[0]);
}

describe("data grid", () => {
  it("reaches the last of five million rows, which no browser could lay out", async () => {
    const { onopen } = show(5_000_000);
    await enter();
    await userEvent.keyboard("{Control>}{End}{/Control}");
    await fireEvent.scroll(screen.getByRole("grid"));
    expect(screen.getByText("row 4999999 a")).toBeTruthy();
    expect(screen.getAllByRole("row").length).toBeLessThan(60);
    expect(document.activeElement?.textContent).toContain("row 4999999");
    await userEvent.keyboard("{Enter}");
    expect(onopen).toHaveBeenCalledWith(4_999_999);
  });

  it("keeps the cell with the focus, wherever it is scrolled to", async () => {
    show(1000);
    await enter();
    await userEvent.keyboard("{ArrowDown}{ArrowRight}");
    const grid = screen.getByRole("grid");
    grid.scrollTop = 20_000;
    await fireEvent.scroll(grid);
    expect(screen.queryByText("row 5 a")).toBeNull();
    expect(document.activeElement?.textContent).toBe("row 1 a");
    await userEvent.keyboard("{ArrowDown}");
    expect(document.activeElement?.textContent).toBe("row 2 a");
  });

  it("asks for the rows in view and shows the place of those that are not there yet", () => {
    const { onrange } = show(1000, (index) => (index === 0 ? "first" : undefined));
    const [from, to] = onrange.mock.lastCall ?? [];
    expect(from).toBe(0);
    expect(to).toBeGreaterThan(10);
    expect(screen.getByText("first a")).toBeTruthy();
    expect(screen.getAllByText("coming a").length).toBeGreaterThan(5);
  });

  it("has one cell in the tab order, which the arrows move and the edges stop", async () => {
    show(3);
    expect(stops()).toHaveLength(1);
    await enter();
    await userEvent.keyboard("{ArrowRight}{ArrowRight}{ArrowRight}jj{ArrowDown}");
    expect(document.activeElement?.textContent).toBe("row 2 b");
    expect(stops()).toEqual([document.activeElement]);
    await userEvent.keyboard("{Home}kk");
    expect(document.activeElement?.textContent).toBe("row 0 n");
  });

  it("takes the keyboard into the heads, where Enter acts and Shift with arrows changes the width", async () => {
    const { onhead, onresize } = show(3);
    await enter();
    await userEvent.keyboard("{ArrowRight}{ArrowUp}{Enter}{Shift>}{ArrowRight}{/Shift}");
    expect(onhead).toHaveBeenCalledWith(COLUMNS[1]);
    expect(onresize).toHaveBeenCalledWith(COLUMNS[1], 11);
    onresize.mockClear();
    await userEvent.keyboard("{ArrowLeft}{Shift>}{ArrowRight}{/Shift}");
    expect(onresize).not.toHaveBeenCalled();
  });

  it("edits a cell by F2 and by a double click", async () => {
    const { onedit, onopen } = show(3);
    await enter();
    await userEvent.keyboard("{ArrowRight}{F2}");
    expect(onedit).toHaveBeenLastCalledWith(0, COLUMNS[1]);
    await userEvent.dblClick(screen.getByText("row 1 b"));
    expect(onedit).toHaveBeenLastCalledWith(1, COLUMNS[2]);
    expect(onopen).not.toHaveBeenCalled();
  });

  it("names rows, columns and their number to assistive technology", () => {
    show(3);
    const grid = screen.getByRole("grid", { name: "Rows" });
    expect(grid.getAttribute("aria-rowcount")).toBe("4");
    expect(grid.getAttribute("aria-colcount")).toBe("3");
    expect(screen.getAllByRole("columnheader").map((one) => one.getAttribute("aria-label"))).toEqual([
      "number",
      "first",
      "second",
    ]);
    expect(screen.getAllByRole("row")[3]?.getAttribute("aria-rowindex")).toBe("4");
  });
});

describe("the room of a grid", () => {
  const columns = [
    { id: "n", name: "number", width: 4 },
    { id: "a", name: "first", width: 10, grow: 3 },
    { id: "b", name: "second", width: 6, grow: 1 },
  ];
  const widths = (room: number) => fill(columns, room).map(({ width }) => width);

  it("goes to the columns that grow, by their shares", () => {
    expect(widths(40)).toEqual([4, 25, 11]);
  });

  it("is never less than every column needs", () => {
    expect(widths(12)).toEqual([4, 10, 6]);
  });
});

describe("the window of columns", () => {
  const widths = Array.from({ length: 5000 }, () => 100);

  it("draws what is in view and one more on each side, and leaves room for the rest", () => {
    const shown = columnWindow(widths, 250_000, 800);
    expect(shown.last - shown.first).toBeLessThan(12);
    expect(shown.before).toBe(shown.first * 100);
    expect(shown.before + (shown.last - shown.first) * 100 + shown.after).toBe(500_000);
    expect(shown.before).toBeLessThanOrEqual(250_000);
    expect(500_000 - shown.after).toBeGreaterThanOrEqual(250_800);
  });

  it("draws everything that fits, and the last column at the end", () => {
    expect(columnWindow([10, 20, 30], 0, 800)).toEqual({ first: 0, last: 3, before: 0, after: 0 });
    expect(columnWindow(widths, 499_200, 800).last).toBe(5000);
    expect(columnWindow([], 0, 800)).toEqual({ first: 0, last: 0, before: 0, after: 0 });
  });
});
