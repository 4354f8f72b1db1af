import type { Commands } from "../bindings/Commands";
import type { EstimateTry } from "../bindings/EstimateTry";
import type { Example } from "../bindings/Example";
import type { ModelPrice } from "../bindings/ModelPrice";
import type { Prediction } from "../bindings/Prediction";
import type { PricedModel } from "../bindings/PricedModel";
import type { TriedRow } from "../bindings/TriedRow";
import type { TryEstimate } from "../bindings/TryEstimate";
import type { TryProgress } from "../bindings/TryProgress";
import type { TryPrompt } from "../bindings/TryPrompt";
import type { TryResult } from "../bindings/TryResult";
import type { TryRows } from "../bindings/TryRows";
import type { TryRowsProgress } from "../bindings/TryRowsProgress";
import { ApiFailure } from "../client";
import type { Dataset } from "./dataset";
import { draw } from "./random";
import { refuse } from "./refusal";
import { predict, score } from "./scoring";

type Names =
  | "try_prompt"
  | "start_try_rows"
  | "try_rows_progress"
  | "stop_try_rows"
  | "estimate_try"
  | "start_try"
  | "watch_try"
  | "stop_try";
type Handlers = { [K in Names]: (request: Commands[K]["request"]) => Commands[K]["response"] };

type Job = { words: string[]; said: number; result: TryResult | null; error: ApiFailure | null; stopped: boolean };
type RowsJob = { rows: TriedRow[]; done: number; stopped: boolean };

/** Prompts tried on an example or on some rows; an answer that is looked at comes a word at every look. */
export class Tries {
  #last = 0;
  readonly #dataset: (project: number) => Dataset | null;
  readonly #price: (request: PricedModel) => ModelPrice | null;
  readonly #jobs = new Map<number, Job>();
  /** An answer stands still after so many words, until it is let go on. */
  holdAfter = Infinity;
  readonly #rowsJobs: RowsJob[] = [];
  /** Rows stand still after so many, until they are let go on. */
  holdRowsAfter = Infinity;
  /** Why rows are not asked to the end, though they began. */
  rowsDefect: string | null = null;

  constructor(dataset: (project: number) => Dataset | null, price: (request: PricedModel) => ModelPrice | null) {
    this.#dataset = dataset;
    this.#price = price;
  }

  readonly handlers: Handlers = {
    try_prompt: (request) => this.#answer(request),
    start_try_rows: (request) => ({ job: this.#rowsJobs.push({ rows: this.#rows(request), done: 0, stopped: false }) }),
    try_rows_progress: ({ job }) => this.#rowsProgress(this.#rowsJob(job)),
    stop_try_rows: ({ job }) => {
      this.#rowsJob(job).stopped = true;
      return {};
    },
    estimate_try: (request) => this.#estimate(request),
    start_try: (request) => this.#start(request),
    watch_try: ({ job, from }) => this.#watch(job, from),
    stop_try: ({ job }) => {
      this.#job(job).stopped = true;
      return {};
    },
  };

  #start(request: TryPrompt): { job: number } {
    this.#last += 1;
    const job: Job = { words: [], said: 0, result: null, error: null, stopped: false };
    try {
      job.result = this.#answer(request);
      job.words = job.result.prediction.response.split(/(?<=\s)/);
    } catch (error) {
      job.error = ApiFailure.from(error);
    }
    this.#jobs.set(this.#last, job);
    return { job: this.#last };
  }

  #watch(id: number, from: number): TryProgress {
    const job = this.#job(id);
    const text = () => job.words.slice(0, job.said).join("");
    const progress = (state: TryProgress["state"]) => ({
      text: text().slice(from),
      next: text().length,
      first_ms: job.said > 0 ? 7 : null,
      state,
    });
    if (job.stopped) return progress({ kind: "stopped" });
    if (job.error) return progress({ kind: "failed", error: { code: job.error.code, message: job.error.message } });
    if (job.said < Math.min(job.words.length, this.holdAfter)) job.said += 1;
    else if (this.holdAfter === Infinity && job.result) return progress({ kind: "done", result: job.result });
    return progress({ kind: "running" });
  }

  #job(id: number): Job {
    const job = this.#jobs.get(id);
    if (!job) throw new ApiFailure({ code: "not_found", message: `Try ${id} is not known any more.` });
    return job;
  }

  /** A prompt's answer to an example, the same whatever asks for it. */
  answer(project: number, prompt: TryPrompt["prompt"], example: Example): Prediction {
    const model = { connection: 0, model: "", temperature: null, max_output_tokens: null, seed: null };
    const asked = { project, prompt, example: example.id, input: "", model, metrics: [], extract: null, sample: 0 };
    return this.#answer(asked).prediction;
  }

  #rows({ project, prompt, model, metrics, extract, rows, seed }: TryRows): TriedRow[] {
    const dataset = this.#dataset(project);
    const open = (dataset?.examples ?? []).filter(({ split }) => split === "train" || split === "validation");
    if (open.length === 0) throw refuse("No row is in the training or validation split.");
    const drawn = open
      .map((example) => ({ example, at: draw(example.id, seed, 31) }))
      .sort((a, b) => a.at - b.at)
      .slice(0, rows)
      .map(({ example }) => example)
      .sort((a, b) => a.number - b.number);
    return drawn.map((example) => {
      const asked = { project, prompt, example: example.id, input: "", model, metrics, extract, sample: 0 };
      return { example, result: this.#answer(asked), error: null };
    });
  }

  #rowsProgress(job: RowsJob): TryRowsProgress {
    const total = job.rows.length;
    if (!job.stopped) job.done = Math.min(total, this.holdRowsAfter);
    const rows = job.rows.slice(0, job.done);
    const predictions = rows.flatMap(({ result }) => (result ? [result.prediction] : []));
    const state = (): TryRowsProgress["state"] => {
      if (this.rowsDefect !== null) return { kind: "failed", error: { code: "internal", message: this.rowsDefect } };
      return { kind: job.done === total ? "done" : job.stopped ? "stopped" : "running" };
    };
    return { done: job.done, total, rows: { score: score(predictions), cached: 0, rows }, state: state() };
  }

  #rowsJob(id: number): RowsJob {
    const job = this.#rowsJobs[id - 1];
    if (!job) throw new ApiFailure({ code: "not_found", message: `Quick try ${id} is not known any more.` });
    return job;
  }

  /** A token is four characters, an answer four to sixty tokens; nothing is on disk. */
  #estimate({ prompt, model, input, samples, rows }: EstimateTry): TryEstimate {
    const calls = Math.max(1, rows) * samples;
    const read = Math.ceil((prompt.system_prompt.length + prompt.output_prompt.length + input.length) / 4);
    const price = this.#price(model);
    const cost = (written: number) =>
      price === null ? null : (calls * (read * price.input + written * price.output)) / 1e6;
    return {
      calls,
      cached: 0,
      tokens_low: calls * (read + 4),
      tokens_high: calls * (read + 60),
      cost_low: cost(4),
      cost_high: cost(60),
    };
  }

  #answer({ project, prompt, example: id, input, sample }: TryPrompt): TryResult {
    const dataset = this.#dataset(project);
    const example = dataset?.examples.find((known) => known.id === id) ?? null;
    const userInput = example?.user_input ?? input;
    const user = [userInput, prompt.output_prompt].filter((part) => part !== "").join("\n\n");
    const labels = dataset?.info.report.labels.map((label) => label.label) ?? [];
    const asked = example ?? {
      id: userInput.length,
      number: 0,
      split: null,
      excluded: false,
      user_input: userInput,
      ground_truth_output: labels[0] ?? "",
      variables: [],
    };
    const share = Math.min(0.95, 0.5 + (prompt.system_prompt.length + prompt.output_prompt.length) / 1000);
    const prediction = predict(asked, { share, salt: 1 + sample * 7 }, labels);
    return {
      messages: [
        ...(prompt.system_prompt === "" ? [] : [{ role: "system" as const, content: prompt.system_prompt }]),
        { role: "user" as const, content: user },
      ],
      prediction,
      ground_truth_output: example?.ground_truth_output ?? null,
      outcome: example ? prediction.outcome : null,
      latency_ms: 12,
      prompt_tokens: Math.ceil((prompt.system_prompt.length + user.length) / 4),
      completion_tokens: Math.ceil(prediction.response.length / 4),
      cached: false,
      answered_by: null,
    };
  }
}
