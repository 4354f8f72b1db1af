import { ApiFailure, call } from "../../../api/client";
import type { Preflight } from "../../../api/bindings/Preflight";
import type { RunConfig } from "../../../api/bindings/RunConfig";
import { MeasuringJob } from "./measuring.svelte";

/** What a preflight depends on, as a text: how a run is called says nothing of it. */
function dependsOn(config: RunConfig, dataset: number): string {
  return JSON.stringify([{ ...config, name: "" }, dataset]);
}

/** What was found before a run: it lies with the form, so that it is still there when the screen is opened again. */
export class PreflightCheck {
  readonly measuring: MeasuringJob;
  known = $state.raw<Preflight | null>(null);
  problem = $state<string | null>(null);
  asking = $state(false);
  /** The settings that were asked about, and the version of the dataset. */
  #asked = $state.raw<{ config: RunConfig; dataset: number } | null>(null);
  readonly #project: number;

  /** `onmeasured`: answers were bought and timed, so that a run takes another time and fewer of them. */
  constructor(project: number, onmeasured: () => void) {
    this.#project = project;
    this.measuring = new MeasuringJob(() => {
      void this.again();
      onmeasured();
    });
  }

  /** Whether what is known speaks of other settings or other data. */
  isStale(config: RunConfig | null, dataset: number): boolean {
    const asked = this.#asked;
    if (this.known === null || asked === null || !config) return false;
    if (asked.config === config && asked.dataset === dataset) return false;
    return dependsOn(asked.config, asked.dataset) !== dependsOn(config, dataset);
  }

  async ask(config: RunConfig, dataset: number): Promise<void> {
    this.asking = true;
    this.problem = null;
    try {
      // What a measuring under other settings came to is no matter of these.
      if (this.isStale(config, dataset)) this.measuring.forget();
      this.known = await call("preflight", { project: this.#project, config });
      this.#asked = { config, dataset };
    } catch (error) {
      this.known = null;
      this.problem = ApiFailure.from(error).message;
    }
    this.asking = false;
  }

  async measure(): Promise<void> {
    if (this.#asked) await this.measuring.start(this.#project, this.#asked.config);
  }

  /** Asks the same once more, where it was asked: what answers cost may be another sum now. */
  async again(): Promise<void> {
    if (this.#asked) await this.ask(this.#asked.config, this.#asked.dataset);
  }
}
