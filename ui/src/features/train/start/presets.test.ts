import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../../../api/memory";
import { addWorkedProject } from "../../../api/memory/scenario";
import { onWindowKey } from "../../../app/shortcuts";
import { app } from "../../../app/state.svelte";
import { asked, freshClient } from "../../../testing/client";
import { place } from "../place.svelte";
import TrainScreen from "../TrainScreen.svelte";

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
  window.addEventListener("keydown", onWindowKey);
});

afterEach(() => window.removeEventListener("keydown", onWindowKey));

async function open() {
  const project = addWorkedProject(client.engine, "Tickets", 300, 0);
  await app.openProject(project.id, "train");
  place.startNew(project.id);
  render(TrainScreen);
  const epochs = await screen.findByLabelText("After epochs");
  return { project, epochs: epochs as HTMLInputElement };
}

async function setEpochs(field: HTMLInputElement, value: number) {
  await fireEvent.input(field, { target: { value: String(value) } });
  await fireEvent.change(field);
  await fireEvent.blur(field);
}

async function openPresets() {
  await userEvent.click(screen.getByRole("button", { name: "Presets" }));
  return await screen.findByRole("dialog", { name: "Presets" });
}

describe("presets", () => {
  it("are renamed in place, which is taken back as well, and never onto another one", async () => {
    await open();
    const dialog = await openPresets();
    const save = within(dialog).getByLabelText("Save the settings of this form as");
    for (const name of ["Careful", "Quick"]) {
      await userEvent.type(save, `${name}{Enter}`);
      await within(dialog).findByRole("button", { name: `Use “${name}”` });
    }
    const rename = async (from: string, keys: string) => {
      await userEvent.click(within(dialog).getByRole("button", { name: `Rename “${from}”` }));
      await userEvent.type(within(dialog).getByLabelText(`New name of “${from}”`), keys);
    };
    const names = () => client.engine.keeping.presets.map(({ name }) => name).sort();
    await rename("Careful", "Slow{Escape}");
    expect(names()).toEqual(["Careful", "Quick"]);
    await rename("Careful", "quick{Enter}");
    expect(await within(dialog).findByText(/There is a preset “Quick” already/)).toBeTruthy();
    await rename("Careful", "Thorough{Enter}");
    await waitFor(() => expect(names()).toEqual(["Quick", "Thorough"]));
    expect(await within(dialog).findByText("“Careful” is called “Thorough” now.")).toBeTruthy();
    await userEvent.click(within(dialog).getByRole("button", { name: "Undo" }));
    await waitFor(() => expect(names()).toEqual(["Careful", "Quick"]));
  });

  it("keep the settings of the form without its prompts, and bring them back in any project", async () => {
    const { epochs } = await open();
    await setEpochs(epochs, 33);
    let dialog = await openPresets();
    expect(await within(dialog).findByText(/No preset yet/)).toBeTruthy();
    await userEvent.type(within(dialog).getByLabelText("Save the settings of this form as"), "Careful{Enter}");
    await waitFor(() => expect(client.engine.keeping.presets).toHaveLength(1));
    expect(asked(client, "start_run"), "saving a preset starts no run").toEqual([]);
    expect(client.engine.keeping.presets[0]!.config.prompt.system_prompt).toBe("");
    await userEvent.click(within(dialog).getByRole("button", { name: "Done" }));
    await setEpochs(epochs, 4);
    dialog = await openPresets();
    await userEvent.click(await within(dialog).findByRole("button", { name: "Use “Careful”" }));
    await waitFor(() => expect(epochs.value).toBe("33"));
    await userEvent.click(screen.getByRole("button", { name: /Start training/ }));
    await waitFor(() => expect(asked(client, "start_run")).toHaveLength(1));
    const { config } = asked(client, "start_run")[0] as { config: { prompt: { system_prompt: string } } };
    expect(config.prompt.system_prompt).toMatch(/^You route/);
  });

  it("say what is wrong with a name, and a deleted one comes back", async () => {
    await open();
    client.fail("save_preset", "The name of the preset is too long.");
    const dialog = await openPresets();
    const field = within(dialog).getByLabelText("Save the settings of this form as");
    await userEvent.type(field, "x");
    await userEvent.click(within(dialog).getByRole("button", { name: "Save" }));
    expect((await within(dialog).findByRole("alert")).textContent).toContain("too long");
    client.heal("save_preset");
    const save = within(dialog).getByRole<HTMLButtonElement>("button", { name: "Save" });
    await waitFor(() => expect(save.disabled).toBe(false));
    await userEvent.click(within(dialog).getByRole("button", { name: "Save" }));
    await userEvent.click(await within(dialog).findByRole("button", { name: "Delete “x”" }));
    await waitFor(() => expect(client.engine.keeping.presets).toEqual([]));
    await waitFor(() => expect(document.activeElement).toBe(field));
    await userEvent.click(within(dialog).getByRole("button", { name: "Undo" }));
    await waitFor(() => expect(client.engine.keeping.presets).toHaveLength(1));
  });

  it("speak of one epoch as of one", async () => {
    const { epochs } = await open();
    await setEpochs(epochs, 1);
    const dialog = await openPresets();
    await userEvent.type(within(dialog).getByLabelText("Save the settings of this form as"), "Mine{Enter}");
    expect(await within(dialog).findByText(/ · \w+, 1 epoch · /)).toBeDefined();
  });

  it("are edits among those of the form: what was done last is taken back first, and made again first", async () => {
    const { epochs } = await open();
    const usual = epochs.value;
    const kept = () => client.engine.keeping.presets.map(({ name, config }) => `${name} ${config.epochs}`);
    const saveAs = async (name: string) => {
      const dialog = await openPresets();
      const field = within(dialog).getByLabelText("Save the settings of this form as");
      await userEvent.type(field, `${name}{Enter}`);
      await within(dialog).findByText(/ is saved/);
      await userEvent.click(within(dialog).getByRole("button", { name: "Done" }));
    };
    await saveAs("Mine");
    await setEpochs(epochs, 33);
    await saveAs("mine");
    expect(kept()).toEqual(["mine 33"]);
    const press = (keys: string) =>
      fireEvent.keyDown(document.body, { key: "z", ctrlKey: true, shiftKey: keys === "redo" });
    await press("undo");
    await waitFor(() => expect(kept()).toEqual([`Mine ${usual}`]));
    expect(epochs.value).toBe("33");
    await press("undo");
    await waitFor(() => expect(epochs.value).toBe(usual));
    await press("undo");
    await waitFor(() => expect(kept()).toEqual([]));
    await press("redo");
    await waitFor(() => expect(kept()).toEqual([`Mine ${usual}`]));
    expect(epochs.value).toBe(usual);
    await press("redo");
    await waitFor(() => expect(epochs.value).toBe("33"));
    await press("redo");
    await waitFor(() => expect(kept()).toEqual(["mine 33"]));
  });
});

describe("undo of settings", () => {
  it("takes back one field after the other, and makes it again", async () => {
    const { epochs } = await open();
    const usual = epochs.value;
    await setEpochs(epochs, 33);
    await userEvent.click(screen.getByRole("button", { name: "Undo a change of the settings" }));
    await waitFor(() => expect(epochs.value).toBe(usual));
    await userEvent.click(screen.getByRole("button", { name: "Redo a change of the settings" }));
    await waitFor(() => expect(epochs.value).toBe("33"));
    document.body.focus();
    await userEvent.keyboard("{Control>}z{/Control}");
    await waitFor(() => expect(epochs.value).toBe(usual));
  });
});
