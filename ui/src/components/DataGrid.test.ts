import { fireEvent, render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { createRawSnippet } from "svelte";
import { describe, expect, it, vi } from "vitest";
import DataGrid from "./DataGrid.svelte";

const header = createRawSnippet(() => ({ render: () => `<span role="columnheader">name</span>` }));
const row = createRawSnippet<[string, number]>((item) => ({ render: () => `<span role="gridcell">${item()}</span>` }));

function show(total: number, rowAt: (index: number) => string | undefined = (index) => `row ${index}`) {
  const onopen = vi.fn();
  const onrange = vi.fn();
  const { container } = render(DataGrid<string>, {
    label: "Rows",
    total,
    rowAt,
    columns: "1fr",
    header,
    row,
    onopen,
    onrange,
  });
  return { onopen, onrange, viewport: container.querySelector(".viewport") as HTMLElement };
}

describe("data grid", () => {
  it("reaches the last of five million rows, which no browser could lay out", async () => {
    const { onopen, viewport } = show(5_000_000);
    screen.getByRole("grid").focus();
    await userEvent.keyboard("{End}");
    await fireEvent.scroll(viewport);
    expect(screen.getByText("row 4999999")).toBeTruthy();
    expect(screen.getAllByRole("row").length).toBeLessThan(60);
    await userEvent.keyboard("{Enter}");
    expect(onopen).toHaveBeenCalledWith(4_999_999);
  });

  it("asks for the rows in view and waits for those that are not there yet", () => {
    const { onrange } = show(1000, (index) => (index === 0 ? "first" : undefined));
    const [from, to] = onrange.mock.lastCall ?? [];
    expect(from).toBe(0);
    expect(to).toBeGreaterThan(10);
    expect(screen.getByText("first")).toBeTruthy();
    expect(screen.getAllByText("…").length).toBeGreaterThan(5);
  });

  it("names the active row to assistive technology and stays within the list", async () => {
    show(3);
    const grid = screen.getByRole("grid");
    grid.focus();
    await userEvent.keyboard("{ArrowUp}");
    const active = () => document.getElementById(grid.getAttribute("aria-activedescendant") ?? "")?.textContent;
    expect(active()).toContain("row 0");
    await userEvent.keyboard("jjjjj");
    expect(active()).toContain("row 2");
  });
});
