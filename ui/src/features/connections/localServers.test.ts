import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { LocalServer } from "../../api/bindings/LocalServer";
import type { MemoryClient } from "../../api/memory";
import { DEMO } from "../../api/memory/defaults";
import { app } from "../../app/state.svelte";
import { asked } from "../../testing/client";
import { freshWindow } from "../../testing/window";
import ConnectionsSheet from "./ConnectionsSheet.svelte";

let client: MemoryClient;

function server(name: string, port: number, change: Partial<LocalServer> = {}): LocalServer {
  const base_url = `http://127.0.0.1:${port}/v1`;
  const connection = { ...DEMO, id: 0, name, kind: "openai" as const, base_url, default_model: "chat-8b" };
  return { connection, models: ["chat-8b", "b", "c", "d", "e", "f"], wants_key: false, known: null, ...change };
}

beforeEach(async () => {
  client = freshWindow();
  await app.start();
});

async function find() {
  render(ConnectionsSheet);
  await userEvent.click(screen.getByRole("button", { name: "Find local servers" }));
}

describe("Local servers", () => {
  it("says what to do when none answers", async () => {
    await find();
    expect(await screen.findByText(/No model server answers on this machine/)).toBeTruthy();
  });

  it("become a connection with one click, and are then known", async () => {
    client.engine.connections.localServers = [server("Ollama", 11434), server("LM Studio", 1234, { models: [] })];
    await find();
    const list = await screen.findByRole("list", { name: "Servers found" });
    expect(list.textContent).toContain("chat-8b, b, c, d and 2 others");
    expect(list.textContent).toContain("no model is loaded");
    await userEvent.click(screen.getByRole("button", { name: "Use Ollama at http://127.0.0.1:11434/v1" }));
    expect(await within(list).findByText("in the list")).toBeTruthy();
    expect(asked(client, "save_connection")).toMatchObject([{ connection: { name: "Ollama", id: 0 }, secret: null }]);
    expect(screen.getByRole("button", { name: "Edit Ollama" })).toBeTruthy();
  });

  it("can be used again once their connection is deleted", async () => {
    client.engine.connections.localServers = [server("Ollama", 11434)];
    await find();
    await userEvent.click(await screen.findByRole("button", { name: /^Use Ollama at/ }));
    expect(await screen.findByText("in the list")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Delete Ollama" }));
    expect(await screen.findByRole("button", { name: /^Use Ollama at/ })).toBeTruthy();
    await userEvent.click(await screen.findByRole("button", { name: "Undo" }));
    expect(await screen.findByText("in the list")).toBeTruthy();
  });

  it("that want a key open the form with their address", async () => {
    client.engine.connections.localServers = [server("vLLM", 8000, { wants_key: true, models: [] })];
    await find();
    await userEvent.click(await screen.findByRole("button", { name: /^Use vLLM/ }));
    expect(await screen.findByLabelText("API key")).toBeTruthy();
    expect((screen.getByLabelText("Base URL") as HTMLInputElement).value).toBe("http://127.0.0.1:8000/v1");
    expect((screen.getByLabelText("Provider") as HTMLSelectElement).selectedOptions[0]?.textContent).toBe("vLLM");
    expect(asked(client, "save_connection")).toEqual([]);
  });

  it("of one name are told apart, and a failure is said", async () => {
    client.engine.handle("save_connection", { connection: server("vLLM", 9000).connection, secret: null });
    client.engine.connections.localServers = [server("vLLM", 8000)];
    await find();
    await userEvent.click(await screen.findByRole("button", { name: /^Use vLLM/ }));
    await waitFor(() =>
      expect(asked(client, "save_connection")).toMatchObject([{ connection: { name: "vLLM 8000" } }]),
    );
    client.fail("find_local_servers", "The search broke.");
    await userEvent.click(screen.getByRole("button", { name: "Find local servers" }));
    expect((await screen.findByRole("alert")).textContent).toContain("The search broke.");
  });
});
