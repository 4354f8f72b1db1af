import type { ImportProgress } from "../bindings/ImportProgress";
import { ApiFailure } from "../client";

type Job = { total: number; rows: number; asked: number; end: () => number; state: ImportProgress["state"] };

/** Imports that go on while they are asked about: every question moves them one step. */
export class ImportJobs {
  /** Questions until one is done. */
  steps = 1;
  /** Questions after that until its search index is built. */
  indexSteps = 0;
  readonly #jobs = new Map<number, Job>();

  /** `end` writes the dataset and gives its project. */
  start(total: number, rows: number, end: () => number): number {
    const job = this.#jobs.size + 1;
    this.#jobs.set(job, { total, rows, asked: 0, end, state: { kind: "running" } });
    return job;
  }

  progress(id: number): ImportProgress {
    const job = this.#get(id);
    job.asked += 1;
    if (job.state.kind === "running") {
      if (job.asked >= this.steps) job.state = finished(job);
    }
    const share = Math.min(1, job.asked / this.steps);
    const built = job.asked - this.steps;
    if (job.state.kind === "done" && built < this.indexSteps) {
      const bytes = { bytes_done: Math.min(built, this.indexSteps), bytes_total: this.indexSteps };
      return { phase: "indexing", ...bytes, rows: job.rows, rows_per_second: 412_000, state: job.state };
    }
    return {
      phase: share < 0.8 ? "reading" : share < 1 ? "writing" : "over",
      bytes_done: Math.round(job.total * Math.min(1, share / 0.8)),
      bytes_total: job.total,
      rows: Math.round(job.rows * share),
      rows_per_second: 412_000,
      state: job.state,
    };
  }

  cancel(id: number): void {
    const job = this.#get(id);
    if (job.state.kind === "running") job.state = { kind: "cancelled" };
  }

  #get(id: number): Job {
    const job = this.#jobs.get(id);
    if (!job) throw new ApiFailure({ code: "not_found", message: "This import does not exist any more." });
    return job;
  }
}

function finished(job: Job): ImportProgress["state"] {
  try {
    return { kind: "done", project: job.end() };
  } catch (error) {
    const { code, message } = ApiFailure.from(error);
    return { kind: "failed", error: { code, message } };
  }
}
