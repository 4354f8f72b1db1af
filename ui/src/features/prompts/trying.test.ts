import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";
import type { TryProgress } from "../../api/bindings/TryProgress";
import type { TryResult } from "../../api/bindings/TryResult";
import type { MemoryClient } from "../../api/memory";
import { DEMO } from "../../api/memory/defaults";
import { addWorkedProject } from "../../api/memory/scenario";
import { connections } from "../../app/connections.svelte";
import { app } from "../../app/state.svelte";
import { asked, freshClient } from "../../testing/client";
import { usePlainEditor } from "../../testing/plainEditor";
import PromptsScreen from "./PromptsScreen.svelte";
import { forgetTries, tryingOf } from "./trying.svelte";

usePlainEditor();

const PAID = { ...DEMO, id: 77, name: "Paid", kind: "openai" as const, default_model: "gpt-x" };
const LONG = `{"reason": "${"because ".repeat(40)}", "end": "the very end"}`;

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
  client.engine.connections.list = [DEMO, PAID];
  connections.list = client.engine.connections.list;
});

async function open() {
  const project = addWorkedProject(client.engine, "Tickets", 300, 0);
  await app.openProject(project.id, "prompts");
  render(PromptsScreen);
  await within(card()).findByText("ground truth");
  return project;
}

const card = () => screen.getByRole("region", { name: "Try on an example" });
const run = () => userEvent.click(within(card()).getByRole("button", { name: /^Run/ }));
const column = (name: string) => within(card()).findByRole("region", { name });

/** What the jobs of these numbers come to, in place of what the memory engine would say. */
function answering(answers: Record<number, { answer: string; right: boolean }>): void {
  const handle = client.engine.handle.bind(client.engine);
  vi.spyOn(client.engine, "handle").mockImplementation((name, request) => {
    const response = handle(name, request);
    const wanted = name === "watch_try" ? answers[(request as { job: number }).job] : undefined;
    if (!wanted) return response;
    const progress = response as unknown as TryProgress;
    if (progress.state.kind !== "done") return response;
    const known: TryResult = progress.state.result;
    const outcome = wanted.right ? "match" : "no_match";
    const { answer } = wanted;
    const prediction = { ...known.prediction, answer, response: answer, score: wanted.right ? 1 : 0, outcome } as const;
    return { ...progress, state: { kind: "done", result: { ...known, prediction, outcome } } } as never;
  });
}

it("shows what each of several models writes, and then each with its score, differences, latency and tokens", async () => {
  await open();
  answering({ 1: { answer: "billing", right: true }, 2: { answer: LONG, right: false } });
  client.engine.tries.holdAfter = 1;
  await userEvent.click(await within(card()).findByRole("button", { name: "Add a model" }));
  await userEvent.selectOptions(within(card()).getByLabelText("Model 2: connection"), "Paid");
  await run();
  const first = await column("1 Demo model simulated");
  const second = await column("2 gpt-x, Paid");
  for (const one of [first, second]) expect(await within(one).findByText(/answer, as it comes/)).toBeTruthy();
  client.engine.tries.holdAfter = Infinity;
  expect(await within(first).findByText("1.00 match")).toBeTruthy();
  expect(await within(second).findByText("0.00 no match")).toBeTruthy();
  for (const one of [first, second]) {
    for (const fact of ["ground truth", "latency", "tokens"]) expect(within(one).getByText(fact)).toBeTruthy();
  }
  expect(second.querySelectorAll(".changed").length).toBeGreaterThan(0);
  expect(second.textContent).toContain("the very end");
});

it("keeps what a model said beside one that is added, and lets go of that of one that is changed or taken out", async () => {
  await open();
  const right = { answer: "billing", right: true };
  answering({ 1: right, 2: right, 3: { answer: LONG, right: false } });
  await run();
  expect(await within(card()).findByText("1.00 match")).toBeTruthy();
  await userEvent.click(within(card()).getByRole("button", { name: "Add a model" }));
  expect(within(card()).getByText("1.00 match")).toBeTruthy();
  await run();
  const other = await column("2 Demo model simulated");
  expect(await within(other).findByText("0.00 no match")).toBeTruthy();
  await userEvent.selectOptions(within(card()).getByLabelText("Model 2: connection"), "Paid");
  expect(within(card()).queryByText("0.00 no match")).toBeNull();
  expect(within(card()).getByText("1.00 match")).toBeTruthy();
});

it("opens each different answer of several whole, with how often it came and its score", async () => {
  await open();
  const [one, other] = [
    { answer: "billing", right: true },
    { answer: LONG, right: false },
  ];
  answering({ 1: one, 2: other, 3: one });
  const samples = within(card()).getByLabelText("answers");
  await userEvent.clear(samples);
  await userEvent.type(samples, "3");
  await run();
  const answers = await column("Demo model simulated");
  expect(
    await within(answers).findByText(/^3 of 3 answers · 2 of 3 right · mean score 0\.67 · .* 2 different/),
  ).toBeTruthy();
  const kinds = within(answers).getAllByRole("group");
  expect(kinds.map((kind) => kind.querySelector("summary")!.textContent)).toEqual([
    expect.stringMatching(/2×\s+1\.00 match\s+billing/),
    expect.stringMatching(/1×\s+0\.00 no match/),
  ]);
  const [, rare] = kinds as HTMLDetailsElement[];
  await userEvent.click(rare!.querySelector("summary")!);
  expect(rare!.open).toBe(true);
  expect(within(rare!).getByText(/the very end/)).toBeTruthy();
});

it("says under which model the quick score was measured, and that another one was chosen since", async () => {
  await open();
  const quick = within(await screen.findByRole("region", { name: "Try on random rows" }));
  await userEvent.click(quick.getByRole("button", { name: "Try on 20 random rows" }));
  const status = quick.getByRole("status");
  await waitFor(() => expect(status.textContent).toMatch(/of 20 right.*Demo model.*simulated/s));
  expect(status.textContent).not.toContain("changed since");
  await userEvent.selectOptions(within(card()).getByLabelText("Connection"), "Paid");
  await waitFor(() => expect(status.textContent).toContain("the model changed since"));
  expect(status.textContent).toMatch(/Demo model.*simulated/s);
  // The same model with other parameters gives other answers too.
  await userEvent.selectOptions(within(card()).getByLabelText("Connection"), DEMO.name);
  await waitFor(() => expect(status.textContent).not.toContain("changed since"));
  const trying = tryingOf(app.projectId!);
  trying.ask({ ...trying.model!, temperature: 1 });
  await waitFor(() => expect(status.textContent).toContain("the model changed since"));
});

it("says what a try costs before it is made", async () => {
  const price = { model: "gpt-x", input: 1000, output: 2000, cached_input: null };
  client.engine.keeping.prices = [price];
  await open();
  const rows = await screen.findByRole("region", { name: "Try on random rows" });
  expect(card().textContent).toContain("Simulated, costs nothing");
  expect(rows.textContent).toContain("Simulated, costs nothing.");
  await userEvent.selectOptions(within(card()).getByLabelText("Connection"), "Paid");
  await waitFor(() => expect(card().textContent).toMatch(/1 call, about .* tokens, costs \$\d.* to \$\d/));
  await waitFor(() => expect(rows.textContent).toMatch(/20 calls, about .* tokens, costs \$\d.* to \$\d/));
  await userEvent.click(await within(card()).findByRole("button", { name: "Add a model" }));
  await waitFor(() => expect(card().textContent).toMatch(/2 calls, about .* tokens, costs \$/));
  const name = within(card()).getByLabelText("Model 2: name");
  await userEvent.clear(name);
  await userEvent.type(name, "nobody-knows{Tab}");
  await waitFor(() => expect(card().textContent).toMatch(/2 calls, about .* tokens, price unknown/));
  expect(asked(client, "start_try")).toEqual([]);
});

it("says in one sentence what came of a try, once it is there", async () => {
  await open();
  const said: string[] = [];
  const status = within(card())
    .getAllByRole("status")
    .find((one) => one.classList.contains("sr"))!;
  new MutationObserver(() => said.push(status.textContent ?? "")).observe(status, {
    subtree: true,
    childList: true,
    characterData: true,
  });
  await run();
  await waitFor(() => expect(said.at(-1)).toMatch(/^(No match|Match)\. Answer: ./));
  await userEvent.clear(within(card()).getByRole("spinbutton", { name: "answers" }));
  await userEvent.type(within(card()).getByRole("spinbutton", { name: "answers" }), "4");
  said.length = 0;
  await run();
  await waitFor(() => expect(said.at(-1)).toMatch(/^4 of 4 answers, \d of 4 right/));
  expect(said).toEqual(["Asking the model.", said.at(-1)]);
});

it("keeps its models and the number of answers for the next start, as long as their connections are there", async () => {
  const { id } = await open();
  const trying = tryingOf(id);
  const paid = { ...trying.model!, connection: PAID.id, model: "gpt-x" };
  trying.ask(paid);
  trying.setOthers([{ ...paid, model: "gpt-y" }]);
  trying.setSamples(7);
  forgetTries();
  const again = tryingOf(id);
  await again.prepare();
  expect([again.model?.model, again.others.map(({ model }) => model), again.samples]).toEqual(["gpt-x", ["gpt-y"], 7]);
  forgetTries();
  connections.list = [DEMO];
  const without = tryingOf(id);
  await without.prepare();
  expect([without.model?.connection, without.others, without.samples]).toEqual([DEMO.id, [], 7]);
});

const quickly = () => within(screen.getByRole("region", { name: "Try on random rows" }));
const onRows = async () => userEvent.click(await screen.findByRole("button", { name: "Try on 20 random rows" }));

it("shows while rows are asked how far it is and what has come, and what came when it is stopped", async () => {
  await open();
  client.engine.tries.holdRowsAfter = 18;
  await onRows();
  const bar = await quickly().findByRole<HTMLProgressElement>("progressbar", { name: "Rows asked" });
  await waitFor(() => expect([bar.value, bar.max]).toEqual([18, 20]));
  expect(
    quickly().getByText(/^18 of 20 answered · \d+\.\d %? ?.*so far$|^18 of 20 answered · .* so far$/),
  ).toBeTruthy();
  expect(quickly().getAllByRole("listitem")).toHaveLength(18);
  const status = quickly().getByRole("status");
  expect(status.textContent.trim(), "not every look is read aloud").toBe("Asking 20 rows.");
  const stop = quickly().getByRole("button", { name: "Stop asking rows" });
  expect(document.activeElement, "it is the button that was pressed").toBe(stop);
  await userEvent.click(stop);
  await waitFor(() => expect(status.textContent).toMatch(/n = 18; \d+ of 18 right/));
  expect(status.textContent).toContain("stopped: 18 of 20 rows were answered");
  expect(status.textContent, "what was not asked is not missing").not.toContain("missing");
  expect(quickly().queryByRole("progressbar")).toBeNull();
  expect(quickly().getAllByRole("listitem")).toHaveLength(18);
  expect(asked(client, "stop_try_rows")).toEqual([{ job: 1 }]);

  // The same rows again, to the end.
  client.engine.tries.holdRowsAfter = Infinity;
  await onRows();
  await waitFor(() => expect(status.textContent).toMatch(/n = 20; \d+ of 20 right/));
  expect(status.textContent).not.toContain("stopped");
  expect(asked(client, "start_try_rows").map((request) => (request as { seed: number }).seed)).toEqual([0, 0]);
});

it("is stopped before its first answer, also while it has not begun", async () => {
  await open();
  client.engine.tries.holdRowsAfter = 0;
  const begin = client.hold("start_try_rows");
  await onRows();
  expect(quickly().getByText("0 of 20 answered")).toBeTruthy();
  await userEvent.click(quickly().getByRole("button", { name: "Stop asking rows" }));
  begin();
  await waitFor(() =>
    expect(quickly().getByRole("status").textContent).toContain("Stopped: 0 of 20 rows were answered"),
  );
  expect(quickly().queryByText("No row was answered.")).toBeNull();
});

it("goes on asking rows while another screen is looked at", async () => {
  const project = addWorkedProject(client.engine, "Tickets", 300, 0);
  await app.openProject(project.id, "prompts");
  const { unmount } = render(PromptsScreen);
  await within(card()).findByText("ground truth");
  client.engine.tries.holdRowsAfter = 7;
  await onRows();
  await quickly().findByText(/^7 of 20 answered/);
  unmount();
  render(PromptsScreen);
  expect(quickly().getByText(/^7 of 20 answered/)).toBeTruthy();
  expect(quickly().getByRole("button", { name: "Stop asking rows" })).toBeTruthy();
  expect(asked(client, "stop_try_rows")).toEqual([]);
  client.engine.tries.holdRowsAfter = Infinity;
  await waitFor(() => expect(quickly().getByRole("status").textContent).toMatch(/of 20 right/));
  expect(asked(client, "start_try_rows")).toHaveLength(1);
});

it("says why rows could not be asked, beside the score that is known", async () => {
  await open();
  await onRows();
  const status = quickly().getByRole("status");
  await waitFor(() => expect(status.textContent).toMatch(/of 20 right/));
  client.fail("start_try_rows", "No row is in the training or validation split.", "invalid");
  await onRows();
  expect((await quickly().findByRole("alert")).textContent).toBe("No row is in the training or validation split.");
  expect(status.textContent).toMatch(/of 20 right/);
  expect(quickly().queryByRole("progressbar")).toBeNull();

  // It began and broke: what came is there.
  client.heal("start_try_rows");
  client.engine.tries.holdRowsAfter = 1;
  client.engine.tries.rowsDefect = "The try broke. What was answered is kept; try again.";
  await onRows();
  await waitFor(() => expect(quickly().getByRole("alert").textContent).toContain("The try broke."));
  await waitFor(() => expect(status.textContent).toContain("ended early: 1 of 20 rows was answered"));
});
