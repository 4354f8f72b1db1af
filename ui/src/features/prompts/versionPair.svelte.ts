import { ApiFailure, call } from "../../api/client";
import { LastQuestion } from "../../api/question";
import type { ComparedPrompts } from "../../api/bindings/ComparedPrompts";
import type { ComparePrompts } from "../../api/bindings/ComparePrompts";
import type { ModelConfig } from "../../api/bindings/ModelConfig";
import type { Prompt } from "../../api/bindings/Prompt";
import type { RunConfig } from "../../api/bindings/RunConfig";
import { MeasuringJob } from "../train/start/measuring.svelte";

/** Two prompts with the rows they are held against. */
export interface Wanted {
  first: Prompt;
  second: Prompt;
  /** Null: all validation rows that a run takes. */
  rows: number | null;
  seed: number;
}

/** Two versions on the same validation rows: what is known of them for nothing, and what asking for the rest came to. */
export class VersionPair {
  /** Asked and scored as the next run would be. */
  config = $state.raw<RunConfig | null>(null);
  known = $state.raw<ComparedPrompts | null>(null);
  /** What `known` is of; another choice is not answered by it. */
  wanted = $state.raw<Wanted | null>(null);
  problem = $state<string | null>(null);
  loading = $state(false);
  readonly asking = new MeasuringJob(() => void this.#answered());

  readonly #project: number;
  readonly #onanswered: () => void;
  readonly #question = new LastQuestion();

  constructor(project: number, onanswered: () => void) {
    this.#project = project;
    this.#onanswered = onanswered;
  }

  /** Asks as the next run would, by the model under which most of these two is answered; `model` is one of those that are looked at. */
  async prepare(wanted: Wanted, model: ModelConfig | null): Promise<void> {
    try {
      const usual = await call("default_run_config", { project: this.#project });
      const config = model ? { ...usual, primary: model } : usual;
      // Where that can not be said, looking tells why.
      const primary = await call("known_model", this.#asked(config, wanted)).catch(() => config.primary);
      this.config = { ...config, primary };
    } catch (error) {
      this.problem = ApiFailure.from(error).message;
    }
  }

  ask(model: ModelConfig): void {
    if (this.config) this.config = { ...this.config, primary: model };
  }

  /** Looks at what is on disk; nothing is asked for it. */
  async look(wanted: Wanted): Promise<void> {
    const request = this.#request(wanted);
    if (!request) return;
    this.loading = true;
    await this.#question.ask(
      call("compare_prompts", request),
      (known) => {
        this.known = known;
        this.wanted = wanted;
        this.problem = null;
        this.loading = false;
      },
      (problem) => {
        this.known = null;
        this.problem = problem;
        this.loading = false;
      },
    );
  }

  /** Has the models answer what is not known. */
  buy(wanted: Wanted): void {
    const request = this.#request(wanted);
    if (request) void this.asking.begin(() => call("start_comparing", request));
  }

  async #answered(): Promise<void> {
    if (this.wanted) await this.look(this.wanted);
    this.#onanswered();
  }

  /** Both as a report. */
  async report(wanted: Wanted, [first, second]: readonly [string, string], format: "html" | "md"): Promise<string> {
    const pair = this.#request(wanted);
    if (!pair) return "";
    return (await call("export_prompts", { pair, first, second, format })).text;
  }

  #request(wanted: Wanted): ComparePrompts | null {
    return this.config && this.#asked(this.config, wanted);
  }

  #asked(config: RunConfig, { first, second, rows, seed }: Wanted): ComparePrompts {
    return { project: this.#project, first, second, config, rows, seed };
  }
}
