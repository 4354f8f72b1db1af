import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { RunConfig } from "../../../api/bindings/RunConfig";
import type { MemoryClient } from "../../../api/memory";
import { addWorkedProject } from "../../../api/memory/scenario";
import { app } from "../../../app/state.svelte";
import { asked, freshClient } from "../../../testing/client";
import { place } from "../place.svelte";
import { goOn } from "../run/goOn";
import TrainScreen from "../TrainScreen.svelte";

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
});

async function epochsField(): Promise<HTMLInputElement> {
  return (await screen.findByLabelText("After epochs")) as HTMLInputElement;
}

async function setEpochs(value: number) {
  const field = await epochsField();
  await fireEvent.input(field, { target: { value: String(value) } });
  await fireEvent.change(field);
}

/** Another screen is shown, and then this one again. */
function lookElsewhere() {
  cleanup();
  render(TrainScreen);
}

describe("the form of a new run", () => {
  it("is found as it was left after a look at another screen or another project", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 0);
    const other = addWorkedProject(client.engine, "Other", 100, 0);
    await app.openProject(project.id, "train");
    place.startNew(project.id);
    render(TrainScreen);
    const usual = (await epochsField()).value;
    await setEpochs(33);
    lookElsewhere();
    await waitFor(async () => expect((await epochsField()).value).toBe("33"));

    await app.openProject(other.id, "train");
    place.startNew(other.id);
    await waitFor(async () => expect((await epochsField()).value).toBe(usual));
    await app.openProject(project.id, "train");
    place.startNew(project.id);
    await waitFor(async () => expect((await epochsField()).value).toBe("33"));

    // What was changed can be taken back as before.
    await userEvent.click(screen.getByRole("button", { name: "Undo a change of the settings" }));
    await waitFor(async () => expect((await epochsField()).value).toBe(usual));
  });

  it("is found as it was left after a restart, until it is started or put aside", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 1);
    const restart = async () => {
      cleanup();
      place.reset();
      await app.openProject(project.id, "train");
      place.startNew(project.id);
      render(TrainScreen);
    };
    await restart();
    const usual = (await epochsField()).value;
    await setEpochs(33);
    await restart();
    await waitFor(async () => expect((await epochsField()).value).toBe("33"));
    // A step back leads to what is usual, and is kept as well.
    await userEvent.click(screen.getByRole("button", { name: "Undo a change of the settings" }));
    await restart();
    await waitFor(async () => expect((await epochsField()).value).toBe(usual));

    // Prompts of its own are kept, others are those that are being edited by then.
    const own = { system_prompt: "Of another run.", output_prompt: "" };
    const run = client.engine.runs.find((known) => known.project === project.id)!;
    goOn(run.summary(), "branch", { epoch: 1, prompt: own });
    await screen.findByText(/^Branch of/);
    await setEpochs(34);
    await restart();
    await screen.findByText(/^Branch of/);
    expect((await epochsField()).value).toBe("34");
    await waitFor(() => {
      const { config } = asked(client, "estimate_run").at(-1) as { config: RunConfig };
      expect([config.epochs, config.prompt.system_prompt]).toEqual([34, own.system_prompt]);
    });
    await userEvent.click(screen.getByRole("button", { name: "Start from the draft instead" }));
    await waitFor(() => expect(screen.queryByText(/^Branch of/)).toBeNull());
    await restart();
    await waitFor(async () => expect((await epochsField()).value).toBe(usual));
    expect(screen.queryByText(/^Branch of/)).toBeNull();

    await setEpochs(2);
    await userEvent.click(screen.getByRole("button", { name: /Start training/ }));
    await waitFor(() => expect(asked(client, "start_run")).toHaveLength(1));
    expect(JSON.stringify(asked(client, "start_run"))).not.toContain(own.system_prompt);
    expect(client.engine.project(project.id).prepared).toBeNull();
  });

  it("says which numbers are too large, and asks the engine for none of them", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 0);
    await app.openProject(project.id, "train");
    place.startNew(project.id);
    render(TrainScreen);
    await setEpochs(99_999_999_999);
    expect(await screen.findByText("At most 4,294,967,295.")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: /Start training/ }));
    await waitFor(async () => expect(document.activeElement).toBe(await epochsField()));
    expect(asked(client, "start_run")).toEqual([]);
    expect(JSON.stringify(asked(client, "estimate_run"))).not.toContain("99999999999");
  });

  it("starts from the prompts as they are when it is come back to, and is forgotten with the start", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 0);
    await app.openProject(project.id, "train");
    place.startNew(project.id);
    render(TrainScreen);
    await setEpochs(3);
    cleanup();
    const { draft } = client.engine.project(project.id);
    const prompt = { ...draft.prompt, system_prompt: "Written meanwhile." };
    client.engine.handle("save_draft", { project: project.id, draft: { ...draft, prompt } });
    render(TrainScreen);
    await waitFor(async () => expect((await epochsField()).value).toBe("3"));
    await userEvent.click(screen.getByRole("button", { name: /Start training/ }));
    await waitFor(() => expect(asked(client, "start_run")).toHaveLength(1));
    const { config } = asked(client, "start_run")[0] as { config: RunConfig };
    expect([config.prompt.system_prompt, config.epochs]).toEqual(["Written meanwhile.", 3]);
    const form = place.form(project.id, () => null as never);
    expect(form).toBeNull();
  });

  it("says of giving a proposal up early what the chosen search does", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 0);
    await app.openProject(project.id, "train");
    place.startNew(project.id);
    render(TrainScreen);
    await userEvent.click(await screen.findByText("Advanced"));
    const strategy = await screen.findByLabelText("Strategy");
    await userEvent.selectOptions(strategy, "greedy");
    await userEvent.selectOptions(screen.getByLabelText("Accept a proposal when"), "any");
    expect(await screen.findByLabelText(/cannot beat the best: same decisions/)).toBeTruthy();
    await userEvent.selectOptions(strategy, "pareto");
    expect(await screen.findByLabelText(/hardly a chance.*would have\s+caught up/)).toBeTruthy();
    expect(screen.queryByLabelText(/same decisions/)).toBeNull();
    await userEvent.selectOptions(screen.getByLabelText("Accept a proposal when"), "significant");
    expect(await screen.findByLabelText(/hardly a chance/)).toBeTruthy();
    await userEvent.selectOptions(strategy, "greedy");
    expect(screen.queryByLabelText(/beat the best/)).toBeNull();
  });
});
