import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { addWorkedProject } from "../../api/memory/scenario";
import { paletteCommands } from "../../app/commands";
import { app } from "../../app/state.svelte";
import { asked, freshClient } from "../../testing/client";
import PromptsScreen from "../prompts/PromptsScreen.svelte";
import TrainScreen from "../train/TrainScreen.svelte";
import ShipSheet from "./ShipSheet.svelte";

let client: MemoryClient;
let written: string[];

beforeEach(() => {
  client = freshClient();
  written = [];
  vi.spyOn(navigator.clipboard, "writeText").mockImplementation(async (text) => void written.push(text));
});

async function worked() {
  const project = addWorkedProject(client.engine, "Tickets", 120, 1);
  await app.openProject(project.id, "train");
  const [run] = client.engine.runs;
  if (!run) throw new Error("the worked project has a run");
  return { project, run };
}

function ofRun(run: number) {
  return { kind: "run" as const, point: { run, epoch: null } };
}

/** Adds a connection of a real kind, and gives its id. */
async function connected(): Promise<number> {
  const { id } = client.engine.handle("save_connection", {
    connection: {
      ...client.engine.connections.list[0]!,
      id: 0,
      name: "Mine",
      kind: "openai",
      default_model: "gpt-x",
    },
    secret: null,
  });
  const { connections } = await import("../../app/connections.svelte");
  await connections.load();
  return id;
}

async function choose(name: string) {
  await userEvent.click(await screen.findByRole("tab", { name }));
}

describe("Ship", () => {
  it("shows the figures beside the prompt, copies and saves it", async () => {
    const { run } = await worked();
    render(ShipSheet, { source: ofRun(run.id) });
    await choose("Text");
    const text = await screen.findByRole("tabpanel");
    const { best } = run.summary();
    expect(text.textContent).toContain(best.system_prompt);
    expect(screen.getByText("sealed test")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Copy" }));
    await waitFor(() => expect(written).toEqual([text.textContent]));
    await userEvent.click(screen.getByRole("button", { name: "Save…" }));
    await waitFor(() => expect(client.saved.get("prompt.prompt.txt")).toBe(text.textContent));
  });

  it("says that the demo model has no server, and takes another model with a warning", async () => {
    const { run } = await worked();
    const id = await connected();
    render(ShipSheet, { source: ofRun(run.id) });
    await screen.findByRole("tabpanel");
    await choose("Python");
    expect(screen.getByRole("tabpanel").textContent).toContain("has no server");
    expect((screen.getByRole("button", { name: "Copy" }) as HTMLButtonElement).disabled).toBe(true);
    await userEvent.selectOptions(screen.getByLabelText("Connection"), "Mine");
    await waitFor(() => expect(screen.getByRole("tabpanel").textContent).toContain("python: gpt-x"));
    expect(screen.getByText("not measured with it")).toBeTruthy();
    expect(asked(client, "ship_prompt").at(-1)).toMatchObject({ model: { connection: id, model: "gpt-x" } });
    await userEvent.click(screen.getByRole("button", { name: "Back to the measured one" }));
    await waitFor(() => expect(screen.queryByText("not measured with it")).toBeNull());
  });

  it("does not call a model unmeasured, nor another one measured, where nothing was", async () => {
    const { project } = await worked();
    await connected();
    const prompt = { system_prompt: "new", output_prompt: "" };
    render(ShipSheet, { source: { kind: "prompt", project: project.id, prompt } });
    await screen.findByText("No run has measured these prompts yet.");
    await choose("cURL");
    // What is not written has no use that could be told.
    expect(screen.queryByText(/^For a shell/)).toBeNull();
    await userEvent.selectOptions(screen.getByLabelText("Connection"), "Mine");
    const back = await screen.findByRole("button", { name: "Back to the project's model" });
    expect(screen.getByText(/^For a shell/)).toBeTruthy();
    expect(screen.queryByText("not measured with it")).toBeNull();
    await userEvent.click(back);
    await waitFor(() => expect(screen.queryByRole("button", { name: "Back to the project's model" })).toBeNull());
  });

  it("hands out nothing that was written for another model", async () => {
    const { run } = await worked();
    await connected();
    render(ShipSheet, { source: ofRun(run.id) });
    await screen.findByRole("tabpanel");
    await choose("Python");
    await userEvent.selectOptions(screen.getByLabelText("Connection"), "Mine");
    await waitFor(() => expect(screen.getByRole("tabpanel").textContent).toContain("python: gpt-x"));
    const model = screen.getByLabelText("Model");
    await userEvent.clear(model);
    await userEvent.tab();
    expect((await screen.findByRole("alert")).textContent).toContain("Enter the name of a model.");
    expect(screen.getByRole("tabpanel").textContent).not.toContain("gpt-x");
    const buttons = ["Copy", "Save…"].map((name) => screen.getByRole("button", { name }) as HTMLButtonElement);
    expect(buttons.map((button) => button.disabled)).toEqual([true, true]);
    await userEvent.type(model, "gpt-y");
    await userEvent.tab();
    await waitFor(() => expect(screen.getByRole("tabpanel").textContent).toContain("python: gpt-y"));
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("copies one prompt alone, letter by letter, and says what was copied", async () => {
    const { run } = await worked();
    render(ShipSheet, { source: ofRun(run.id) });
    await choose("Text");
    await userEvent.click(await screen.findByRole("button", { name: "Copy the system prompt" }));
    await userEvent.click(screen.getByRole("button", { name: "Copy the output prompt" }));
    const { best } = run.summary();
    expect(written).toEqual([best.system_prompt, best.output_prompt]);
    expect(app.toasts.at(-1)?.message).toBe("The output prompt is on the clipboard.");
    await choose("Messages");
    expect(screen.queryByRole("button", { name: "Copy the system prompt" })).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Copy" }));
    await waitFor(() => expect(app.toasts.at(-1)?.message).toBe("The messages are on the clipboard."));
  });

  it("offers to copy no prompt that is empty", async () => {
    const { project } = await worked();
    const prompt = { system_prompt: "Sort it.", output_prompt: "" };
    render(ShipSheet, { source: { kind: "prompt", project: project.id, prompt } });
    await choose("Text");
    expect(await screen.findByRole("button", { name: "Copy the system prompt" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Copy the output prompt" })).toBeNull();
  });

  it("does not call a test split sealed that an earlier run had opened", async () => {
    const { run } = await worked();
    run.testOpenedBefore = 5;
    render(ShipSheet, { source: ofRun(run.id) });
    expect(await screen.findByText("test, opened before")).toBeTruthy();
    expect(screen.queryByText("sealed test")).toBeNull();
  });

  it("leads to the connections where there is none but the demo model", async () => {
    const { run } = await worked();
    const { connections } = await import("../../app/connections.svelte");
    await connections.load();
    render(ShipSheet, { source: ofRun(run.id) });
    await screen.findByRole("tabpanel");
    await choose("Python");
    await userEvent.click(screen.getByRole("button", { name: "Add a connection…" }));
    expect([app.shipping, app.sheet]).toEqual([null, "connections"]);
  });

  it("shows hostile text as text", async () => {
    const { project } = await worked();
    const prompt = {
      system_prompt: "<img src=x onerror=alert(1)> \u202etxt",
      output_prompt: "</pre><script>1</script>",
    };
    render(ShipSheet, { source: { kind: "prompt", project: project.id, prompt } });
    await choose("Text");
    const panel = await screen.findByRole("tabpanel");
    expect(panel.querySelectorAll("*")).toHaveLength(1);
    expect(panel.textContent).toContain("</pre><script>1</script>");
    expect(screen.getByText("No run has measured these prompts yet.")).toBeTruthy();
  });

  it("says that it is being written until it is", async () => {
    const { run } = await worked();
    const letGo = client.hold("ship_prompt");
    render(ShipSheet, { source: ofRun(run.id) });
    expect((await screen.findByText("Writing it out.")).getAttribute("role")).toBe("status");
    const copy = screen.getByRole("button", { name: "Copy" }) as HTMLButtonElement;
    expect(copy.disabled).toBe(true);
    letGo();
    await waitFor(() => expect(copy.disabled).toBe(false));
    expect(screen.queryByText("Writing it out.")).toBeNull();
  });

  it("says why a prompt cannot be shipped", async () => {
    const { run } = await worked();
    client.fail("ship_prompt", "Epoch 3 brought no usable prompt. Choose another epoch.");
    render(ShipSheet, { source: ofRun(run.id) });
    expect((await screen.findByRole("alert")).textContent).toContain("no usable prompt");
    expect(screen.queryByRole("tablist")).toBeNull();
    client.heal("ship_prompt");
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("tablist", { name: "Format" })).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("is reached from the verdict, from Prompts and from the palette", async () => {
    const { project, run } = await worked();
    const train = render(TrainScreen);
    await userEvent.click(await screen.findByRole("button", { name: "Ship…" }));
    expect(app.shipping).toEqual(ofRun(run.id));
    train.unmount();
    app.shipping = null;
    app.navigate("prompts");
    render(PromptsScreen);
    await userEvent.click(await screen.findByRole("button", { name: "Ship…" }));
    expect(app.shipping).toMatchObject({ kind: "prompt", project: project.id });
    app.shipping = null;
    const [command] = paletteCommands("ship best", { projects: [], versions: [] });
    command?.run();
    expect(app.shipping).toEqual(ofRun(run.id));
  });
});

describe("A report", () => {
  it("is saved from the menu of a run and from the palette", async () => {
    const { run } = await worked();
    const [command] = paletteCommands("save report", { projects: [], versions: [] });
    command?.run();
    await waitFor(() => expect([...client.saved.keys()].some((name) => name.endsWith(".html"))).toBe(true));
    expect(asked(client, "export_run").at(-1)).toEqual({ run: run.id, format: "html" });
  });
});
