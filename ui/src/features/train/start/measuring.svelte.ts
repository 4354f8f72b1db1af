import { ApiFailure, call } from "../../../api/client";
import type { MeasureJob } from "../../../api/bindings/MeasureJob";
import type { MeasureProgress } from "../../../api/bindings/MeasureProgress";
import type { RunConfig } from "../../../api/bindings/RunConfig";

const LOOK_MS = 250;

/** Questions being asked before a run or beside one: it goes on in the engine, is looked at, and can be stopped. */
export class MeasuringJob {
  progress = $state.raw<MeasureProgress | null>(null);
  problem = $state<string | null>(null);
  #job: number | null = null;
  readonly #onend: () => void;

  constructor(onend: () => void) {
    this.#onend = onend;
  }

  get running(): boolean {
    return this.progress?.state.kind === "running";
  }

  start(project: number, config: RunConfig): Promise<void> {
    return this.begin(() => call("start_measure", { project, config }));
  }

  /** The same with questions of another kind. */
  async begin(start: () => Promise<MeasureJob>): Promise<void> {
    if (this.running) return;
    this.problem = null;
    this.progress = null;
    try {
      this.#job = (await start()).job;
      await this.#look();
    } catch (error) {
      this.problem = ApiFailure.from(error).message;
    }
  }

  async stop(): Promise<void> {
    if (this.#job === null) return;
    try {
      await call("stop_measure", { job: this.#job });
    } catch (error) {
      this.problem = ApiFailure.from(error).message;
    }
  }

  /** Nobody looks any more. What was begun is stopped: nothing is spent unseen. What it came to until then is still asked for. */
  leave(): void {
    if (this.running) void this.stop();
  }

  /** What an earlier one came to is no matter any more. */
  forget(): void {
    if (this.running) return;
    this.progress = null;
    this.problem = null;
  }

  async #look(): Promise<void> {
    if (this.#job === null) return;
    try {
      const progress = await call("measure_progress", { job: this.#job });
      this.progress = progress;
      if (progress.state.kind === "running") {
        setTimeout(() => void this.#look(), LOOK_MS);
        return;
      }
      if (progress.state.kind === "failed") this.problem = progress.state.error.message;
    } catch (error) {
      this.problem = ApiFailure.from(error).message;
    }
    this.#onend();
  }
}
