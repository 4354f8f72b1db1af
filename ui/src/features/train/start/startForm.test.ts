import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { EditorView } from "@codemirror/view";
import { tick } from "svelte";
import { beforeEach, describe, expect, it } from "vitest";
import type { RunConfig } from "../../../api/bindings/RunConfig";
import type { MemoryClient } from "../../../api/memory";
import { addWorkedProject } from "../../../api/memory/scenario";
import { app } from "../../../app/state.svelte";
import { asked, freshClient } from "../../../testing/client";
import { place } from "../place.svelte";
import { goOn } from "../run/goOn";
import TrainScreen from "../TrainScreen.svelte";
import PromptsScreen from "../../prompts/PromptsScreen.svelte";

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

describe("a form that is filled in, when other prompts are to be trained", () => {
  const own = { system_prompt: "Of the epoch, edited by hand.", output_prompt: "" };
  const estimated = () => asked(client, "estimate_run").at(-1) as { config: RunConfig };

  async function takenOver() {
    const project = addWorkedProject(client.engine, "Tickets", 300, 1);
    await app.openProject(project.id, "train");
    const run = client.engine.runs.find((known) => known.project === project.id)!;
    place.show(project.id, run.id);
    render(TrainScreen);
    goOn(run.summary(), "take_over", { epoch: 1, prompt: own });
    await screen.findByText(/^Taken over from/);
    await setEpochs(33);
    return { project, run };
  }

  /** Edits the draft on the Prompts screen and goes to training from there. */
  async function trainFromThese(project: { id: number }) {
    cleanup();
    const { draft } = client.engine.project(project.id);
    const prompt = { ...draft.prompt, system_prompt: "Written on the screen." };
    client.engine.handle("save_draft", { project: project.id, draft: { ...draft, prompt } });
    await app.openProject(project.id, "prompts");
    render(PromptsScreen);
    await userEvent.click(await screen.findByRole("button", { name: "Train from these" }));
    expect(app.screen).toBe("train");
    cleanup();
    render(TrainScreen);
  }

  it.each(["in the same window", "after a restart"])(
    "trains those of the screen %s, and can be taken back",
    async (when) => {
      const { project, run } = await takenOver();
      if (when === "after a restart") {
        cleanup();
        await waitFor(() => expect(client.engine.project(project.id).prepared).not.toBeNull());
        place.reset();
      }
      await trainFromThese(project);
      await waitFor(() => expect(estimated().config.prompt.system_prompt).toBe("Written on the screen."));
      // The other settings stay, what they were made for is said to be gone.
      expect((await epochsField()).value).toBe("33");
      expect(estimated().config.parent).toBeNull();
      expect(screen.queryByText(/^Taken over from/)).toBeNull();
      expect(app.toasts.at(-1)?.message).toBe(
        `The form starts from the prompts being edited now, not from the prompts it had from “${run.name}”. Its other settings stay.`,
      );

      const undo = screen.getByRole("button", { name: "Undo a change of the settings" });
      await userEvent.click(undo);
      await screen.findByText(/^Taken over from/);
      await waitFor(() => expect(estimated().config.prompt).toEqual(own));
      expect((await epochsField()).value).toBe("33");

      await userEvent.click(screen.getByRole("button", { name: "Redo a change of the settings" }));
      await userEvent.click(screen.getByRole("button", { name: /Start training/ }));
      await waitFor(() => expect(asked(client, "start_run")).toHaveLength(1));
      const { config } = asked(client, "start_run")[0] as { config: RunConfig };
      expect([config.prompt.system_prompt, config.epochs, config.parent]).toEqual(["Written on the screen.", 33, null]);
    },
  );

  it("gives way to a version with a notice, which takes it back", async () => {
    const { project } = await takenOver();
    // Neither what is filled in nor what is being edited.
    const prompt = { system_prompt: "Of an old version.", output_prompt: "" };
    place.startNew(project.id, { kind: "version", prompt, locked: [], number: 7 });
    await waitFor(() => expect(estimated().config.prompt).toEqual(prompt));
    expect(estimated().config.parent).toBeNull();
    expect(app.toasts.at(-1)?.message).toMatch(/^The form starts from version 7 now, not from the prompts it had/);
    app.toasts.at(-1)!.action!.run();
    await screen.findByText(/^Taken over from/);
    expect((await epochsField()).value).toBe("33");
  });

  it("gives way to the settings of another run with a notice, and keeps none of its own prompts in them", async () => {
    const { run } = await takenOver();
    goOn(run.summary(), "again");
    await screen.findByText(/^Again, like/);
    await waitFor(() => expect(estimated().config.prompt).toEqual(run.config.prompt));
    expect((await epochsField()).value).not.toBe("33");
    expect(app.toasts.at(-1)?.message).toMatch(
      /^The form has the settings of .* in place of those that were filled in/,
    );
    await userEvent.click(screen.getByRole("button", { name: "Undo a change of the settings" }));
    await screen.findByText(/^Taken over from/);
    expect((await epochsField()).value).toBe("33");
    await waitFor(() => expect(estimated().config.prompt).toEqual(own));
  });

  it.each([
    ["nothing was filled in, without a notice", false],
    ["only a number was, with one", true],
  ])("gives way to the settings of another run where %s", async (_, filled) => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 1);
    await app.openProject(project.id, "train");
    place.startNew(project.id);
    render(TrainScreen);
    await epochsField();
    if (filled) await setEpochs(33);
    goOn(client.engine.runs.find((known) => known.project === project.id)!.summary(), "again");
    await screen.findByText(/^Again, like/);
    const notices = app.toasts.map(({ message }) => message);
    expect(notices).toEqual(filled ? [expect.stringMatching(/in place of those that were filled in\.$/)] : []);
  });

  it("marks what a run that is taken over leaves as it is, and locks and unlocks there", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 1);
    const { draft } = client.engine.project(project.id);
    const of = (half: "system" | "output", text: string) => ({ half, text });
    const ofDraft = [of("system", "queue")];
    client.engine.handle("save_draft", { project: project.id, draft: { ...draft, locked: ofDraft } });
    await app.openProject(project.id, "train");
    const run = client.engine.runs.find((known) => known.project === project.id)!;
    run.config.locked = [of("system", "Never guess."), of("output", "gone")];
    place.show(project.id, run.id);
    render(TrainScreen);
    const prompt = { system_prompt: "Name the queue. Never guess.", output_prompt: "One word." };
    goOn(run.summary(), "take_over", { epoch: 1, prompt });
    const system = within(await screen.findByRole("region", { name: "System prompt" }));
    const output = within(screen.getByRole("region", { name: "Output prompt" }));
    await waitFor(() => {
      const marks = document.querySelectorAll(".cm-locked");
      expect([...marks].map(({ textContent }) => textContent)).toEqual(["Never guess."]);
    });
    expect(output.getByRole("list", { name: "Locked in the output prompt" }).textContent).toContain(
      "not in the prompt",
    );
    expect(screen.getByRole("note").textContent).toMatch(/not in the prompts of this run[^]*“gone”/);
    await userEvent.click(output.getByRole("button", { name: "Unlock gone" }));
    expect(screen.queryByRole("note")).toBeNull();

    const content = system.getByRole("textbox", { name: "System prompt" });
    EditorView.findFromDOM(content)!.dispatch({ selection: { anchor: 0, head: 14 } });
    await userEvent.click(system.getByRole("button", { name: "Lock the selected text of the system prompt" }));
    const both = [of("system", "Never guess."), of("system", "Name the queue")];
    await waitFor(() => expect(estimated().config.locked).toEqual(both));
    // What is painted from then on is the lock alone.
    expect(EditorView.findFromDOM(content)!.state.selection.main).toMatchObject({ from: 14, to: 14 });
    expect(document.getSelection()?.toString() ?? "").toBe("");
    await userEvent.click(system.getByRole("button", { name: "Unlock Never guess." }));
    await waitFor(() => expect(estimated().config.locked).toEqual(both.slice(1)));
    expect(client.engine.project(project.id).draft.locked).toEqual(ofDraft);
  });

  it("tells of locked texts that its prompts do not have, and leads to them", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 0);
    const { draft } = client.engine.project(project.id);
    const locked = [{ half: "system" as const, text: "Never guess." }];
    client.engine.handle("save_draft", { project: project.id, draft: { ...draft, locked } });
    await app.openProject(project.id, "train");
    place.startNew(project.id);
    render(TrainScreen);
    expect((await screen.findByRole("note")).textContent).toMatch(/not in the prompts of this run[^]*“Never guess\.”/);
    await userEvent.click(screen.getByRole("button", { name: "Show the locks in Prompts" }));
    expect(app.screen).toBe("prompts");
  });

  it("keeps Advanced as it was left, and counts what is not usual in it", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 0);
    await app.openProject(project.id, "train");
    place.startNew(project.id);
    render(TrainScreen);
    await epochsField();
    const advanced = () => screen.getByText("Advanced").closest("details")!;
    expect(advanced().querySelector("summary")!.textContent).not.toMatch(/changed/);
    await userEvent.click(advanced().querySelector("summary")!);
    const seed = screen.getByLabelText("Seed");
    await fireEvent.input(seed, { target: { value: "7" } });
    await fireEvent.change(seed);
    lookElsewhere();
    await epochsField();
    expect(advanced().open).toBe(true);
    expect(advanced().querySelector("summary")!.textContent).toContain("1 changed");
    await userEvent.click(screen.getByRole("checkbox", { name: /^Use answers that other runs/ }));
    await waitFor(() =>
      expect(advanced().querySelector("summary")!.textContent).toMatch(/2 changed\s+seed; use answers of other runs$/),
    );
  });

  it("leads back to the run that it was opened from, whichever way", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 2);
    await app.openProject(project.id, "train");
    const runs = client.engine.runs.filter((known) => known.project === project.id);
    const [older, newer] = runs.toSorted((a, b) => a.id - b.id) as [(typeof runs)[0], (typeof runs)[0]];
    const back = (name: string) => screen.findByRole("button", { name: `Back to ${name}` });
    place.show(project.id, older.id, 1);
    render(TrainScreen);
    goOn(older.summary(), "take_over", { epoch: 1, prompt: own });
    await userEvent.click(await back(older.name));
    expect([place.run(project.id), place.epoch(older.id)]).toEqual([older.id, 1]);

    await userEvent.click(await screen.findByRole("button", { name: "New run" }));
    // The way back stays when other prompts are to be trained.
    place.startNew(project.id, { kind: "draft" });
    await tick();
    expect(await back(older.name)).toBeDefined();

    // Nobody had chosen this one, and another one would be shown by now.
    place.clear();
    goOn(newer.summary(), "again");
    client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "later" });
    await app.refreshProject();
    expect(await back(newer.name)).toBeDefined();
  });
});
