import type { TryProgress } from "../bindings/TryProgress";
import type { TryResult } from "../bindings/TryResult";
import { ApiFailure } from "../client";

type Job = { words: string[]; said: number; result: TryResult | null; error: ApiFailure | null; stopped: boolean };

/** Tries whose answers come a word at every look. */
export class Tries {
  #last = 0;
  readonly #jobs = new Map<number, Job>();
  /** An answer stands still after so many words, until it is let go on. */
  holdAfter = Infinity;

  start(answer: () => TryResult): { job: number } {
    this.#last += 1;
    const job: Job = { words: [], said: 0, result: null, error: null, stopped: false };
    try {
      job.result = answer();
      job.words = job.result.prediction.response.split(/(?<=\s)/);
    } catch (error) {
      job.error = ApiFailure.from(error);
    }
    this.#jobs.set(this.#last, job);
    return { job: this.#last };
  }

  watch(id: number, from: number): TryProgress {
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

  stop(id: number): Record<string, never> {
    this.#job(id).stopped = true;
    return {};
  }

  #job(id: number): Job {
    const job = this.#jobs.get(id);
    if (!job) throw new ApiFailure({ code: "not_found", message: `Try ${id} is not known any more.` });
    return job;
  }
}
