import type { ComparePrompts } from "../../api/bindings/ComparePrompts";
import type { ExportPrompts } from "../../api/bindings/ExportPrompts";
import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { addWorkedProject } from "../../api/memory/scenario";
import { inspector } from "../../app/inspector.svelte";
import { call } from "../../api/client";
import { app } from "../../app/state.svelte";
import { asked, freshClient } from "../../testing/client";
import { usePlainEditor } from "../../testing/plainEditor";
import { place } from "../train/place.svelte";
import { tryingOf } from "./trying.svelte";
import PromptsScreen from "./PromptsScreen.svelte";

usePlainEditor();

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
});

async function open(runs = 0) {
  const project = addWorkedProject(client.engine, "Tickets", 300, 0);
  for (let index = 0; index < runs; index += 1) {
    const config = { ...client.engine.defaultConfig(project), name: "wide" };
    const run = client.engine.startRun(project, config);
    while (run.status === "running") client.advance(1);
    const { system_prompt, output_prompt } = run.bestPrompt();
    project.draft = { ...project.draft, prompt: { system_prompt, output_prompt } };
  }
  await app.openProject(project.id, "prompts");
  render(PromptsScreen);
  return project;
}

const trying = () => screen.getByRole("region", { name: "Try on an example" });

describe("origins", () => {
  it("name the epoch that brought a sentence, why, and lead to it", async () => {
    const project = await open(1);
    const run = client.engine.runs.find((known) => known.project === project.id)!;
    await userEvent.click(screen.getByRole("tab", { name: "Origins" }));
    const card = await screen.findByRole("region", { name: "System prompt: where it comes from" });
    expect(within(card).getByText(/written by hand/)).toBeDefined();
    const [link] = await within(card).findAllByRole("button", { name: /^epoch \d+ of wide/ });
    expect(card.textContent).toMatch(/The whole epoch:\s+\+[\d.]+ points,\s+\d+ fixed\s*,\s+\d+ broken/);
    expect(card.textContent).toContain("it is written down");
    await userEvent.click(link!);
    expect(app.screen).toBe("train");
    expect(place.run(project.id)).toBe(run.id);
  });

  it("name a version that the prompt does not come from as what has the same text, not as the origin", async () => {
    const project = await open(1);
    const prompt = { system_prompt: "Another.", output_prompt: "Another." };
    await call("save_prompt_version", { project: project.id, prompt, note: "" });
    await userEvent.click(screen.getByRole("tab", { name: "Origins" }));
    const card = await screen.findByRole("region", { name: "System prompt: where it comes from" });
    expect(card.textContent).toMatch(/new\s+just written; v1, which this prompt does not come from, has the same text/);
    expect(card.textContent).not.toMatch(/written by hand|whole epoch/);
  });

  it("show sentences that came together as they are written, with the lines between them", async () => {
    await open();
    const field = screen.getByRole("textbox", { name: "System prompt" });
    await userEvent.clear(field);
    await userEvent.paste("Be brief.\n\nNever guess.  Say so.");
    await userEvent.click(screen.getByRole("tab", { name: "Origins" }));
    const card = await screen.findByRole("region", { name: "System prompt: where it comes from" });
    const items = within(card).getAllByRole("listitem");
    expect(items).toHaveLength(1);
    expect(items[0]!.querySelector(".text")?.textContent).toBe("Be brief.\n\nNever guess.  Say so.");
  });

  it("say what is new, and why they could not be read", async () => {
    await open();
    await userEvent.type(screen.getByRole("textbox", { name: "System prompt" }), " Be brief.");
    await userEvent.click(screen.getByRole("tab", { name: "Origins" }));
    expect(await screen.findByText(/just written/)).toBeDefined();
    client.fail("blame", "The database is busy with another program.", "database");
    await userEvent.click(screen.getByRole("tab", { name: "Prompts" }));
    await userEvent.click(screen.getByRole("tab", { name: "Origins" }));
    expect((await screen.findByRole("alert")).textContent).toContain("busy");
  });
});

describe("trying", () => {
  it("asks several models several times and counts their different answers", async () => {
    await open();
    await within(trying()).findByText(/input/);
    const user = userEvent.setup();
    await user.click(await within(trying()).findByRole("button", { name: "Add a model" }));
    const samples = within(trying()).getByLabelText("answers");
    await user.clear(samples);
    await user.type(samples, "3{Tab}");
    await user.click(within(trying()).getByRole("button", { name: /^Run/ }));
    await waitFor(() => expect(asked(client, "start_try")).toHaveLength(6));
    expect(asked(client, "start_try").map((request) => (request as { sample: number }).sample)).toEqual([
      0, 1, 2, 0, 1, 2,
    ]);
    const columns = await within(trying()).findByRole("region", { name: "Answers by model" });
    await waitFor(() => expect(within(columns).getAllByText(/^3 of 3 answers/)).toHaveLength(2));
    expect(columns.textContent).toMatch(/[123]×/);
    await user.click(within(trying()).getByRole("button", { name: "Take out model 2" }));
    // What the other one said stays.
    expect(within(columns).getAllByText(/^3 of 3 answers/)).toHaveLength(1);
  });

  it("keeps the models in the order they were chosen, however they answer", async () => {
    const project = await open();
    const trying = tryingOf(project.id);
    await waitFor(() => expect(trying.ready).toBe(true));
    const [fast, slow] = [
      { ...trying.model!, model: "fast" },
      { ...trying.model!, model: "slow" },
    ];
    trying.ask(slow);
    trying.setOthers([fast]);
    const handle = client.engine.handle.bind(client.engine);
    let looks = 0;
    vi.spyOn(client.engine, "handle").mockImplementation((name, request) => {
      // The first job is that of the first model: it takes its time.
      const waits = name === "watch_try" && (request as { job: number }).job === 1 && ++looks < 5;
      return waits
        ? ({ text: "", next: 0, first_ms: null, state: { kind: "running" } } as never)
        : handle(name, request);
    });
    await trying.run(project.draft.prompt);
    expect(looks).toBeGreaterThan(4);
    expect(trying.answers.map(({ model }) => model.model)).toEqual(["slow", "fast"]);
  });

  it("scores twenty random rows with an interval, failures first, and opens one", async () => {
    await open();
    await userEvent.click(await screen.findByRole("button", { name: "Try on 20 random rows" }));
    const section = screen.getByRole("region", { name: "Try on random rows" });
    expect(await within(section).findByText(/95 % interval .* n = \d+/)).toBeDefined();
    const items = within(section).getAllByRole("listitem");
    expect(items).toHaveLength(20);
    const marks = items.map((item) => (item.textContent!.includes("no match") ? 0 : 1));
    expect(marks).toEqual([...marks].sort((a, b) => a - b));
    await userEvent.click(within(items[0]!).getByRole("button"));
    expect(inspector.shown?.sides).toHaveLength(1);
    await userEvent.click(within(section).getByRole("button", { name: "Other rows" }));
    await waitFor(() =>
      expect(asked(client, "start_try_rows").map((request) => (request as { seed: number }).seed)).toEqual([0, 1]),
    );
  });
});

describe("versions", () => {
  it("start a run of their own and leave what is being edited alone", async () => {
    const project = await open(1);
    const old = project.versions.at(-1)!;
    await userEvent.click(await screen.findByRole("button", { name: `Train from version ${old.number}` }));
    await waitFor(() => expect(app.screen).toBe("train"));
    expect(place.wish(project.id)).toEqual({
      kind: "version",
      prompt: old.prompt,
      locked: [],
      number: old.number,
    });
    expect(project.draft.prompt).not.toEqual(old.prompt);
  });
});

describe("locked spans", () => {
  it("are what is selected, are kept with the draft, and go when they are unlocked", async () => {
    const project = await open();
    const system = screen.getByRole<HTMLTextAreaElement>("textbox", { name: "System prompt" });
    const lock = screen.getByRole("button", { name: "Lock the selected text of the system prompt" });
    system.setSelectionRange(0, 0);
    await userEvent.click(lock);
    expect(app.toasts.at(-1)?.message).toMatch(/Select the text/);
    system.setSelectionRange(0, 9);
    const text = system.value.slice(0, 9).trim();
    await userEvent.click(lock);
    const list = await screen.findByRole("list", { name: "Locked in the system prompt" });
    expect(list.textContent).toContain(text);
    await waitFor(() => expect(project.draft.locked).toEqual([{ half: "system", text }]));
    await userEvent.clear(system);
    expect(await within(list).findByText("not in the prompt")).toBeDefined();
    await userEvent.click(within(list).getByRole("button", { name: `Unlock ${text}` }));
    await waitFor(() => expect(project.draft.locked).toEqual([]));
    // The button went with its lock; whoever works by keyboard goes on from where locks are made.
    expect(document.activeElement).toBe(lock);
  });
});

describe("two versions that no run compared", () => {
  async function compareTwo() {
    const project = await open();
    client.engine.addVersion(project, { system_prompt: "Answer.".repeat(60), output_prompt: "One word." }, "longer");
    await app.openProject(project.id, "prompts");
    await userEvent.click(await screen.findByRole("button", { name: "Compare two" }));
    return within(await screen.findByRole("dialog", { name: "Compare two versions" }));
  }
  const asked = (name: string) => client.calls.filter((known) => known.name === name).map(({ request }) => request);

  it("are compared on all of validation, with verdict, buckets, filters, labels and the row behind a line", async () => {
    const dialog = await compareTwo();
    const ask = await dialog.findByRole("button", { name: /^Ask both \(about \d+ calls\)$/ });
    // The price stands there before anything is asked.
    const region = dialog.getByRole("region", { name: "Both on rows" });
    expect(region.textContent).toMatch(/0 of \d+ rows answered under both\. The rest takes about \d+ calls, .* tokens/);
    expect(asked("start_comparing")).toEqual([]);
    await userEvent.click(ask);
    await waitFor(() => expect(dialog.getByRole("tab", { name: "Examples", selected: true })).toBeTruthy());

    const comparison = client.engine.pairs.compare(asked("start_comparing")[0] as ComparePrompts).comparison;
    const { fixed, broken } = comparison.buckets;
    expect(fixed).toBeGreaterThan(0);
    expect(dialog.getByRole("button", { name: `Fixed ${fixed}` })).toBeTruthy();
    expect(dialog.getByRole("button", { name: `Broken ${broken}` })).toBeTruthy();
    expect(dialog.getByText(new RegExp(comparison.verdict.slice(0, 20)))).toBeTruthy();
    expect(asked("start_comparing")).toMatchObject([
      { first: { output_prompt: "Which queue is it?" }, second: { output_prompt: "One word." }, rows: null },
    ]);

    // The row behind a line opens in the dialog, and Esc closes the row alone.
    await userEvent.click(dialog.getByRole("button", { name: `Fixed ${fixed}` }));
    await userEvent.click(dialog.getAllByRole("gridcell")[1]!);
    const row = await dialog.findByRole("complementary", { name: "Row inspector" });
    expect(within(row).getByRole("heading", { name: /^v2/ })).toBeTruthy();
    await userEvent.keyboard("{Escape}");
    await waitFor(() => expect(dialog.queryByRole("complementary")).toBeNull());
    await userEvent.click(dialog.getByRole("button", { name: "Save these examples as CSV" }));
    await waitFor(() => expect(client.saved.get("versions.csv")).toMatch(/^row,bucket,input,ground truth,v1,v2,/));

    await userEvent.click(dialog.getByRole("tab", { name: "Labels" }));
    expect(dialog.getByText("Confusion, second minus first")).toBeTruthy();

    // What was answered is known for nothing, also for some of the rows.
    await userEvent.click(dialog.getByRole("radio", { name: "20 random ones" }));
    expect(
      await dialog.findByText(/20 of 20 rows answered under both\. Every answer that is to be had is on disk\./),
    ).toBeTruthy();
    expect(dialog.queryByRole("button", { name: /^Ask both/ })).toBeNull();
  });

  it("leave as a report, and say whose answers they are where the connection moved", async () => {
    const dialog = await compareTwo();
    expect(dialog.queryByRole("button", { name: "Save a report of both" })).toBeNull();
    await userEvent.click(await dialog.findByRole("button", { name: /^Ask both/ }));
    const user = userEvent.setup({ pointerEventsCheck: 0 });
    for (const [words, format] of [
      ["HTML page", "html"],
      ["Markdown", "md"],
    ] as const) {
      await user.click(await dialog.findByRole("button", { name: "Save a report of both" }));
      await user.click(await screen.findByRole("menuitem", { name: `Save report (${words})` }));
      await waitFor(() => expect(client.saved.get(`v2-against-v1.${format}`)).toContain(`${format}: v2 against v1.`));
    }
    const { primary } = (asked("compare_prompts").at(-1) as ComparePrompts).config;
    expect((asked("export_prompts")[0] as ExportPrompts).pair).toEqual(asked("compare_prompts").at(-1));

    const words = 'These answers are of Sim at http://old/v1, as it was in "Run 3".';
    client.engine.pairs.moved.set(primary.connection, words);
    await userEvent.click(dialog.getByRole("radio", { name: "20 random ones" }));
    expect(await dialog.findByText(words)).toBeTruthy();
    await userEvent.selectOptions(dialog.getByLabelText("After"), "1");
    expect(dialog.queryByText(words)).toBeNull();
    await userEvent.click(dialog.getByRole("tab", { name: "Examples" }));
    const panel = dialog.getByRole("tabpanel", { name: "Both compared" });
    expect(panel.textContent).toContain("Both are the same. Choose another version");
    expect(panel.textContent).not.toContain("Ask both");
  });

  it("are opened with the model under which most of both is answered", async () => {
    const project = await open();
    const config = client.engine.defaultConfig(project);
    const measured = { ...config.primary, connection: 900, model: "measured" };
    client.engine.startRun(project, { ...config, name: "older", primary: measured }).finishNow();
    client.engine
      .startRun(project, { ...config, name: "newest", primary: { ...measured, model: "newest" } })
      .finishNow();
    client.engine.addVersion(project, { system_prompt: "Answer.", output_prompt: "One word." }, "other");
    await app.openProject(project.id, "prompts");
    const shown = async () => {
      await userEvent.click(await screen.findByRole("button", { name: "Compare two" }));
      const dialog = within(await screen.findByRole("dialog", { name: "Compare two versions" }));
      return { dialog, model: await dialog.findByLabelText<HTMLInputElement>("Answered by: name") };
    };
    // Of neither anything is known: the model of the newest run.
    const first = await shown();
    expect(first.model.value).toBe("newest");
    await fireEvent.change(first.model, { target: { value: "measured" } });
    await userEvent.click(await first.dialog.findByRole("button", { name: /^Ask both/ }));
    expect(await first.dialog.findByText(/Every answer that is to be had is on disk\./)).toBeTruthy();
    await userEvent.click(first.dialog.getByRole("button", { name: "Close" }));
    expect((await shown()).model.value).toBe("measured");
  });

  it("say why they could not be asked, and can be stopped", async () => {
    const dialog = await compareTwo();
    client.engine.measures.pace = 1;
    await userEvent.click(await dialog.findByRole("button", { name: /^Ask both/ }));
    await userEvent.click(await dialog.findByRole("button", { name: "Stop asking" }));
    await userEvent.click(await dialog.findByRole("button", { name: /^Ask both/ }));
    client.engine.measures.refusal = "The server does not answer. Start it and try again.";
    expect(await dialog.findByRole("alert")).toHaveProperty(
      "textContent",
      "The server does not answer. Start it and try again.",
    );
  });
});
