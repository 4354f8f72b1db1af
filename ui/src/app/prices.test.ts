import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../api/memory";
import { addWorkedProject } from "../api/memory/scenario";
import ConnectionsSheet from "../features/connections/ConnectionsSheet.svelte";
import PromptsScreen from "../features/prompts/PromptsScreen.svelte";
import { tryingOf } from "../features/prompts/trying.svelte";
import PricesSection from "../features/settings/PricesSection.svelte";
import { place } from "../features/train/place.svelte";
import TrainScreen from "../features/train/TrainScreen.svelte";
import { asked, freshClient } from "../testing/client";
import { usePlainEditor } from "../testing/plainEditor";
import { app } from "./state.svelte";

usePlainEditor();

let client: MemoryClient;
beforeEach(() => {
  client = freshClient();
});

async function addPrice(model: string) {
  await userEvent.click(await screen.findByRole("button", { name: "Add a price" }));
  await userEvent.type(screen.getByLabelText("Model of price 1"), model);
  await userEvent.type(screen.getByLabelText("Dollars per million tokens in, price 1"), "3000");
  await userEvent.type(screen.getByLabelText("Dollars per million tokens out, price 1"), "0");
}

describe("a price that is changed while a screen shows costs", () => {
  it("is in the bar below the editors at once", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 0);
    await app.openProject(project.id, "prompts");
    render(PromptsScreen);
    const trying = tryingOf(project.id);
    await waitFor(() => expect(trying.model).not.toBeNull());
    trying.ask({ ...trying.model!, connection: 99, model: "mine" });
    const editor = within(screen.getByRole("region", { name: "System prompt" }));
    await editor.findByText("price of mine unknown");
    render(PricesSection);
    await addPrice("mine");
    await userEvent.tab();
    expect(await editor.findByText(/a call of mine, \$/)).toBeTruthy();
  });

  it("is in the estimate of the form of a new run, once a connection is saved", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 120, 0);
    await app.openProject(project.id, "train");
    place.startNew(project.id);
    render(TrainScreen);
    await screen.findByText(/^at most [\d,]+$/);
    render(ConnectionsSheet);
    await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    const before = asked(client, "estimate_run").length;
    await userEvent.click(screen.getByText("Limits, network and prices"));
    await addPrice("mine");
    await userEvent.type(screen.getByLabelText("API key"), "sk-secret");
    await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    await screen.findByRole("button", { name: "Edit OpenAI" });
    await waitFor(() => expect(asked(client, "estimate_run").length).toBeGreaterThan(before));
  });
});
