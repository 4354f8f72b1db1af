import type { RunConfig } from "../bindings/RunConfig";
import type { MemoryClient } from "../memory";
import { SAMPLES, tickets } from "./corpus";
import type { MemoryEngine } from "./engine";

const DAY = 86_400_000;

const PROMPT = {
  system_prompt: "You route customer messages to one support queue.",
  output_prompt: "Which queue is it?",
};

function csv(rows: string[][]): string {
  return rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(";")).join("\n");
}

/** A project with finished runs. */
export function addWorkedProject(engine: MemoryEngine, name: string, size: number, runs: number, epochs?: number) {
  const project = engine.addProject(name, PROMPT);
  engine.addDataset(project, tickets(size), "tickets.csv");
  engine.addVersion(project, PROMPT, "first draft");
  const names = ["wide", "cheap", "pool", "no demos"];
  for (let index = 0; index < runs; index += 1) {
    const config = {
      ...engine.defaultConfig(project),
      name: names[index % names.length] ?? "",
      strategy: index % 2 === 0 ? ("greedy" as const) : ("pareto" as const),
      examples: index % 2 === 0 ? 5 : 3,
      ...(epochs === undefined ? {} : { epochs, patience: epochs }),
    };
    engine.startRun(project, config, Date.now() - (runs - index) * DAY).finishNow();
  }
  return project;
}

/** Five finished runs that were told different things, some of them measured differently too. */
export function addUnlikeRuns(engine: MemoryEngine, name: string) {
  const project = engine.addProject(name, PROMPT);
  engine.addDataset(project, tickets(400), "tickets.csv");
  const usual = engine.defaultConfig(project);
  const told: Partial<RunConfig>[] = [
    { name: "usual settings", epochs: 4 },
    {
      name: "a warmer model with a name that is rather long, since it says all that was changed",
      epochs: 5,
      primary: { ...usual.primary, temperature: 0.7 },
    },
    { name: "same name", epochs: 6, early_stop: !usual.early_stop, budget: { ...usual.budget, max_calls: 1500 } },
    {
      name: "same name",
      epochs: 8,
      strategy: "pareto",
      accept: "significant",
      primary: { ...usual.primary, temperature: 0 },
    },
    { name: "byte for byte", epochs: 8, metrics: [{ metric: { kind: "exact" }, weight: 1 }] },
  ];
  told.forEach((config, at) =>
    engine.startRun(project, { ...usual, patience: 8, ...config }, Date.now() - (told.length - at) * DAY).finishNow(),
  );
  return project;
}

/** Texts that break careless layouts: no blanks, markup, right to left, many lines. */
function addAwkwardProject(engine: MemoryEngine): void {
  const unbroken = "nofinalspaces".repeat(60);
  const project = engine.addProject(`${unbroken.slice(0, 90)}`, PROMPT);
  const rows = [
    [unbroken, unbroken.slice(0, 200), "x"],
    ["<b>bold</b> <script>alert(1)</script>", "<i>tag</i>", "&amp;"],
    ["  leading and trailing  ", "007", ""],
    ["שלום עולם, where is my parcel?", "shipping", "he"],
    ["line one\nline two\n\nline four", "1e5", "en"],
  ];
  engine.addDataset(project, { columns: ["input".repeat(20), "truth", "lang"], rows }, `${unbroken.slice(0, 80)}.csv`);
}

/** Fills a client: `usual`, `empty`, `many`, `thousands`, `runs`, `unlike`, `awkward`, `interrupted`, `failing`. */
export function fillScenario(client: MemoryClient, scenario: string): void {
  const { engine } = client;
  const table = tickets(1842);
  const lines = [table.columns, ...table.rows, ["", "billing", "en"], ["Where is it?", "", "en"]];
  engine.files.add("/home/you/tickets_2026.csv", csv(lines));
  client.picks = ["/home/you/tickets_2026.csv"];
  if (scenario === "empty") return;

  const [, sentiment] = SAMPLES;
  if (sentiment) {
    const sample = engine.addProject(sentiment.info.name, sentiment.prompt);
    engine.addDataset(sample, sentiment.table(), "sentiment.csv");
    engine.addVersion(sample, sentiment.prompt, "");
    engine.startRun(sample, engine.defaultConfig(sample), Date.now() - 9 * DAY).finishNow();
  }
  addWorkedProject(engine, "Invoice fields", 1240, 2);
  const project = addWorkedProject(engine, "Support routing", 600, 4);
  engine.connections.list = [
    ...engine.connections.list,
    {
      id: 900,
      name: "OpenAI",
      kind: "openai",
      base_url: "https://api.openai.com/v1",
      key: { kind: "keychain" },
      timeout_seconds: 120,
      concurrency: 16,
      default_model: "gpt-4.1-mini",
      requests_per_minute: null,
      tokens_per_minute: null,
      context_tokens: null,
      network: { headers: [], root_certificate: null, accept_self_signed: false },
      prices: [],
    },
  ];
  engine.connections.secrets.set(900, "kept");

  if (scenario === "usual") {
    const run = engine.startRun(project, { ...engine.defaultConfig(project), name: "steady", epochs: 12 });
    for (let step = 0; step < 75; step += 1) run.tick(350);
  }
  if (scenario === "interrupted") {
    const run = engine.startRun(project, { ...engine.defaultConfig(project), name: "overnight" });
    for (let step = 0; step < 60; step += 1) run.tick(350);
    run.interrupt();
  }
  if (scenario === "many") {
    for (let index = 0; index < 12; index += 1)
      addWorkedProject(engine, `Project with a rather long name ${index}`, 120, 1);
    const large = engine.addProject("A hundred thousand examples", PROMPT);
    engine.addDataset(large, tickets(100_000), "large.csv");
  }
  if (scenario === "thousands") {
    for (let number = 1; number <= 3000; number += 1) engine.addProject(`Project ${number}`, PROMPT);
    const [, kept] = engine.connections.list;
    const more = Array.from({ length: 300 }, (_, at) => ({ ...kept!, id: 1000 + at, name: `Server ${at + 1}` }));
    engine.connections.list = [...engine.connections.list, ...more];
  }
  if (scenario === "runs") addWorkedProject(engine, "Two hundred runs", 120, 200, 100);
  if (scenario === "unlike") addUnlikeRuns(engine, "Unlike runs");
  if (scenario === "awkward") addAwkwardProject(engine);
  if (scenario === "failing") {
    client.fail("list_examples", "The database is busy with another program. Close it and try again.", "database");
    client.fail("list_projects", "The database can not be read: the disk is full. Free some space.", "database");
  }
}
