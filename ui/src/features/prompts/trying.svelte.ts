import { ApiFailure, call } from "../../api/client";
import type { Example } from "../../api/bindings/Example";
import type { ModelConfig } from "../../api/bindings/ModelConfig";
import type { Prompt } from "../../api/bindings/Prompt";
import type { RunConfig } from "../../api/bindings/RunConfig";
import type { SplitSizes } from "../../api/bindings/SplitSizes";
import type { TryRowsProgress } from "../../api/bindings/TryRowsProgress";
import { connections } from "../../app/connections.svelte";
import { ofProject, recalled } from "../../app/recalled.svelte";
import { Answering } from "./answering.svelte";
import { askRows } from "./askRows";
import { tryAloud } from "./tryAloud";
import { exampleNumbered, firstExample, neighbour, randomExample } from "./example-picker";

export type { Tried } from "./answering.svelte";

/** A quick try on some rows as far as it has come, with what it is made with. */
export interface Quick {
  prompt: Prompt;
  model: ModelConfig;
  scoring: Scoring;
  /** The dataset version whose rows they are. */
  dataset: number | null;
  progress: TryRowsProgress;
}

/** How answers are scored: as the next run would. */
export type Scoring = Pick<RunConfig, "metrics" | "extract">;

/** What is tried, for the next start of the window: the row belongs to a version of the dataset. */
type Kept = {
  source: "example" | "typed";
  typed: string;
  dataset: number | null;
  row: number | null;
  /** The first one and those beside it; what an earlier program kept has none. */
  models?: readonly ModelConfig[];
  samples?: number;
};
const NOTHING_KEPT: Kept = { source: "example", typed: "", dataset: null, row: null };
/** A longer input is not kept: it would be written whole with every key. */
const LONGEST_KEPT = 50_000;

function isKept(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { source, typed, models = [], samples = 1 } = value as Kept;
  return (
    (source === "example" || source === "typed") &&
    typeof typed === "string" &&
    typeof samples === "number" &&
    Array.isArray(models) &&
    models.every((one) => typeof one?.connection === "number" && typeof one.model === "string")
  );
}

export const MOST_SAMPLES = 10;
export const MOST_MODELS = 4;

function within(samples: number): number {
  return Math.min(MOST_SAMPLES, Math.max(1, Math.round(samples) || 1));
}

const NO_ROW = "No row is in the training or validation split. Split the dataset on Data, or type an input.";

/** Trying the prompts being edited on one input. */
export class Trying {
  source = $state<"example" | "typed">("example");
  example = $state.raw<Example | null>(null);
  typed = $state("");
  model = $state.raw<ModelConfig | null>(null);
  running = $state(false);
  /** Why nothing can be tried, a sentence. */
  problem = $state<string | null>(null);
  picking = $state(false);
  /** Models that answer beside the first one. */
  others = $state.raw<readonly ModelConfig[]>([]);
  /** Answers asked of each model. */
  samples = $state(1);
  /** Every answer of the last try, also while it is written: by model as they were chosen, by sample. */
  answers = $state.raw<readonly Answering[]>([]);
  quick = $state.raw<Quick | null>(null);
  quickProblem = $state<string | null>(null);
  quickRunning = $state(false);
  /** Which rows a quick try draws. */
  quickSeed = $state(0);
  scoring = $state.raw<Scoring>({ metrics: [], extract: null });

  readonly project: number;
  /** The dataset version that the row belongs to; undefined until one was looked at. */
  #dataset: number | null | undefined;
  #picked: Promise<void> = Promise.resolve();
  #ticket = 0;
  #stopping: AbortController | null = null;
  #stoppingRows: AbortController | null = null;

  readonly #kept: { value: Kept };

  constructor(project: number) {
    this.project = project;
    this.#kept = recalled<Kept>(ofProject("prompts.try", project), NOTHING_KEPT, isKept);
    this.source = this.#kept.value.source;
    this.typed = this.#kept.value.typed;
    this.samples = within(this.#kept.value.samples ?? 1);
  }

  #keep(): void {
    const typed = this.typed.length > LONGEST_KEPT ? "" : this.typed;
    this.#kept.value = {
      source: this.source,
      typed,
      dataset: this.#dataset ?? null,
      row: this.example?.number ?? null,
      // As long as they are not read again, what was kept stays.
      models: this.model ? [this.model, ...this.others] : this.#kept.value.models,
      samples: this.samples,
    };
  }

  /** The text that goes to the model. */
  get input(): string {
    return this.source === "example" ? (this.example?.user_input ?? "") : this.typed;
  }

  /** There is something to ask. */
  get asks(): boolean {
    return this.model !== null && (this.source === "typed" ? this.typed !== "" : this.example !== null);
  }

  get ready(): boolean {
    return !this.running && this.asks;
  }

  /** Asks and scores as the next run would. */
  async prepare(): Promise<void> {
    try {
      const config = await call("default_run_config", { project: this.project });
      this.scoring = { metrics: config.metrics, extract: config.extract };
      if (this.model) return;
      if (!connections.loaded) await connections.load();
      const there = new Set(connections.list.map(({ id }) => id));
      const [model = config.primary, ...others] = (this.#kept.value.models ?? []).filter((one) =>
        there.has(one.connection),
      );
      [this.model, this.others] = [model, others.slice(0, MOST_MODELS - 1)];
    } catch (error) {
      this.problem = ApiFailure.from(error).message;
    }
  }

  /** Another dataset has other rows: begins with its first one again. The same one changes nothing. */
  use(dataset: { id: number; rows: number } | null): void {
    const id = dataset?.id ?? null;
    if (id === this.#dataset) return;
    this.#dataset = id;
    this.example = null;
    const { dataset: of, row } = this.#kept.value;
    // Without rows an input can only be typed; nobody chose that, so with rows it is as it was.
    const source = dataset === null ? "typed" : this.#kept.value.source;
    if (source !== this.source) {
      this.source = source;
      this.#forget();
    }
    if (dataset === null) return;
    if (of === id && row !== null) void this.#backTo(dataset.rows, row);
    else void this.first(dataset.rows);
  }

  /** When the row that was asked for is there. */
  get picked(): Promise<void> {
    return this.#picked;
  }

  choose(source: "example" | "typed"): void {
    this.source = source;
    this.#keep();
    this.#forget();
  }

  type(text: string): void {
    this.typed = text;
    this.#keep();
    this.#forget();
  }

  ask(model: ModelConfig): void {
    this.model = model;
    this.#keep();
    this.#forget();
  }

  setOthers(models: readonly ModelConfig[]): void {
    this.others = models;
    this.#keep();
    if (this.running) return this.#forget();
    // What the others said to the same question stands beside what the new one will say.
    this.answers = this.answers.filter(({ model }) => model === this.model || models.includes(model));
    this.problem = null;
  }

  setSamples(samples: number): void {
    this.samples = within(samples);
    this.#keep();
    this.#forget();
  }

  first(rows: number): Promise<void> {
    return this.#pick(() => firstExample(this.project, rows), NO_ROW);
  }

  /** The row that was tried last, or the first one where it is none that can be tried any more. */
  #backTo(rows: number, number: number): Promise<void> {
    return this.#pick(async () => {
      const found = await exampleNumbered(this.project, rows, number);
      return found.kind === "found" ? found.example : firstExample(this.project, rows);
    }, NO_ROW);
  }

  step(rows: number, by: 1 | -1): Promise<void> {
    const from = this.example?.number ?? 0;
    return this.#pick(() => neighbour(this.project, rows, from, by), "There is no other training or validation row.");
  }

  random(sizes: SplitSizes, draw: () => number): Promise<void> {
    return this.#pick(() => randomExample(this.project, sizes, draw), "No row is in the training or validation split.");
  }

  /** Goes to a row by its number; says why when that row cannot be tried. */
  async goTo(rows: number, number: number): Promise<void> {
    let refusal = `There is no row ${number}; the dataset has rows 1 to ${rows}.`;
    await this.#pick(
      async () => {
        const found = await exampleNumbered(this.project, rows, number);
        if (found.kind === "found") return found.example;
        if (found.kind === "sealed") {
          refusal = `Row ${number} is a test row. Test rows stay sealed until the end of a run; choose another row.`;
        } else if (found.kind === "in_no_split") {
          refusal = `Row ${number} is in no split, so it takes no part in training; choose another row.`;
        }
        return null;
      },
      () => refusal,
    );
  }

  async run(prompt: Prompt): Promise<void> {
    const model = this.model;
    if (!this.ready || model === null) return;
    const input = this.input;
    const example = this.source === "example" ? (this.example?.id ?? null) : null;
    this.#ticket += 1;
    const ticket = this.#ticket;
    this.running = true;
    this.problem = null;
    const stopping = new AbortController();
    this.#stopping = stopping;
    const { metrics, extract } = this.scoring;
    const samples = Array.from({ length: this.samples }, (_, sample) => sample);
    const answers = [model, ...this.others].flatMap((of) =>
      samples.map((sample) => new Answering(prompt, input, of, sample)),
    );
    const ask = async (answer: Answering) => {
      const request = {
        project: this.project,
        prompt,
        example,
        input: example === null ? input : "",
        model: answer.model,
        metrics,
        extract,
        sample: answer.sample,
      };
      try {
        answer.ended(await tryAloud(request, (coming) => (answer.coming = coming), stopping.signal));
      } catch (thrown) {
        answer.failed(ApiFailure.from(thrown).message);
      }
    };
    this.answers = answers;
    await Promise.all(answers.map(ask));
    if (ticket === this.#ticket) this.running = false;
  }

  /** Leaves the models alone: what is not whole is not kept. */
  stop(): void {
    this.#stopping?.abort();
  }

  /** Tries the prompts on some rows drawn out of training and validation. */
  async tryRows(prompt: Prompt, rows: number, seed: number): Promise<void> {
    const { model, scoring, project } = this;
    if (model === null || this.quickRunning) return;
    this.quickSeed = seed;
    this.quickRunning = true;
    this.quickProblem = null;
    const dataset = this.#dataset ?? null;
    const stopping = new AbortController();
    this.#stoppingRows = stopping;
    const hear = (progress: TryRowsProgress) => {
      this.quick = { prompt, model, scoring, dataset, progress };
      if (progress.state.kind === "failed") this.quickProblem = progress.state.error.message;
    };
    try {
      await askRows({ project, prompt, model, ...scoring, rows, seed }, hear, stopping.signal);
    } catch (error) {
      this.quickProblem = ApiFailure.from(error).message;
    } finally {
      this.quickRunning = false;
    }
  }

  /** Asks no row any more; what was answered stays. */
  stopRows(): void {
    this.#stoppingRows?.abort();
  }

  #pick(find: () => Promise<Example | null>, nothing: string | (() => string)): Promise<void> {
    if (!this.picking) this.#picked = this.#find(find, nothing);
    return this.#picked;
  }

  async #find(find: () => Promise<Example | null>, nothing: string | (() => string)): Promise<void> {
    this.picking = true;
    try {
      const example = await find();
      if (example === null) {
        if (this.source === "example") this.problem = typeof nothing === "string" ? nothing : nothing();
        return;
      }
      this.example = example;
      this.#keep();
      if (this.source === "example") this.#forget();
    } catch (error) {
      this.problem = ApiFailure.from(error).message;
    } finally {
      this.picking = false;
    }
  }

  // An answer still on its way belongs to what was shown when it was asked for.
  #forget(): void {
    this.#ticket += 1;
    this.stop();
    this.running = false;
    this.answers = [];
    this.problem = null;
  }
}

const all = new Map<number, Trying>();

/** What is tried in a project, the same for as long as the window lives: a look elsewhere neither loses nor stops anything. */
export function tryingOf(project: number): Trying {
  let trying = all.get(project);
  if (!trying) {
    trying = new Trying(project);
    all.set(project, trying);
  }
  return trying;
}

/** Forgets what was tried; for tests, which share one module. */
export function forgetTries(): void {
  all.clear();
}
