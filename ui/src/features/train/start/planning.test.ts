import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { tick } from "svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { RunConfig } from "../../../api/bindings/RunConfig";
import type { MemoryClient } from "../../../api/memory";
import { DEMO } from "../../../api/memory/defaults";
import { addWorkedProject } from "../../../api/memory/scenario";
import { inspector } from "../../../app/inspector.svelte";
import { app } from "../../../app/state.svelte";
import { asked, freshClient } from "../../../testing/client";
import { place } from "../place.svelte";
import { goOn } from "../run/goOn";
import TrainScreen from "../TrainScreen.svelte";
import { hostsInWords, leaves } from "./hosts";
import { simulatedParts, simulatedRoles } from "../../../app/simulatedParts";

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
});

async function open() {
  const project = addWorkedProject(client.engine, "Tickets", 300, 1);
  await app.openProject(project.id, "train");
  place.startNew(project.id);
  render(TrainScreen);
  await screen.findByRole("heading", { name: "What this run will use" });
  return project;
}

/** What the estimate says beside a term. Roles are slow to find beside editors, and this is asked again and again. */
function said(term: string): string {
  const terms = [...document.querySelectorAll("[aria-labelledby='estimate-title'] dt")];
  const found = terms.find((known) => known.textContent === term)?.nextElementSibling?.textContent ?? "";
  return found.replace(/\s+/g, " ").trim();
}

describe("the estimate", () => {
  it("gives calls, tokens, money and time as ranges, and calls no estimate a bound", async () => {
    await open();
    await waitFor(() => expect(said("Calls")).toMatch(/^[\d,]+ to [\d,]+/));
    expect(said("Tokens")).toMatch(/^about [\d.,KM]+ to [\d.,KM]+ estimated, no limit/);
    expect(said("Cost")).toBe("nothing");
    expect(said("Time")).toMatch(/^about 1 to \d+ (s|min) The demo model answers at once/);
  });

  it("gives one figure where both ends of a range are the same", async () => {
    const handle = client.engine.handle.bind(client.engine);
    vi.spyOn(client.engine, "handle").mockImplementation((name, request) => {
      const answer = handle(name, request);
      return name === "estimate_run" ? ({ ...answer, calls_low: 130, calls_high: 130 } as never) : answer;
    });
    const project = await open();
    await waitFor(() => expect(said("Calls")).toMatch(/^130 retries come on top, up to your limit of 10,000;/));
    expect(said("Proposals")).toMatch(/^at most \d+$/);
    const config = client.engine.defaultConfig(project);
    const limited = { ...config, budget: { ...config.budget, max_calls: 130 } };
    place.startNew(project.id, { kind: "settings", config: limited, of: "another" });
    await waitFor(() => expect(said("Calls")).toMatch(/^130 retries and all within your limit of 130;/));
  });

  it("has its rows before their figures, so that nothing below moves when they come", async () => {
    const letGo = client.hold("estimate_run");
    await open();
    const terms = () =>
      [...document.querySelectorAll("[aria-labelledby='estimate-title'] dt")].map((t) => t.textContent);
    await waitFor(() => expect(said("Train")).toMatch(/^\d+ examples/));
    expect(said("Calls")).toMatch(/^… retries come on top/);
    const before = terms();
    letGo();
    await waitFor(() => expect(said("Calls")).toMatch(/^[\d,]+ to/));
    expect(terms()).toEqual(before);
  });

  const PARTS = ["estimate_run", "list_prompt_versions", "get_epoch", "model_price"] as const;
  const check = () => screen.queryByRole("button", { name: "Check before training" });

  /** The form of a run that goes on from an epoch, of models without a known price: all that the estimate reads is asked for. */
  async function branched() {
    const answer = client.call.bind(client) as (name: string, request: unknown) => Promise<object>;
    vi.spyOn(client, "call").mockImplementation((async (name: string, request: unknown) => {
      const known = await answer(name, request);
      return name === "estimate_run" ? { ...known, cost_low: null, cost_high: null } : known;
    }) as never);
    const project = addWorkedProject(client.engine, "Tickets", 300, 1);
    await app.openProject(project.id, "train");
    const run = client.engine.runs[0]!;
    const { epoch } = run.epochs.find(({ decision }) => decision === "accepted")!;
    goOn(run.summary(), "branch", { epoch, prompt: run.candidate(epoch)!.prompt });
    render(TrainScreen);
    await screen.findByRole("heading", { name: "What this run will use" });
  }

  it.each(PARTS)("pushes nothing away once it is shown: what lies below waits for %s", async (part) => {
    const letGo = client.hold(part);
    await branched();
    for (const other of PARTS) {
      if (part === "estimate_run" && other === "model_price") continue;
      await waitFor(() => expect(asked(client, other).length).toBeGreaterThan(0));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(check()).toBeNull();
    letGo();
    await waitFor(() => expect(check()).not.toBeNull());
  });

  it.each(PARTS)("lets the rest come where %s fails", async (part) => {
    client.fail(part, "The database is busy with another program.");
    await branched();
    await waitFor(() => expect(check()).not.toBeNull());
  });

  it("lets the rest come where the form cannot be read", async () => {
    client.fail("default_run_config", "The database is busy with another program.");
    await open();
    await waitFor(() => expect(check()).not.toBeNull());
    expect(screen.getByRole("alert").textContent).toContain("busy");
  });

  it("says that the time is not known, and why", async () => {
    const project = await open();
    client.engine.connections.list = [
      ...client.engine.connections.list,
      { ...DEMO, id: 7, kind: "openai", base_url: "http://127.0.0.1:8080/v1" },
    ];
    const config = { ...client.engine.defaultConfig(project), name: "x" };
    const settings = { ...config, primary: { ...config.primary, connection: 7, model: "llama" } };
    place.startNew(project.id, { kind: "settings", config: settings, of: "another" });
    await waitFor(() => expect(said("Time")).toMatch(/^not known yet No answer of llama was timed/));
    expect(said("Cost")).toMatch(/^about \$[\d.]+ to \$[\d.]+/);
  });

  it("names the models whose price is not known", async () => {
    client.engine.connections.list = [...client.engine.connections.list, { ...DEMO, id: 7, kind: "openai" }];
    const answer = client.call.bind(client) as (name: string, request: unknown) => Promise<object>;
    vi.spyOn(client, "call").mockImplementation((async (name: string, request: unknown) => {
      const known = await answer(name, request);
      return name === "estimate_run" ? { ...known, cost_low: null, cost_high: null } : known;
    }) as never);
    const project = await open();
    const config = { ...client.engine.defaultConfig(project), name: "x" };
    const settings = { ...config, optimizer: { ...config.optimizer, connection: 7, model: "llama" } };
    place.startNew(project.id, { kind: "settings", config: settings, of: "another" });
    await waitFor(() => expect(said("Cost")).toContain("the price of “llama” is not known"));
  });

  it("says where the prompts come from, also after they were changed by hand", async () => {
    await open();
    const run = client.engine.runs[0]!;
    const { epoch } = run.epochs.find(({ decision }) => decision === "accepted")!;
    const { prompt } = run.candidate(epoch)!;
    goOn(run.summary(), "take_over", { epoch, prompt });
    await waitFor(() => expect(said("Starts from")).toMatch(`The prompts of epoch ${epoch} of “${run.name}”`));
    goOn(run.summary(), "take_over", { epoch, prompt: { ...prompt, system_prompt: "Mine." } });
    await waitFor(() =>
      expect(said("Starts from")).toBe(`The prompts of epoch ${epoch} of “${run.name}”, changed by hand`),
    );
  });

  it("gives the figures of all runs where several are started, and says that the limits hold for each", async () => {
    const project = await open();
    const config = { ...client.engine.defaultConfig(project), name: "x" };
    const budget = { ...config.budget, max_tokens: 900_000_000 };
    place.startNew(project.id, { kind: "settings", config: { ...config, budget }, of: "another" });
    const low = () => Number(/^[\d,]+/.exec(said("Calls"))?.[0].replaceAll(",", ""));
    await waitFor(() => expect(said("Tokens")).toContain("never more than your limit of 900,000,000"));
    const once = low();
    expect(said("Tokens")).not.toContain("for each run");
    const repeats = screen.getByLabelText("Repeats");
    await fireEvent.input(repeats, { target: { value: "3" } });
    await fireEvent.change(repeats);
    expect(await screen.findByRole("heading", { name: "What these 3 runs will use together" })).toBeDefined();
    await waitFor(() => expect(low()).toBe(3 * once));
    expect(said("Tokens")).toContain("never more than your limit of 900,000,000 for each run");
  });

  it("names every version that has the text a run starts from, as after a restore", async () => {
    const project = addWorkedProject(client.engine, "Tickets", 300, 1);
    const [first, other] = [project.draft.prompt, { system_prompt: "Another text.", output_prompt: "" }];
    const numbers = [first, other, first].map((prompt) => client.engine.addVersion(project, prompt, "").number);
    await app.openProject(project.id, "train");
    place.startNew(project.id, { kind: "version", prompt: first, locked: [], number: numbers[0]! });
    render(TrainScreen);
    await waitFor(() =>
      expect(said("Starts from")).toMatch(new RegExp(`^Prompt v${numbers[2]}, the same text as .*v${numbers[0]}`)),
    );
    place.startNew(project.id, { kind: "version", prompt: other, locked: [], number: numbers[1]! });
    await waitFor(() => expect(said("Starts from")).toBe(`Prompt v${numbers[1]}`));
  });
});

describe("the preflight", () => {
  it("offers to measure what is not known, says what that takes and took, and knows it then", async () => {
    await open();
    client.engine.measures.pace = 30;
    await userEvent.click(await screen.findByRole("button", { name: "Check before training" }));
    const card = screen.getByRole("heading", { name: "Preflight" }).closest("section")!;
    await within(card).findByText(/^Ready to train/);
    expect(within(card).getAllByText("not measured yet")).toHaveLength(3);
    expect(card.textContent).toMatch(/Asks 40 validation examples twice: about 80 calls, [\d.,K]+ to [\d.,K]+ tokens/);
    expect(asked(client, "start_measure")).toEqual([]);
    const estimated = asked(client, "estimate_run").length;
    await userEvent.click(within(card).getByRole("button", { name: "Measure (about 80 calls)" }));
    expect(await within(card).findByText(/^Measuring: 30 of 80/)).toBeDefined();
    expect(await within(card).findByText(/^Measured: 80 calls, 10,080 tokens, \$0\.00 spent/)).toBeDefined();
    // What was bought and timed is in the estimate beside it.
    await waitFor(() => expect(asked(client, "estimate_run").length).toBeGreaterThan(estimated));
    expect(await within(card).findByText(/7\.5 points: 3 of 40 questions asked twice scored otherwise/)).toBeDefined();
    expect(card.textContent).toMatch(/40\.0 points are left to gain/);
    expect(within(card).queryByRole("button", { name: /^Measure/ })).toBeNull();
  });

  it("says how many of what it asked have no score", async () => {
    await open();
    const call = client.call.bind(client);
    let missing = 4;
    vi.spyOn(client, "call").mockImplementation((async (name: string, request: unknown) => {
      const answer = await call(name as never, request as never);
      const score = { score: 0.319, n: 36, missing, low: 0.2, high: 0.48 };
      return name === "preflight" ? { ...(answer as object), score } : answer;
    }) as never);
    await userEvent.click(await screen.findByRole("button", { name: "Check before training" }));
    const score = (await screen.findByText("Score now")).nextElementSibling!;
    await waitFor(() => expect(score.textContent).toMatch(/31\.9%.*n 36\s+4 missing/s));
    missing = 0;
    await userEvent.click(await screen.findByRole("button", { name: "Check before training" }));
    await waitFor(() => expect(screen.getByText("Score now").nextElementSibling!.textContent).not.toContain("missing"));
  });

  it("opens the rows of suspect labels", async () => {
    const project = await open();
    const [first] = project.dataset!.examples;
    const call = client.call.bind(client);
    vi.spyOn(client, "call").mockImplementation((async (name: string, request: unknown) => {
      const answer = await call(name as never, request as never);
      const suspects = [{ numbers: [first!.number, 90], truths: ["a", "b"] }];
      return name === "preflight" ? { ...(answer as object), suspects } : answer;
    }) as never);
    await userEvent.click(await screen.findByRole("button", { name: "Check before training" }));
    await userEvent.click(await screen.findByRole("button", { name: `Show example ${first!.number}` }));
    await waitFor(() => expect(inspector.shown?.example.id).toBe(first!.id));
  });

  it("opens the examples whose inputs stand in several splits", async () => {
    await open();
    const call = client.call.bind(client);
    vi.spyOn(client, "call").mockImplementation((async (name: string, request: unknown) => {
      const answer = await call(name as never, request as never);
      return name === "preflight" ? { ...(answer as object), duplicates: 7 } : answer;
    }) as never);
    await userEvent.click(await screen.findByRole("button", { name: "Check before training" }));
    await userEvent.click(await screen.findByRole("button", { name: "7" }));
    expect([app.screen, app.wantedPlace]).toEqual(["data", "leaks"]);
  });

  it("can be stopped while it measures", async () => {
    await open();
    client.engine.measures.pace = 1;
    await userEvent.click(await screen.findByRole("button", { name: "Check before training" }));
    await userEvent.click(await screen.findByRole("button", { name: /^Measure \(/ }));
    await userEvent.click(await screen.findByRole("button", { name: "Stop measuring" }));
    expect(await screen.findByText(/^Stopped: \d+ calls?/)).toBeDefined();
    expect(asked(client, "stop_measure")).toHaveLength(1);
    expect(await screen.findByRole("button", { name: /^Measure \(/ })).toBeDefined();
  });

  it("stays while nothing it depends on changes, also when the screen was left", async () => {
    const project = await open();
    await userEvent.click(await screen.findByRole("button", { name: "Check before training" }));
    await userEvent.click(await screen.findByRole("button", { name: /^Measure \(/ }));
    await screen.findByText(/^Measured: 80 calls/);
    const estimates = asked(client, "estimate_run").length;
    cleanup();
    render(TrainScreen);
    await screen.findByText(/^Measured: 80 calls/);
    expect(await screen.findByText(/^Worth training/)).toBeDefined();
    // The settings are there anew by then, and still the same.
    await waitFor(() => expect(asked(client, "estimate_run").length).toBeGreaterThan(estimates));
    expect(screen.queryByText(/have changed since/)).toBeNull();
    expect(asked(client, "start_measure")).toHaveLength(1);
    const form = place.form(project.id, () => expect.fail("the form is kept"));
    form.config = { ...form.config!, name: "called otherwise" };
    await tick();
    expect(screen.queryByText(/have changed since/)).toBeNull();
    form.config = { ...form.config!, seed: 9 };
    expect(await screen.findByText(/have changed since. Check again/)).toBeDefined();
  });

  it("is told to be of older data once an example was taken out, until that is taken back", async () => {
    const project = await open();
    await userEvent.click(await screen.findByRole("button", { name: "Check before training" }));
    await screen.findByText(/^Ready to train/);
    const selection = { kind: "ids" as const, ids: [project.dataset!.examples[0]!.id] };
    client.engine.handle("edit_examples", {
      project: project.id,
      edit: { kind: "exclude", selection, excluded: true },
    });
    await app.refreshProject();
    expect(await screen.findByText(/have changed since. Check again/)).toBeDefined();
    client.engine.handle("undo_edit", { project: project.id });
    await app.refreshProject();
    await waitFor(() => expect(screen.queryByText(/have changed since/)).toBeNull());
  });

  it("says why nothing comes while it waits for a server", async () => {
    await open();
    client.engine.measures.silence = "127.0.0.1 refuses the connection.";
    await userEvent.click(await screen.findByRole("button", { name: "Check before training" }));
    await userEvent.click(await screen.findByRole("button", { name: "Measure (about 80 calls)" }));
    expect(await screen.findByText("No answer so far: 127.0.0.1 refuses the connection.")).toBeDefined();
    client.engine.measures.silence = null;
    await screen.findByText(/^Measured: 80 calls/);
    expect(screen.queryByText(/^No answer so far/)).toBeNull();
  });

  it("says once why there was no answer, and spends no unknown price", async () => {
    await open();
    const said = "The server answered HTTP 429: slow down.";
    await userEvent.click(await screen.findByRole("button", { name: "Check before training" }));
    expect(await screen.findByText(/^Ready to train/)).toBeDefined();
    client.engine.measures.refusal = said;
    await userEvent.click(await screen.findByRole("button", { name: /^Measure \(/ }));
    expect((await screen.findByRole("alert")).textContent).toBe(said);
    const card = screen.getByRole("heading", { name: "Preflight" }).closest("section")!;
    expect(card.textContent!.split(said)).toHaveLength(2);
    expect(card.textContent).toMatch(/4 questions got no answer\./);
    expect(card.textContent).toContain("Ended early: 12 calls, 0 tokens, price unknown.");
    await waitFor(() => expect(card.textContent).toMatch(/Not ready to train: the model did not answer/));
    expect(within(card).queryByText(/Ready to train/)).toBeNull();
  });

  it("says what went wrong", async () => {
    await open();
    client.fail("start_measure", "No key is kept for this connection. Enter it in Connections.");
    await userEvent.click(await screen.findByRole("button", { name: "Check before training" }));
    await userEvent.click(await screen.findByRole("button", { name: /^Measure \(/ }));
    expect((await screen.findByRole("alert")).textContent).toContain("No key is kept");
  });
});

describe("where data goes", () => {
  it("tells a server on this computer from one elsewhere", () => {
    expect(hostsInWords([])).toBe("Data stays on this computer.");
    for (const host of ["127.0.0.1", "localhost", "[::1]", "127.0.0.1:8080"]) {
      expect(hostsInWords([host])).toBe(`Data stays on this computer: it goes to a server here, ${host}.`);
      expect(leaves([host])).toBe(false);
    }
    expect(hostsInWords(["api.openai.com"])).toBe("Data goes to one host: api.openai.com");
    expect(hostsInWords(["localhost", "api.openai.com", "127.example.com"])).toBe(
      "Data goes to 2 hosts: api.openai.com, 127.example.com; and to a server on this computer, localhost",
    );
    expect(leaves(["localhost", "192.168.1.4"])).toBe(true);
  });
});

describe("what is simulated", () => {
  it("is said of the models that are, and of what follows from it", () => {
    const model = (connection: number): RunConfig["primary"] => ({
      connection,
      model: "m",
      temperature: null,
      max_output_tokens: null,
      seed: null,
    });
    const of = (primary: number, optimizer: number) => {
      const config = { primary: model(primary), optimizer: model(optimizer), judge: null } as RunConfig;
      return simulatedParts(
        config,
        simulatedRoles(config, (id) => id === DEMO.id),
      );
    };
    expect(of(2, 2)).toBeNull();
    expect(of(1, 1)?.tag).toBe("simulated");
    expect(of(2, 1)?.tag).toBe("simulated optimizer");
    expect(of(2, 1)?.about).toMatch(/The answers and the scores are real/);
    expect(of(1, 2)?.about).toMatch(/say nothing about a real model/);
  });
});
