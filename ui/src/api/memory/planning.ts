/** What a run will take, and whether it is worth it. */
import type { Estimate } from "../bindings/Estimate";
import type { MeasureProgress } from "../bindings/MeasureProgress";
import type { Preflight } from "../bindings/Preflight";
import type { RunConfig } from "../bindings/RunConfig";
import type { Score } from "../bindings/Score";
import type { Connections } from "./connections";
import { sizesOf, type Dataset } from "./dataset";
import { DEMO } from "./defaults";
import { refuse } from "./refusal";

export function estimate(examples: Dataset["examples"], config: RunConfig, connections: Connections): Estimate {
  const splits = sizesOf(examples);
  const high = (splits.train + splits.validation + 1) * (config.epochs + 1) + 2 * splits.test;
  const paid = config.primary.connection !== DEMO.id;
  return {
    splits,
    calls_low: splits.train + splits.validation + 2 * splits.test,
    calls_high: Math.min(high, config.budget.max_calls ?? high),
    tokens_low: (splits.train + splits.validation) * 90,
    tokens_high: high * 180,
    cost_low: paid ? (splits.train + splits.validation) * 0.00003 : 0,
    cost_high: paid ? high * 0.00006 : 0,
    seconds: paid ? null : { low: 1, high: Math.ceil(high / 400) },
    time_from: paid
      ? `No answer of ${config.primary.model} was timed in this project yet. Measuring in the preflight, or a few tries, would tell.`
      : "The demo model answers at once.",
    proposals: config.epochs,
    test_opened: 0,
    hosts: [config.primary, config.optimizer].flatMap(({ connection }) => {
      const url = connections.get(connection)?.base_url;
      return url ? [new URL(url).host] : [];
    }),
    warnings: splits.test === 0 ? ["There is no test split, so the end has no certificate."] : [],
  };
}

/** Validation examples that measuring asks, each twice. */
const ASKED = 40;

/** Of the measured ones so many score otherwise when they are asked again. */
const DIFFERING = 3;

export function preflight(estimate: Estimate, known: Score | null, refusal: string | null = null): Preflight {
  const { splits, calls_low, calls_high, cost_low, cost_high, proposals } = estimate;
  const detectable = 2.8 * Math.sqrt(0.2 / Math.max(1, splits.validation));
  const rows = Math.min(ASKED, splits.validation);
  const calls = known ? 0 : 2 * rows;
  const share = calls / Math.max(1, calls_high);
  const headroom = known ? 1 - known.score : null;
  return {
    score: known,
    noise: known ? DIFFERING / rows : null,
    asked_twice: known ? rows : 0,
    differing: known ? DIFFERING : 0,
    measuring: {
      rows,
      calls,
      tokens_low: calls * 90,
      tokens_high: calls * 180,
      cost_low: cost_low === null ? null : (cost_high ?? 0) * share * 0.5,
      cost_high: cost_high === null ? null : cost_high * share,
      seconds: null,
    },
    headroom,
    detectable,
    duplicates: 0,
    suspects: [],
    calls_low,
    calls_high,
    cost_low,
    cost_high,
    proposals,
    verdict:
      refusal !== null
        ? "Not ready to train: the model did not answer when it was measured. Test its connection in Connections, then measure again."
        : headroom === null
          ? `Ready to train. A gain of ${(detectable * 100).toFixed(1)} points or more will show on ${splits.validation} validation examples.`
          : `Worth training: ${(headroom * 100).toFixed(1)} points are left to gain.`,
    warnings: [],
  };
}

const NOTHING: MeasureProgress = {
  done: 0,
  total: 0,
  calls: 0,
  cached: 0,
  failed: 0,
  prompt_tokens: 0,
  completion_tokens: 0,
  cost: null,
  said: null,
  state: { kind: "running" },
};

/** Four questions were asked in vain, and the rest were let be. */
function refused(message: string): Partial<MeasureProgress> {
  return { calls: 12, failed: 4, said: message, state: { kind: "failed", error: { code: "model_error", message } } };
}

interface Job {
  /** Null where no first prompts are measured. */
  project: number | null;
  /** Hears how many questions are over. */
  heard?: (done: number) => void;
  done: number;
  total: number;
  stopped: boolean;
}

/** First prompts being measured: a handful of questions at every look, until they are let stand. */
export class Measures {
  readonly #jobs: Job[] = [];
  /** Questions that are over at every look. */
  pace = 40;
  /** What a server says that answers nothing. */
  refusal: string | null = null;

  /** Why nothing comes of a server that is asked again and again. */
  silence: string | null = null;

  start(project: number, { splits }: Estimate): { job: number } {
    const total = 2 * Math.min(ASKED, splits.validation);
    return { job: this.#jobs.push({ project, done: 0, total, stopped: false }) };
  }

  /** Questions of another kind, asked in the same way. */
  begin(total: number, heard: (done: number) => void): { job: number } {
    return { job: this.#jobs.push({ project: null, heard, done: 0, total, stopped: false }) };
  }

  /** The score of a project's first prompts, once they were measured to the end. */
  known(project: number): Score | null {
    const job = this.#jobs.find((known) => known.project === project && known.done === known.total);
    return job ? { score: 0.6, n: job.total / 2, missing: 0, low: 0.45, high: 0.74 } : null;
  }

  progress(number: number): MeasureProgress {
    const job = this.#job(number);
    if (this.refusal !== null) return { ...NOTHING, total: job.total, ...refused(this.refusal) };
    if (this.silence !== null) return { ...NOTHING, total: job.total, said: this.silence };
    if (!job.stopped) job.done = Math.min(job.total, job.done + this.pace);
    job.heard?.(job.done);
    const over = job.done === job.total;
    return {
      done: job.done,
      total: job.total,
      calls: job.done,
      cached: 0,
      failed: 0,
      prompt_tokens: job.done * 120,
      completion_tokens: job.done * 6,
      cost: 0,
      said: null,
      state: { kind: over ? "done" : job.stopped ? "stopped" : "running" },
    };
  }

  stop(number: number): void {
    this.#job(number).stopped = true;
  }

  #job(number: number): Job {
    const job = this.#jobs[number - 1];
    if (!job) throw refuse("That measuring is not known any more. Start it again.");
    return job;
  }
}
