import type { BestPrompt } from "../bindings/BestPrompt";
import type { Bound } from "../bindings/Bound";
import type { Bucket } from "../bindings/Bucket";
import type { ComparedExample } from "../bindings/ComparedExample";
import type { EpochDetail } from "../bindings/EpochDetail";
import type { EpochMark } from "../bindings/EpochMark";
import type { EpochSummary } from "../bindings/EpochSummary";
import type { Example } from "../bindings/Example";
import type { NumberedEvent } from "../bindings/NumberedEvent";
import type { Phase } from "../bindings/Phase";
import type { Prediction } from "../bindings/Prediction";
import type { Progress } from "../bindings/Progress";
import type { Prompt } from "../bindings/Prompt";
import type { Role } from "../bindings/Role";
import type { RoleUsage } from "../bindings/RoleUsage";
import type { RunConfig } from "../bindings/RunConfig";
import type { RunEvent } from "../bindings/RunEvent";
import type { RunStatus } from "../bindings/RunStatus";
import type { RunSummary } from "../bindings/RunSummary";
import type { RunView } from "../bindings/RunView";
import type { Score } from "../bindings/Score";
import type { Split } from "../bindings/Split";
import type { Waiting } from "../bindings/Waiting";
import type { Usage } from "../bindings/Usage";
import { boundWords } from "../../format/bound";
import { points } from "../../format/percent";
import type { Dataset } from "./dataset";
import { sizesOf } from "./dataset";
import { epochDetail } from "./epochDetail";
import { draw } from "./random";
import { bucketOf, countBuckets, predict, score, signTest, type Skill } from "./scoring";

export const RULES = [
  "Refunds, double charges and wrong invoices go to billing.",
  "A card that was lost, stolen or misused always goes to security.",
  "Delivery, tracking and parcels go to shipping.",
  "E-mail changes and verification codes go to account.",
  "Crashes, white pages and error numbers go to technical.",
  "When two queues fit, pick the one that must act first.",
];
const STEPS_PER_PHASE = 8;
const CALL_COST = 0.00006;

export type Candidate = { epoch: number; prompt: Prompt; skill: Skill };

const NO_USAGE: RoleUsage = {
  calls: 0,
  cached: 0,
  retries: 0,
  prompt_tokens: 0,
  cached_tokens: 0,
  completion_tokens: 0,
  estimated: 0,
  cost: 0,
  saved: 0,
};

/** The examples a validation answered until it was stopped: what the best fails on came first. */
function answeredFirst(rows: readonly ComparedExample[], { n }: Bound): ComparedExample[] {
  const first = ({ before }: ComparedExample) => Number(before?.outcome === "match");
  return [...rows].sort((a, b) => first(a) - first(b) || a.example.id - b.example.id).slice(0, n);
}

/** A run that is played through step by step, with real examples and consistent counts. */
export class SimulatedRun {
  status: RunStatus = "running";
  archived = false;
  stopReason: string | null = null;
  testOpenedBefore = 0;
  /** What its validation examples say; null as in runs that were started before that was kept. */
  measuredOn: string | null = null;
  /** What is missing is so under the first or the best prompts, so that it may be asked for again at the end. */
  askable = true;
  readonly events: NumberedEvent[] = [];
  readonly epochs: EpochSummary[] = [];
  readonly #listeners = new Set<(event: NumberedEvent) => void>();
  readonly #candidates: Candidate[] = [];
  readonly #labels: string[];
  readonly #splits: Record<Split, Example[]>;
  #progress: Progress | null = null;
  #answered = false;
  #atEnd: Usage | null = null;
  #marks: EpochMark[] = [];
  #best: Candidate;
  #epoch = 0;
  #phases: Phase[] = ["train", "validate"];
  #step = 0;
  #activeMs = 0;
  #seq = 0;
  #endedAt: number | null = null;
  #tested = false;
  #primary: RoleUsage = { ...NO_USAGE };
  /** The primary model's usage when the test split was opened. */
  #atTest: RoleUsage | null = null;
  #optimizer: RoleUsage = { ...NO_USAGE };

  constructor(
    readonly id: number,
    readonly project: number,
    public name: string,
    readonly config: RunConfig,
    readonly dataset: Dataset,
    readonly simulatedRoles: Role[],
    readonly createdAt: number,
  ) {
    this.#labels = dataset.info.report.labels.map((label) => label.label);
    const of = (split: Split) => dataset.examples.filter((example) => example.split === split);
    this.#splits = { train: of("train"), validation: of("validation"), test: of("test") };
    this.#best = { epoch: 0, prompt: config.prompt, skill: { share: 0.5 + draw(id, 5) * 0.08, salt: id * 100 } };
    this.#candidates[0] = this.#best;
    this.#emit({
      event: "started",
      run: id,
      config,
      splits: sizesOf(dataset.examples),
      estimate: {
        splits: sizesOf(dataset.examples),
        calls_low: 0,
        calls_high: this.plannedCalls,
        tokens_low: 0,
        tokens_high: this.plannedCalls * 180,
        cost_low: 0,
        cost_high: simulatedRoles.includes("primary") ? 0 : this.plannedCalls * CALL_COST,
        seconds: null,
        time_from: "",
        proposals: config.epochs,
        test_opened: 0,
        hosts: [],
        warnings: [],
      },
      resumed: false,
    });
  }

  get plannedCalls(): number {
    const { train, validation, test } = this.#splits;
    return (train.length + validation.length + 1) * (this.config.epochs + 1) + 2 * test.length;
  }

  get active(): boolean {
    return this.status === "running" || this.status === "paused";
  }

  watch(afterSeq: number, listener: (event: NumberedEvent) => void): () => void {
    for (const event of this.events) if (event.seq > afterSeq) listener(event);
    // As the engine's watch does, it ends where the run does not go on by itself.
    if (this.status !== "running") return () => undefined;
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Goes on by one step; a phase takes a handful of them. */
  tick(stepMs: number): void {
    if (this.status !== "running") return;
    this.#activeMs += stepMs;
    const phase = this.#phases[0];
    if (phase === undefined) return;
    this.#step += 1;
    if (phase === "test") this.#atTest ??= this.#primary;
    const total = this.#totalOf(phase);
    const steps = phase === "propose" || phase === "decide" ? 2 : STEPS_PER_PHASE;
    const done = Math.min(total, Math.round((total * this.#step) / steps));
    this.#use(phase, Math.ceil(total / steps));
    this.#progress = { epoch: this.#epoch, phase, done, total, waiting: null };
    this.#send({
      event: "progress",
      run: this.id,
      ...this.#progress,
      usage: this.usage,
      active_ms: this.#activeMs,
    });
    if (this.#step < steps) return;
    this.#step = 0;
    this.#phases.shift();
    if (phase === "propose") this.#propose();
    if (this.#phases.length === 0) this.#afterPhases(phase);
  }

  /** Waits for a server that cannot be reached, or for a limit; the next step ends it. */
  waits(waiting: Waiting): void {
    if (this.status !== "running") return;
    const before = this.#progress ?? { epoch: 0, phase: "train" as const, done: 0, total: this.#totalOf("train") };
    this.#progress = { ...before, waiting };
    this.#send({
      event: "progress",
      run: this.id,
      ...this.#progress,
      usage: this.usage,
      active_ms: this.#activeMs,
    });
  }

  /** Plays the run to its end at once. */
  finishNow(): void {
    while (this.status === "running") this.tick(350);
  }

  pause(reason = "Paused by you."): void {
    if (this.status !== "running") return;
    this.status = "paused";
    this.stopReason = reason;
    this.#emit({ event: "paused", run: this.id, reason });
  }

  interrupt(): void {
    this.#listeners.clear();
    this.status = "interrupted";
    this.stopReason = "The program ended while the run was going on.";
  }

  resume(): void {
    this.status = "running";
    this.stopReason = null;
  }

  stop(): void {
    if (this.active) this.#end("cancelled", "Stopped by you.");
  }

  failWith(reason: string): void {
    this.#end("failed", reason);
  }

  /** Ends after the current epoch's best, opening the test split. */
  complete(): void {
    this.#tested = true;
    this.#end("completed", "Finished by you.");
  }

  /** The examples without an answer have one now. */
  /** What it had used when it ended; null until then. */
  get usageAtEnd(): Usage | null {
    return this.#atEnd ?? (this.active ? null : this.usage);
  }

  answerMissing(): void {
    this.#atEnd = this.usage;
    this.#primary.calls += this.usage.failed;
    this.#answered = true;
  }

  get usage(): Usage {
    const { calls, cached, retries, prompt_tokens, completion_tokens } = this.#primary;
    const cost = (this.#primary.cost ?? 0) + (this.#optimizer.cost ?? 0);
    return {
      calls: calls + this.#optimizer.calls,
      cached,
      retries,
      failed: this.#answered ? 0 : (this.epochs.at(-1)?.validation?.missing ?? 0),
      spared: this.epochs.reduce((sum, { bound }) => sum + (bound ? bound.of - bound.n : 0), 0),
      candidates: 0,
      proposals: 0,
      gated: 0,
      validated: 0,
      prompt_tokens: prompt_tokens + this.#optimizer.prompt_tokens,
      cached_tokens: 0,
      completion_tokens: completion_tokens + this.#optimizer.completion_tokens,
      estimated: 0,
      cost,
      saved: this.#primary.saved,
      by_role: { primary: { ...this.#primary }, optimizer: { ...this.#optimizer }, judge: { ...NO_USAGE } },
    };
  }

  summary(): RunSummary {
    const baseline = this.#candidates[0] as Candidate;
    return {
      id: this.id,
      project: this.project,
      name: this.name,
      archived: this.archived,
      status: this.status,
      stop_reason: this.stopReason,
      config: this.config,
      simulated_roles: this.simulatedRoles,
      dataset: this.dataset.info.name,
      splits: sizesOf(this.dataset.examples),
      created_at: this.createdAt,
      ended_at: this.#endedAt,
      active_ms: this.#activeMs,
      epochs_done: Math.max(0, this.epochs.length - 1),
      progress: this.#progress,
      baseline: this.#scores(baseline),
      best: this.bestPrompt(),
      usage: this.usage,
      test_opened_before: this.testOpenedBefore,
      test_known: 0,
      measured_on: this.measuredOn,
    };
  }

  view(): RunView {
    return {
      summary: this.summary(),
      epochs: this.epochs,
      last_seq: this.#seq,
      verdict: this.active ? null : this.#verdict(),
      warnings: this.events.flatMap(({ event }) => (event.event === "warning" ? [event.message] : [])),
      marks: this.#marks,
    };
  }

  mark(mark: EpochMark): EpochMark {
    const others = this.#marks.filter(({ epoch }) => epoch !== mark.epoch);
    this.#marks = mark.starred || mark.note !== "" ? [...others, mark] : others;
    return mark;
  }

  bestPrompt(): BestPrompt {
    const { epoch, prompt } = this.#best;
    return { epoch, ...prompt, ...this.#scores(this.#best) };
  }

  /** The prompt of an epoch; null asks for the best. */
  candidate(epoch: number | null): Candidate | undefined {
    return epoch === null ? this.#best : this.#candidates[epoch];
  }

  predictions(candidate: Candidate, split: Split): Prediction[] {
    return this.#splits[split].map((example) => predict(example, candidate.skill, this.#labels));
  }

  /** Examples of a split under two prompts, broken first. */
  compared(before: Candidate, after: Candidate, split: Split): ComparedExample[] {
    const first = this.predictions(before, split);
    const second = this.predictions(after, split);
    const order: Bucket[] = ["broken", "fixed", "still_wrong", "still_right", "not_compared"];
    return this.#splits[split]
      .map((example, index) => {
        const [left, right] = [first[index] as Prediction, second[index] as Prediction];
        return { example, bucket: bucketOf(left, right), before: left, after: right };
      })
      .sort((a, b) => order.indexOf(a.bucket) - order.indexOf(b.bucket));
  }

  /** Of an epoch's compared examples those that were answered: none without a validation, the first ones where it was stopped early. */
  answered(epoch: number, rows: readonly ComparedExample[]): ComparedExample[] {
    const summary = this.epochs.find((known) => known.epoch === epoch);
    if (summary?.bound) return answeredFirst(rows, summary.bound);
    return summary?.validation ? [...rows] : [];
  }

  /** What was used since the test split was opened; null while it is sealed. */
  get testUsage(): Usage | null {
    const { usage, atTest } = { usage: this.usage, atTest: this.#atTest };
    if (!atTest) return null;
    const role = usage.by_role.primary;
    const primary = {
      ...role,
      calls: role.calls - atTest.calls,
      cached: role.cached - atTest.cached,
      prompt_tokens: role.prompt_tokens - atTest.prompt_tokens,
      completion_tokens: role.completion_tokens - atTest.completion_tokens,
      cost: (role.cost ?? 0) - (atTest.cost ?? 0),
    };
    return { ...usage, ...primary, by_role: { primary, optimizer: { ...NO_USAGE }, judge: { ...NO_USAGE } } };
  }

  /** An epoch that was turned down before anything of its validation was asked, as when too many training examples are missing. */
  turnDown(reason: string): void {
    const epoch = this.#epoch;
    this.#candidates[epoch] = { ...this.#best, epoch };
    const summary: EpochSummary = {
      epoch,
      decision: "rejected",
      reason,
      train: null,
      validation: null,
      bound: null,
      delta: null,
      p: null,
      fixed: 0,
      broken: 0,
      usage: this.usage,
      decided_at: this.createdAt + this.#activeMs,
      active_ms: this.#activeMs,
    };
    this.epochs.push(summary);
    this.#emit({ event: "epoch", run: this.id, ...summary, best_train: null, restated: null });
    this.#epoch += 1;
    this.#step = 0;
    this.#phases = ["train", "propose", "validate", "decide"];
  }

  detail(epoch: number): EpochDetail | undefined {
    return epochDetail(this, epoch);
  }

  /** Examples of a split. */
  examples(split: Split): readonly Example[] {
    return this.#splits[split];
  }

  get labels(): string[] {
    return this.#labels;
  }

  /** The best prompt when an epoch started. */
  bestBefore(epoch: number): Candidate {
    const accepted = this.epochs.filter((known) => known.epoch < epoch && known.decision === "accepted").at(-1);
    return this.#candidates[accepted?.epoch ?? 0] as Candidate;
  }

  #totalOf(phase: Phase): number {
    if (phase === "train") return this.#splits.train.length;
    if (phase === "validate") return this.#splits.validation.length;
    if (phase === "test") return this.#splits.test.length * 2;
    return 1;
  }

  #use(phase: Phase, calls: number): void {
    const price = this.simulatedRoles.includes(phase === "propose" ? "optimizer" : "primary") ? 0 : CALL_COST;
    if (phase === "propose") {
      const o = this.#optimizer;
      this.#optimizer = {
        ...o,
        calls: o.calls + (this.#step === 1 ? 1 : 0),
        prompt_tokens: o.prompt_tokens + 900,
        completion_tokens: o.completion_tokens + 320,
        cost: (o.cost ?? 0) + price * 40,
      };
    } else if (phase !== "decide") {
      const p = this.#primary;
      const cached = phase === "train" && this.#epoch > 1 ? Math.floor(calls * 0.6) : 0;
      this.#primary = {
        ...p,
        calls: p.calls + calls - cached,
        cached: p.cached + cached,
        prompt_tokens: p.prompt_tokens + (calls - cached) * 120,
        completion_tokens: p.completion_tokens + (calls - cached) * 6,
        cost: (p.cost ?? 0) + (calls - cached) * price,
        saved: (p.saved ?? 0) + cached * price,
      };
    }
  }

  #propose(): void {
    const epoch = this.#epoch;
    const gain = draw(this.id, epoch, 21) * 0.13 - 0.03;
    const rule = RULES[(epoch - 1) % RULES.length] ?? "";
    const best = this.#best.prompt;
    const invalid = draw(this.id, epoch, 22) < 0.05;
    const candidate: Candidate = {
      epoch,
      prompt: {
        system_prompt: `${best.system_prompt}\n${rule}`,
        output_prompt:
          epoch === 1 ? `Answer with exactly one of: ${this.#labels.slice(0, 8).join(", ")}.` : best.output_prompt,
      },
      skill: { share: Math.min(0.88, this.#best.skill.share + gain), salt: this.id * 100 + epoch },
    };
    this.#candidates[epoch] = candidate;
    const detail = {
      system_reasoning: `Most of the failures shown break one rule, so it is written down: ${rule}`,
      output_reasoning: "The answers carried extra words; the format is now named.",
      explanation: "Adds one rule from the failures and keeps everything that worked.",
    };
    this.#emit({
      event: "proposal",
      run: this.id,
      epoch,
      ...candidate.prompt,
      ...detail,
      status: invalid ? "invalid" : "valid",
      reason: invalid ? "The reply was not the JSON that was asked for, twice." : null,
    });
    if (invalid) this.#phases = [];
  }

  #afterPhases(last: Phase): void {
    if (last === "test") {
      this.#tested = true;
      this.#end("completed", `All ${this.config.epochs} epochs are done.`);
      return;
    }
    this.#decide(last === "propose");
    if (this.#epoch >= this.config.epochs) {
      this.#phases = this.#splits.test.length > 0 ? ["test"] : [];
      if (this.#phases.length === 0) this.#end("completed", `All ${this.config.epochs} epochs are done.`);
      return;
    }
    this.#epoch += 1;
    this.#phases = ["train", "propose", "validate", "decide"];
  }

  #decide(invalid: boolean): void {
    const epoch = this.#epoch;
    const before = this.#best;
    const proposal = this.#candidates[epoch] as Candidate;
    const validation = invalid ? null : score(this.predictions(proposal, "validation"));
    const beforeScore = score(this.predictions(before, "validation"));
    const buckets = countBuckets(this.compared(before, proposal, "validation").map((row) => row.bucket));
    const delta = validation && beforeScore ? validation.score - beforeScore.score : null;
    const accepted = epoch > 0 && delta !== null && buckets.fixed > buckets.broken;
    if (accepted) this.#best = proposal;
    const change = delta === null ? "" : points(delta);
    const raced = this.config.early_stop && this.config.accept === "any" && epoch > 0 && !invalid && !accepted;
    const bound = raced && beforeScore ? this.#bound(beforeScore) : null;
    const part =
      bound &&
      countBuckets(answeredFirst(this.compared(before, proposal, "validation"), bound).map((row) => row.bucket));
    const summary: EpochSummary = {
      epoch,
      decision: epoch === 0 ? "baseline" : invalid ? "invalid" : accepted ? "accepted" : "rejected",
      reason:
        epoch === 0
          ? "The prompt the run started from."
          : invalid
            ? "The reply was not the JSON that was asked for, twice."
            : accepted
              ? `${change} points on validation: ${buckets.fixed} fixed, ${buckets.broken} broken.`
              : bound
                ? `Cannot beat the best: ${boundWords(bound)}.`
                : `${change} points on validation is no gain over the best.`,
      train: score(this.predictions(before, "train")),
      validation: bound ? null : validation,
      bound,
      delta: epoch === 0 || bound ? null : delta,
      p: epoch === 0 || invalid || bound ? null : signTest(buckets.fixed, buckets.broken),
      fixed: epoch === 0 || invalid ? 0 : (part ?? buckets).fixed,
      broken: epoch === 0 || invalid ? 0 : (part ?? buckets).broken,
      usage: this.usage,
      decided_at: this.createdAt + this.#activeMs,
      active_ms: this.#activeMs,
    };
    this.epochs.push(summary);
    this.#emit({
      event: "epoch",
      run: this.id,
      ...summary,
      best_train: accepted ? null : summary.train,
      restated: null,
    });
    if (epoch === 0 && (validation?.missing ?? 0) > 0) {
      this.#emit({
        event: "warning",
        run: this.id,
        message: `Validation examples without an answer: ${validation?.missing}. They are left out of the score.`,
      });
    }
  }

  /** What a validation that was stopped early leaves: the failures of the best came first, the proposal failed on them. */
  #bound(best: Score): Bound {
    const of = best.n + best.missing;
    // With all of them answered it would be a score.
    const n = Math.max(1, Math.min(of - 1, Math.round(best.n * (1 - best.score))));
    return { score: best.score, best: best.score, n, of };
  }

  #scores(candidate: Candidate) {
    const decided = this.epochs.some((known) => known.epoch === candidate.epoch);
    return {
      train: decided ? score(this.predictions(candidate, "train")) : null,
      validation: decided ? score(this.predictions(candidate, "validation")) : null,
      test: this.#tested ? score(this.predictions(candidate, "test")) : null,
    };
  }

  #end(status: RunStatus, reason: string): void {
    this.status = status;
    this.stopReason = reason;
    this.#progress = null;
    this.#phases = [];
    this.#endedAt = this.createdAt + this.#activeMs;
    this.#emit({
      event: "finished",
      run: this.id,
      status,
      stop_reason: reason,
      baseline: this.#scores(this.#candidates[0] as Candidate),
      best: this.bestPrompt(),
      usage: this.usage,
    });
  }

  #verdict(): string {
    if (this.#best.epoch === 0) return "Nothing beat the baseline. The prompt the run started from stays the best.";
    const { baseline } = this.summary();
    const best = this.bestPrompt();
    const split = best.test && baseline.test ? "test" : "validation";
    const gain = (best[split]?.score ?? 0) - (baseline[split]?.score ?? 0);
    return `The best prompt (epoch ${best.epoch}) gains ${points(gain)} points over the baseline on ${split}.`;
  }

  #emit(event: RunEvent): void {
    this.#seq += 1;
    const numbered = { seq: this.#seq, event };
    this.events.push(numbered);
    for (const listener of this.#listeners) listener(numbered);
    if (event.event === "paused" || event.event === "finished") this.#listeners.clear();
  }

  #send(event: RunEvent): void {
    for (const listener of this.#listeners) listener({ seq: 0, event });
  }
}
