import { render, screen, within } from "@testing-library/svelte";
import { expect, it } from "vitest";
import ShortcutSheet from "./ShortcutSheet.svelte";
import Shortcuts from "./Shortcuts.svelte";

it("the sheet of shortcuts can be scrolled with the keys", () => {
  render(ShortcutSheet);
  expect(screen.getByRole("region", { name: "Shortcuts" }).getAttribute("tabindex")).toBe("0");
});

it("the list of keys has those of the grid on Data", () => {
  render(Shortcuts);
  const data = within(screen.getByRole("region", { name: "Data" }));
  for (const key of ["F2", "Space", "Ctrl", "Delete", "Home"]) expect(data.getAllByText(key).length).toBeGreaterThan(0);
  expect(data.getByText(/^Edit the cell/)).toBeDefined();
});
