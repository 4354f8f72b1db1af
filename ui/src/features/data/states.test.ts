import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { Commands } from "../../api/bindings/Commands";
import type { CommandName } from "../../api/client";
import type { MemoryClient } from "../../api/memory";
import { addWorkedProject } from "../../api/memory/scenario";
import { app } from "../../app/state.svelte";
import { freshWindow } from "../../testing/window";
import DataScreen from "./DataScreen.svelte";

let client: MemoryClient;

beforeEach(async () => {
  client = freshWindow();
  await app.openProject(addWorkedProject(client.engine, "Support routing", 120, 1).id, "data");
});

/** Lets a command answer in its own way. */
function answer<K extends CommandName>(
  name: K,
  own: (request: Commands[K]["request"]) => Promise<Commands[K]["response"]>,
) {
  const usual = client.call.bind(client) as (name: CommandName, request: unknown) => Promise<unknown>;
  const replaced = (asked: CommandName, request: unknown) =>
    asked === name ? own(request as Commands[K]["request"]) : usual(asked, request);
  client.call = replaced as typeof client.call;
}

const never = () => new Promise<never>(() => undefined);

describe("while the engine works", () => {
  it("says that the examples are read", async () => {
    answer("list_examples", never);
    render(DataScreen);
    expect((await screen.findByText("Reading the examples…")).getAttribute("role")).toBe("status");
    expect(screen.queryByText("No examples are left")).toBeNull();
  });

  it("says that the data is counted; the checks below, which the ground truths would push away, come with them", async () => {
    const letGo = client.hold("data_profile");
    render(DataScreen);
    expect(await screen.findByText("Counting the ground truths…")).toBeTruthy();
    expect(screen.getByRole("region", { name: "Splits" })).toBeTruthy();
    expect(screen.queryByRole("region", { name: "Checks" })).toBeNull();
    letGo();
    const checks = await screen.findByRole("region", { name: "Checks" });
    expect(within(checks).getByText("no duplicates")).toBeTruthy();
    expect(screen.queryByText("Counting the ground truths…")).toBeNull();
  });

  it("claims nothing of what could not be counted, and shows the other checks", async () => {
    client.fail("data_profile", "The database is busy with another program.");
    render(DataScreen);
    const checks = await screen.findByRole("region", { name: "Checks" });
    expect(within(checks).getByText("no row set aside")).toBeTruthy();
    expect(within(checks).queryByText("no duplicates")).toBeNull();
    expect(screen.getByRole("alert").textContent).toContain("busy");
  });

  it("says that the doubts are read", async () => {
    answer("list_doubts", never);
    render(DataScreen);
    await userEvent.click(screen.getByRole("tab", { name: "Doubts" }));
    expect(await screen.findByText(/^Reading the answers of/)).toBeTruthy();
    expect(screen.queryByText("No doubts")).toBeNull();
  });
});

describe("a million examples", () => {
  const MILLION = 1_000_000;

  beforeEach(() => {
    const [example] = client.engine.projects[0]?.dataset?.examples ?? [];
    if (!example) throw new Error("no example");
    answer("list_examples", async ({ offset, limit }) => ({
      total: MILLION,
      rows: Array.from({ length: Math.min(limit, MILLION - offset) }, (_, at) => {
        const number = offset + at + 1;
        return { ...example, id: number, number, user_input: `message ${number}` };
      }),
    }));
  });

  it("are listed by those in view alone, and the last one is a key away", async () => {
    render(DataScreen);
    const grid = await screen.findByRole("grid", { name: "Examples" });
    expect(grid.getAttribute("aria-rowcount")).toBe("1000001");
    await screen.findByText("message 1");
    expect(within(grid).getAllByRole("row").length).toBeLessThan(80);
    document.querySelector<HTMLElement>('[data-at="0:3"]')?.focus();
    await userEvent.keyboard("{Control>}{End}{/Control}");
    expect(await screen.findByText("message 1000000")).toBeTruthy();
    expect(document.activeElement?.getAttribute("data-at")?.startsWith("999999:")).toBe(true);
    await waitFor(() => expect(within(grid).queryAllByLabelText("on its way")).toHaveLength(0));
  });

  it("are chosen as a filter, not one by one", async () => {
    render(DataScreen);
    await screen.findByText("message 1");
    document.querySelector<HTMLElement>('[data-at="0:3"]')?.focus();
    await userEvent.keyboard("{Control>}a{/Control}");
    expect(await screen.findByText("1,000,000 examples chosen")).toBeTruthy();
  });
});

describe("when nothing is left", () => {
  it("offers the way back after the last example was deleted", async () => {
    render(DataScreen);
    await screen.findByRole("grid", { name: "Examples" });
    document.querySelector<HTMLElement>('[data-at="0:3"]')?.focus();
    await userEvent.keyboard("{Control>}a{/Control}{Delete}");
    const card = await screen.findByRole("region", { name: "Examples" });
    expect(await within(card).findByText("No examples are left")).toBeTruthy();
    await userEvent.click(within(card).getByRole("button", { name: "Undo" }));
    expect(await screen.findByRole("grid", { name: "Examples" })).toBeTruthy();
  });
});
