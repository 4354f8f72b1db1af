import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { addWorkedProject } from "../../api/memory/scenario";
import { app } from "../../app/state.svelte";
import { freshClient } from "../../testing/client";
import CompareScreen from "./CompareScreen.svelte";

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
});

async function open(runs: number) {
  const project = addWorkedProject(client.engine, "Tickets", 60, runs);
  await app.openProject(project.id, "compare");
  render(CompareScreen);
  return project;
}

describe("Compare with very many runs", () => {
  it("draws the newest few, and lists, filters, groups and sorts all of them", async () => {
    await open(80);
    const table = await screen.findByRole("region", { name: "Runs" });
    // Rows out of sight are no elements, but the table has them and they come when it is scrolled.
    const rows = within(table).getByRole("table");
    expect(rows.getAttribute("aria-rowcount")).toBe("81");
    expect(within(table).getAllByRole("checkbox", { name: /^Compare / }).length).toBeLessThan(40);
    expect(rows.querySelector("tr[aria-rowindex='81']")).toBeNull();
    rows.parentElement!.scrollTop = 100_000;
    await fireEvent.scroll(rows.parentElement!);
    expect(rows.querySelector("tr[aria-rowindex='81']")).not.toBeNull();
    expect(within(screen.getByRole("list", { name: "Compared runs" })).getAllByRole("listitem")).toHaveLength(4);
    await userEvent.type(screen.getByLabelText("Filter runs"), "cheap");
    expect(rows.getAttribute("aria-rowcount")).toBe("21");
    await userEvent.type(screen.getByLabelText("Filter runs"), " nothing like it");
    expect(within(table).getByText("No run is like that.")).toBeTruthy();
  });
});

describe("Compare while it compares", () => {
  it("names no panel that is not there yet", async () => {
    const letGo = client.hold("compare");
    await open(2);
    const tab = await screen.findByRole("tab", { name: "Examples" });
    await screen.findByText("Comparing.");
    expect(tab.getAttribute("aria-controls")).toBeNull();
    letGo();
    await waitFor(() => expect(document.getElementById(tab.getAttribute("aria-controls") ?? "")).toBeTruthy());
  });
});

describe("Compare while nothing answers", () => {
  it("keeps the table, says what is missing, and goes on when it answers again", async () => {
    client.fail("compare", "The database is busy with another program. Close it and try again.");
    client.fail("get_run", "The database is busy with another program. Close it and try again.");
    await open(2);
    expect(await screen.findByText(/busy with another program/)).toBeTruthy();
    expect(screen.getAllByRole("checkbox", { name: /^Compare / })).toHaveLength(2);
    client.heal("compare");
    client.heal("get_run");
    await userEvent.click(screen.getAllByRole("checkbox", { name: /^Compare / })[0]!);
    await waitFor(() => expect(screen.queryByText(/busy with another program/)).toBeNull());
  });
});
