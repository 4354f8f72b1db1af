import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiFailure } from "../../api/client";
import type { MemoryClient } from "../../api/memory";
import { connectionNames } from "../../app/connectionNames";
import { edits } from "../../app/edits.svelte";
import { app } from "../../app/state.svelte";
import { freshWindow } from "../../testing/window";
import ConnectionsSheet from "./ConnectionsSheet.svelte";
import { baseUrlProblem, fromPreset, isUnencrypted, PRESETS } from "./presets";

let client: MemoryClient;
beforeEach(async () => {
  client = freshWindow();
  await app.start();
});

async function addOpenAi() {
  render(ConnectionsSheet);
  await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
}

describe("Connections", () => {
  it("shows the demo model as built in and simulated, without a way to delete it", async () => {
    render(ConnectionsSheet);
    expect(await screen.findByText("Demo model")).toBeTruthy();
    expect(screen.getByText("simulated")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Delete Demo model" })).toBeNull();
  });

  it("sends a typed key once and never shows it again", async () => {
    await addOpenAi();
    const field = screen.getByLabelText("API key") as HTMLInputElement;
    expect(field.type).toBe("password");
    expect(screen.getByText(/Keys go to the keychain/)).toBeTruthy();
    await userEvent.type(field, "sk-secret");
    await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    const edit = await screen.findByRole("button", { name: "Edit OpenAI" });
    const saved = client.calls.find((call) => call.name === "save_connection")?.request;
    expect(saved).toMatchObject({ secret: "sk-secret", connection: { key: { kind: "keychain" } } });
    expect(JSON.stringify((saved as { connection: unknown }).connection)).not.toContain("sk-secret");
    await userEvent.click(edit);
    expect((screen.getByLabelText("API key") as HTMLInputElement).value).toBe("");
    expect(document.documentElement.outerHTML).not.toContain("sk-secret");
    // An empty field keeps the key that is there.
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await screen.findByRole("button", { name: "Edit OpenAI" });
    expect(client.calls.filter((call) => call.name === "save_connection").at(-1)?.request).toMatchObject({
      secret: null,
    });
  });

  it("refuses a key in the address and says where it belongs", async () => {
    await addOpenAi();
    const url = screen.getByLabelText("Base URL");
    for (const after of ["?key=AIza-canary", "#AIza-canary"]) {
      await userEvent.clear(url);
      await userEvent.type(url, `http://127.0.0.1:8967/v1${after}`);
      await userEvent.click(screen.getByRole("button", { name: "Test connection" }));
      expect(await screen.findByText(/Leave out what stands after the \? or #/)).toBeTruthy();
      await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    }
    expect(client.calls.some(({ name }) => name === "save_connection" || name === "test_connection")).toBe(false);
  });

  it("says what to mend of a connection of an older database", async () => {
    client.engine.connections.list = [
      ...client.engine.connections.list,
      { ...fromPreset(PRESETS[0]!), id: 9, name: "Old", base_url: "http://127.0.0.1:8967/v1?…" },
    ];
    render(ConnectionsSheet);
    expect(await screen.findByText(/Its base URL has to be mended\. Leave out what stands after/)).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Edit Old" }));
    expect(screen.getByLabelText("Base URL").getAttribute("aria-invalid")).toBe("true");
  });

  it("says a key is kept only where the keychain has one", async () => {
    client.engine.connections.list = [
      ...client.engine.connections.list,
      { ...fromPreset(PRESETS[0]!), id: 8, name: "Here" },
      { ...fromPreset(PRESETS[0]!), id: 9, name: "Moved" },
    ];
    client.engine.connections.secrets.set(8, "sk");
    render(ConnectionsSheet);
    const row = async (name: string) => (await screen.findByText(name)).closest("li")?.textContent;
    await waitFor(async () => expect(await row("Here")).toContain("key kept"));
    expect(await row("Moved")).toContain("no key stored");
    expect(await row("Moved")).toContain("Edit it and enter the key");
    await userEvent.click(screen.getByRole("button", { name: "Edit Moved" }));
    expect(screen.getByText(/No key is stored for this connection on this computer: enter it here/)).toBeTruthy();
    await userEvent.type(screen.getByLabelText("API key"), "sk-new");
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(async () => expect(await row("Moved")).toContain("key kept"));
  });

  it("tells two of the same name apart by their hosts where one is chosen", () => {
    const named = (id: number, name: string, base_url: string) => ({ ...fromPreset(PRESETS[0]!), id, name, base_url });
    const names = connectionNames([
      named(2, "Sim", "http://127.0.0.1:8961/v1"),
      named(3, "sim", "http://127.0.0.1:8962/v1"),
      named(4, "Alone", "https://api.openai.com/v1"),
      named(5, "OpenAI", "https://api.openai.com/v1"),
      named(6, "OpenAI", "https://api.openai.com/v1"),
    ]);
    expect([...names.values()]).toEqual([
      "Sim, 127.0.0.1:8961",
      "sim, 127.0.0.1:8962",
      "Alone",
      "OpenAI, api.openai.com, #5",
      "OpenAI, api.openai.com, #6",
    ]);
  });

  it("asks before what was typed is thrown away, and not where nothing was", async () => {
    await addOpenAi();
    await userEvent.selectOptions(screen.getByLabelText("Provider"), "groq");
    await userEvent.click(screen.getByRole("button", { name: "Add a price" }));
    await userEvent.click(screen.getByRole("button", { name: "Back" }));
    await userEvent.click(await screen.findByRole("button", { name: "Add connection" }));
    await userEvent.type(screen.getByLabelText("API key"), "sk-typed");
    await userEvent.click(screen.getByRole("button", { name: "Back" }));
    await userEvent.click(await screen.findByRole("button", { name: "Cancel" }));
    expect(screen.getByLabelText<HTMLInputElement>("API key").value).toBe("sk-typed");
    // A file that is dropped goes round no question.
    app.sheet = "connections";
    app.startImport(["/in/a.csv"]);
    expect([app.importing, app.sheet]).toEqual([null, "connections"]);
    expect(app.toasts.at(-1)?.message).toBe(
      "“New connection” holds what is kept nowhere yet. Save it or leave it, then bring the data again.",
    );
    await userEvent.click(screen.getByRole("button", { name: "Back" }));
    await userEvent.click(await screen.findByRole("button", { name: "Leave without adding" }));
    await userEvent.click(await screen.findByRole("button", { name: "Add connection" }));
    expect(screen.getByLabelText<HTMLInputElement>("API key").value).toBe("");
  });

  it("fills in what a provider needs", async () => {
    await addOpenAi();
    await userEvent.selectOptions(screen.getByLabelText("Provider"), "Ollama");
    expect((screen.getByLabelText("Base URL") as HTMLInputElement).value).toBe("http://127.0.0.1:11434/v1");
    expect(screen.queryByLabelText("API key")).toBeNull();
  });

  it("tells a server that was reached from a model that did not answer, names the model, and tests the one chosen", async () => {
    await addOpenAi();
    await userEvent.type(screen.getByLabelText("API key"), "sk-secret");
    const handle = client.engine.handle.bind(client.engine);
    const answers = { ok: false, message: "No endpoints found for it.", latency_ms: null, models: ["first", "second"] };
    vi.spyOn(client.engine, "handle").mockImplementation((name, request) =>
      name === "test_connection" ? (answers as never) : handle(name, request),
    );
    const test = screen.getByRole("button", { name: "Test connection" });
    await userEvent.clear(screen.getByLabelText("Model to offer first"));
    await userEvent.click(test);
    expect(await screen.findByText("reached, but no answer")).toBeDefined();
    expect(screen.getByText(/No model was chosen, so the first ones of its list were asked/)).toBeDefined();
    await userEvent.click(screen.getByRole("button", { name: "second" }));
    expect(screen.getByText("Test again to ask second.")).toBeDefined();
    await userEvent.click(test);
    expect(await screen.findByText(/^Asked second\./)).toBeDefined();
    expect(client.calls.filter(({ name }) => name === "test_connection").at(-1)?.request).toMatchObject({
      connection: { default_model: "second" },
    });
  });

  it("saves nothing while a number is refused, and shows which one", async () => {
    await addOpenAi();
    const calls = screen.getByLabelText("Calls at once");
    await userEvent.clear(calls);
    await userEvent.type(calls, "0");
    await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    expect(await screen.findByText("At least 1.")).toBeTruthy();
    await waitFor(() => expect(document.activeElement).toBe(calls));
    await userEvent.click(screen.getByRole("button", { name: "Test connection" }));
    expect(client.calls.some(({ name }) => name === "save_connection" || name === "test_connection")).toBe(false);
    await userEvent.clear(calls);
    await userEvent.type(calls, "3");
    await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    await screen.findByRole("button", { name: "Edit OpenAI" });
    const saved = client.calls.find((call) => call.name === "save_connection")?.request;
    expect(saved).toMatchObject({ connection: { concurrency: 3 } });
  });

  it("shows what was refused at the field that it is about, and brings it into view", async () => {
    const shown: Element[] = [];
    vi.spyOn(Element.prototype, "scrollIntoView").mockImplementation(function (this: Element) {
      shown.push(this);
    });
    await addOpenAi();
    await userEvent.type(screen.getByLabelText("API key"), "sk-secret");
    await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    await userEvent.click(await screen.findByRole("button", { name: "Edit OpenAI" }));
    const url = screen.getByLabelText("Base URL");
    await userEvent.clear(url);
    await userEvent.type(url, "https://other.example/v1");
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    const key = screen.getByLabelText("API key");
    await waitFor(() => expect(document.activeElement).toBe(key));
    const said = screen.getByText(/is not sent to https:\/\/other\.example\. Enter the key for that host\./);
    expect(key.getAttribute("aria-invalid")).toBe("true");
    expect(key.getAttribute("aria-describedby")).toBe(said.id);
    expect(shown.at(-1)!.contains(key) && shown.at(-1)!.contains(said)).toBe(true);
    await userEvent.type(key, "s");
    expect(key.getAttribute("aria-invalid")).toBe("false");
  });

  it.each([
    ["Root certificate", "The root certificate /header.pem holds no certificate. Choose a PEM file."],
    ["Extra headers", "The header host is set by the program."],
    [/^Trust this server/, "A certificate that nobody signed is only accepted from a server on this machine."],
    [null, "The database is locked."],
  ])("marks %s where that is what was refused", async (label, message) => {
    const shown: Element[] = [];
    vi.spyOn(Element.prototype, "scrollIntoView").mockImplementation(function (this: Element) {
      shown.push(this);
    });
    const call = client.call.bind(client);
    vi.spyOn(client, "call").mockImplementation((name, request) =>
      name === "save_connection" ? Promise.reject(new ApiFailure({ code: "invalid", message })) : call(name, request),
    );
    await addOpenAi();
    await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    const said = await screen.findByText(message);
    await waitFor(() => expect(shown.at(-1)?.contains(said)).toBe(true));
    if (label === null) return;
    const field = screen.getByLabelText(label);
    expect(document.activeElement).toBe(field);
    expect(field.closest("details")!.open).toBe(true);
    expect(field.getAttribute("aria-invalid")).toBe("true");
    expect(field.getAttribute("aria-describedby")).toBe(said.id);
  });

  it("takes a variable in place of a key", async () => {
    await addOpenAi();
    await userEvent.click(screen.getByLabelText("Environment variable"));
    const field = screen.getByLabelText("Variable") as HTMLInputElement;
    expect(field.value).toBe("OPENAI_API_KEY");
    await userEvent.clear(field);
    await userEvent.type(field, "not a name");
    await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    expect(screen.getByText("Name the variable, such as OPENAI_API_KEY.")).toBeTruthy();
    await userEvent.clear(field);
    await userEvent.type(field, "MY_KEY");
    await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    expect(await screen.findByText(/key from MY_KEY/)).toBeTruthy();
  });

  it("takes limits, headers and prices of its own", async () => {
    await addOpenAi();
    await userEvent.type(screen.getByLabelText("Requests per minute"), "60");
    await userEvent.type(screen.getByLabelText("Extra headers"), "X-Team: red");
    await userEvent.tab();
    await userEvent.click(screen.getByRole("button", { name: "Add a price" }));
    await userEvent.type(screen.getByLabelText("Model of price 1"), "mine");
    await userEvent.type(screen.getByLabelText("Dollars per million tokens in, price 1"), "3");
    await userEvent.type(screen.getByLabelText("API key"), "sk");
    await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    // A price that is not written is no price of nothing.
    const unwritten = screen.getByLabelText("Dollars per million tokens out, price 1");
    await waitFor(() => expect(document.activeElement).toBe(unwritten));
    await userEvent.type(unwritten, "0.5");
    await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    await screen.findByRole("button", { name: "Edit OpenAI" });
    expect(client.calls.find((call) => call.name === "save_connection")?.request).toMatchObject({
      connection: {
        requests_per_minute: 60,
        network: { headers: [{ name: "X-Team", value: "red" }] },
        prices: [{ model: "mine", input: 3, output: 0.5, cached_input: null }],
      },
    });
  });

  it("leaves out a price in which nothing stands, and says at each field what another one lacks", async () => {
    await addOpenAi();
    await userEvent.type(screen.getByLabelText("API key"), "sk");
    await userEvent.click(screen.getByText("Limits, network and prices"));
    await userEvent.click(screen.getByRole("button", { name: "Add a price" }));
    await userEvent.click(screen.getByRole("button", { name: "Add a price" }));
    const field = (name: string, price: number) =>
      screen.getByLabelText(
        name === "model" ? `Model of price ${price}` : `Dollars per million tokens ${name}, price ${price}`,
      );
    await userEvent.type(field("out", 2), "-3");
    await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    await waitFor(() => expect(document.activeElement).toBe(field("model", 2)));
    const said = (name: string, price: number) => {
      const at = field(name, price);
      const words = document.getElementById(at.getAttribute("aria-describedby") ?? "");
      return at.getAttribute("aria-invalid") === "true" ? words?.textContent : null;
    };
    expect(["model", "in", "out", "in, cached"].map((name) => said(name, 2))).toEqual([
      "Name the model.",
      "A number is needed.",
      "At least 0.",
      null,
    ]);
    expect(["model", "in", "out"].map((name) => said(name, 1))).toEqual([null, null, null]);
    expect(client.calls.some(({ name }) => name === "save_connection")).toBe(false);
    await userEvent.type(field("model", 2), "mine");
    await userEvent.type(field("in", 2), "1");
    await userEvent.clear(field("out", 2));
    await userEvent.type(field("out", 2), "3");
    await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    await screen.findByRole("button", { name: "Edit OpenAI" });
    expect(client.calls.find(({ name }) => name === "save_connection")?.request).toMatchObject({
      connection: { prices: [{ model: "mine", input: 1, output: 3, cached_input: null }] },
    });
  });

  it("does not repeat what was wrong with an earlier attempt", async () => {
    await addOpenAi();
    await userEvent.type(screen.getByLabelText("API key"), "sk");
    client.fail("save_connection", "The keychain is locked. Unlock it and save again.", "keychain");
    await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    const old = await screen.findByText("The keychain is locked. Unlock it and save again.");
    await userEvent.clear(screen.getByLabelText("Timeout in seconds"));
    await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    expect(await screen.findByText("A number is needed.")).toBeTruthy();
    expect(old.isConnected).toBe(false);
  });

  it("says nothing any more of an earlier host once the URL is another one", async () => {
    const kept = { ...fromPreset(PRESETS[0]!), id: 8, name: "Here" };
    const here = kept.base_url;
    client.engine.connections.list = [...client.engine.connections.list, kept];
    client.engine.connections.secrets.set(8, "sk");
    render(ConnectionsSheet);
    await waitFor(async () =>
      expect((await screen.findByText("Here")).closest("li")?.textContent).toContain("key kept"),
    );
    await userEvent.click(screen.getByRole("button", { name: "Edit Here" }));
    const url = screen.getByLabelText("Base URL");
    const write = async (text: string) => {
      await userEvent.clear(url);
      await userEvent.type(url, text);
    };
    await write("https://elsewhere.example/v1");
    // The key goes to its own host alone.
    client.engine.connections.secrets.delete(8);
    await userEvent.click(screen.getByRole("button", { name: "Test connection" }));
    expect(await screen.findByText("Enter the key for this host.")).toBeTruthy();
    await write(here);
    expect(screen.queryByText("Enter the key for this host.")).toBeNull();
    expect(screen.queryByText("does not work")).toBeNull();

    // Nor what a host says later, when another one stands there.
    const answer = client.hold("test_connection");
    await userEvent.click(screen.getByRole("button", { name: "Test connection" }));
    await write("https://third.example/v1");
    answer();
    await waitFor(() =>
      expect(screen.getByRole<HTMLButtonElement>("button", { name: "Test connection" }).disabled).toBe(false),
    );
    expect(screen.queryByText("Enter the key for this host.")).toBeNull();
    await write(here);
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(client.calls.some(({ name }) => name === "save_connection")).toBe(true));
  });

  it("tests what is filled in and offers the models", async () => {
    await addOpenAi();
    // Without a key there is nothing to ask: it is said at the field, which gets the focus.
    await userEvent.click(screen.getByRole("button", { name: "Test connection" }));
    expect(await screen.findByText("Enter the key first, or choose “No key”.")).toBeTruthy();
    const key = screen.getByLabelText("API key");
    await waitFor(() => expect(document.activeElement).toBe(key));
    expect(key.getAttribute("aria-invalid")).toBe("true");
    expect(client.calls.some(({ name }) => name === "test_connection")).toBe(false);
    await userEvent.type(key, "sk");
    expect(key.getAttribute("aria-invalid")).toBe("false");
    expect(screen.getByText(/shows which models are listed/)).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Test connection" }));
    expect(await screen.findByText("works")).toBeTruthy();
    expect(screen.queryByText(/shows which models are listed/)).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "gpt-5.2" }));
    expect((screen.getByLabelText("Model to offer first") as HTMLInputElement).value).toBe("gpt-5.2");
  });

  it("tests what has no name yet; only what is kept needs one", async () => {
    await addOpenAi();
    await userEvent.clear(screen.getByLabelText("Name"));
    await userEvent.type(screen.getByLabelText("API key"), "sk");
    await userEvent.click(screen.getByRole("button", { name: "Test connection" }));
    expect(await screen.findByText("works")).toBeTruthy();
    expect(screen.queryByText("Give it a name.")).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    expect(await screen.findByText("Give it a name.")).toBeTruthy();
    expect(client.calls.some(({ name }) => name === "save_connection")).toBe(false);
  });

  it("stops waiting for a slow server when it is told to", async () => {
    await addOpenAi();
    await userEvent.type(screen.getByLabelText("API key"), "sk");
    const answer = client.hold("test_connection");
    await userEvent.click(screen.getByRole("button", { name: "Test connection" }));
    expect(await screen.findByText(/Waiting for the answer/)).toBeTruthy();
    client.fail("test_connection", "The test was stopped.", "cancelled");
    await userEvent.click(screen.getByRole("button", { name: "Stop" }));
    expect(client.calls.some(({ name }) => name === "stop_test")).toBe(true);
    answer();
    expect(await screen.findByText("The test was stopped.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Stop" })).toBeNull();
    expect((screen.getByRole("button", { name: "Test connection" }) as HTMLButtonElement).disabled).toBe(false);
  });

  it("stops waiting when the form is left", async () => {
    await addOpenAi();
    await userEvent.type(screen.getByLabelText("API key"), "sk");
    const answer = client.hold("test_connection");
    await userEvent.click(screen.getByRole("button", { name: "Test connection" }));
    await screen.findByText(/Waiting for the answer/);
    await userEvent.click(screen.getByRole("button", { name: "Back" }));
    await userEvent.click(await screen.findByRole("button", { name: "Leave without adding" }));
    await waitFor(() => expect(client.calls.filter(({ name }) => name === "stop_test")).toHaveLength(1));
    answer();
  });

  it("shows hundreds of models in the order of their names, and finds one", async () => {
    client.engine.connections.models = ["m-1", "m-10", "m-2", "m-100", "m-20", "a-3", "b-4", "c-5"];
    await addOpenAi();
    await userEvent.type(screen.getByLabelText("API key"), "sk");
    await userEvent.click(screen.getByRole("button", { name: "Test connection" }));
    const search = await screen.findByRole("searchbox", { name: "Search models" });
    const listed = () =>
      screen
        .getAllByRole("button", { pressed: false })
        .flatMap((button) => /^[a-z]-\d+$/.exec(button.textContent ?? "") ?? []);
    expect(listed()).toEqual(["a-3", "b-4", "c-5", "m-1", "m-2", "m-10", "m-20", "m-100"]);
    await userEvent.type(search, "m-10");
    expect(listed()).toEqual(["m-10", "m-100"]);
    await userEvent.type(search, "x");
    expect(screen.getByText("No model is called that.")).toBeTruthy();
  });

  it("says when nothing can be reached, keeps what was typed, and tests again", async () => {
    await addOpenAi();
    await userEvent.type(screen.getByLabelText("API key"), "sk");
    const message = "api.openai.com cannot be found. Check the address, or whether this computer is online.";
    client.fail("test_connection", message);
    await userEvent.click(screen.getByRole("button", { name: "Test connection" }));
    expect(await screen.findByText(message)).toBeTruthy();
    expect(screen.queryByText("works")).toBeNull();
    expect((screen.getByLabelText("API key") as HTMLInputElement).value).toBe("sk");
    client.heal("test_connection");
    await userEvent.click(screen.getByRole("button", { name: "Test connection" }));
    expect(await screen.findByText("works")).toBeTruthy();
    expect(screen.queryByText(message)).toBeNull();
  });

  it("keeps the form with the reason when saving fails", async () => {
    await addOpenAi();
    client.fail("save_connection", "The keychain is locked. Unlock it and save again.", "keychain");
    await userEvent.click(screen.getByRole("button", { name: "Add connection" }));
    expect(await screen.findByText("The keychain is locked. Unlock it and save again.")).toBeTruthy();
    expect(screen.getByLabelText("Base URL")).toBeTruthy();
  });

  it("takes back what was deleted, with its key, and after the sheet by the history", async () => {
    client.engine.handle("save_connection", {
      connection: fromPreset(PRESETS[0] as (typeof PRESETS)[number]),
      secret: "sk",
    });
    render(ConnectionsSheet);
    const saved = client.engine.connections.list[1];
    await userEvent.click(await screen.findByRole("button", { name: "Delete OpenAI" }));
    expect(await screen.findByText("“OpenAI” is deleted, and its key is out of the keychain.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Edit OpenAI" })).toBeNull();
    expect([...client.engine.connections.secrets]).toEqual([]);

    await userEvent.click(screen.getByRole("button", { name: "Undo" }));
    expect(await screen.findByRole("button", { name: "Edit OpenAI" })).toBeTruthy();
    expect(client.engine.connections.list[1]).toEqual(saved);
    expect([...client.engine.connections.secrets.values()]).toEqual(["sk"]);
    await waitFor(() => expect(screen.queryByText(/is deleted/)).toBeNull());

    // With the keys as well, while the sheet is open; and the focus is on the way back, not lost with the button.
    await userEvent.click(screen.getByRole("button", { name: "Delete OpenAI" }));
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("button", { name: "Undo" })));
    await userEvent.keyboard("{Control>}z{/Control}");
    expect(await screen.findByRole("button", { name: "Edit OpenAI" })).toBeTruthy();
    expect([...client.engine.connections.secrets.values()]).toEqual(["sk"]);

    await edits.redo();
    expect(client.engine.connections.list).toHaveLength(1);
    await edits.undo();
    expect(client.engine.connections.list).toHaveLength(2);
  });

  it("keeps a connection on the list with the reason when deleting fails", async () => {
    client.engine.handle("save_connection", {
      connection: fromPreset(PRESETS[0] as (typeof PRESETS)[number]),
      secret: "sk",
    });
    client.fail("delete_connection", "The keychain is locked. Unlock it and try again.", "keychain");
    render(ConnectionsSheet);
    await userEvent.click(await screen.findByRole("button", { name: "Delete OpenAI" }));
    expect(await screen.findByText("The keychain is locked. Unlock it and try again.")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Edit OpenAI" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
  });
});

describe("hundreds of connections", () => {
  beforeEach(() => {
    const [preset] = PRESETS;
    for (let number = 1; number <= 300; number += 1) {
      const connection = {
        ...fromPreset(preset!),
        name: `Server ${number}`,
        base_url: `https://h${number}.example/v1`,
      };
      client.engine.handle("save_connection", {
        connection: { ...connection, default_model: `m-${number}` },
        secret: null,
      });
    }
    render(ConnectionsSheet);
  });

  const SEVENS = ["7", ...Array.from({ length: 10 }, (_, at) => `7${at}`)].map((number) => `Server ${number}`);
  const names = () =>
    within(screen.getByRole("list", { name: "Saved connections" }))
      .queryAllByRole("listitem")
      .map((line) => line.querySelector("strong")?.textContent);

  it("are found by name, address or model, and counted", async () => {
    await waitFor(() => expect(names()).toHaveLength(301));
    const search = screen.getByRole("searchbox", { name: "Search connections" });
    const found = async (text: string, list: string[], said: string) => {
      await userEvent.clear(search);
      await userEvent.type(search, text);
      expect(names()).toEqual(list);
      expect(screen.getByText(said).getAttribute("role")).toBe("status");
    };
    await found("server 299", ["Server 299"], "1 of 301 connections");
    await found("h42.example", ["Server 42"], "1 of 301 connections");
    await found("openai m-7 server", SEVENS, "11 of 301 connections");
    await found("nowhere", [], "0 of 301 connections");
    expect(screen.getByText("No connection is like that.")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Find local servers" })).toBeTruthy();
  });

  it("are deleted one after the other by keyboard, and what was deleted is taken back", async () => {
    await waitFor(() => expect(names()).toHaveLength(301));
    await userEvent.type(screen.getByRole("searchbox", { name: "Search connections" }), "server 15");
    screen.getByRole("button", { name: "Delete Server 15" }).focus();
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(document.activeElement?.getAttribute("aria-label")).toBe("Delete Server 115"));
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(client.engine.connections.list).toHaveLength(299));
    await userEvent.click(screen.getByRole("button", { name: "Undo" }));
    expect(await screen.findByRole("button", { name: "Edit Server 115" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Edit Server 15" })).toBeNull();
  });
});

describe("base URLs", () => {
  it("refuses what can not be reached, and keys in addresses", () => {
    expect(baseUrlProblem("https://api.openai.com/v1")).toBeNull();
    expect(baseUrlProblem("api.openai.com")).toContain("whole address");
    expect(baseUrlProblem("ftp://host/v1")).toContain("https://");
    expect(baseUrlProblem("https://sk-secret@host/v1")).toContain("Keep the key out");
    expect(baseUrlProblem("https://api.groq.com/openai/v1/chat/completions")).toContain("Leave out /chat/completions");
    expect(baseUrlProblem("https://models.example.org/v1")).toBeNull();
    expect(baseUrlProblem("https://RESOURCE.openai.azure.com/openai/v1")).toContain("RESOURCE");
  });

  it("warns only where an open line leaves the local network", () => {
    expect(isUnencrypted("http://models.example.org/v1")).toBe(true);
    expect(isUnencrypted("http://127.0.0.1:11434/v1")).toBe(false);
    expect(isUnencrypted("https://models.example.org/v1")).toBe(false);
  });
});
