import type { CallPage } from "../bindings/CallPage";
import type { CallRow } from "../bindings/CallRow";
import type { ComparedExample } from "../bindings/ComparedExample";
import type { ExampleHistory } from "../bindings/ExampleHistory";
import type { Failure } from "../bindings/Failure";
import type { FailurePage } from "../bindings/FailurePage";
import type { Gain } from "../bindings/Gain";
import type { LearningMap } from "../bindings/LearningMap";
import type { ListCalls } from "../bindings/ListCalls";
import type { ListFailures } from "../bindings/ListFailures";
import type { ListMissing } from "../bindings/ListMissing";
import type { MissingExample } from "../bindings/MissingExample";
import type { MissingPage } from "../bindings/MissingPage";
import type { NextStep } from "../bindings/NextStep";
import type { Prediction } from "../bindings/Prediction";
import type { RunOutcome } from "../bindings/RunOutcome";
import type { Split } from "../bindings/Split";
import { isMeasured } from "../../format/changes";
import { countBuckets, signTest } from "./scoring";
import type { SimulatedRun } from "./simulation";

const CELL = { match: "1", no_match: "0", missing: "?" } as const;

function evaluated(run: SimulatedRun) {
  return run.epochs.flatMap((known) => {
    const candidate = run.candidate(known.epoch);
    return !isMeasured(known) || !candidate ? [] : [{ epoch: known.epoch, candidate }];
  });
}

export function learningMap(run: SimulatedRun, split: Split): LearningMap {
  const columns = evaluated(run).map(({ epoch, candidate }) => ({ epoch, answers: run.predictions(candidate, split) }));
  const examples = run.dataset.examples.filter((example) => example.split === split);
  const rows = examples.map((example, at) => {
    const cells = columns.map(({ answers }) => CELL[(answers[at] as Prediction).outcome]).join("");
    const known = [...cells].filter((cell) => cell === "0" || cell === "1");
    const flips = known.filter((cell, i) => i > 0 && cell !== known[i - 1]).length;
    const beginning = (text: string) => (text.length > 100 ? `${text.slice(0, 100)}…` : text);
    return {
      example: example.id,
      number: example.number,
      input: beginning(example.user_input),
      truth: beginning(example.ground_truth_output),
      cells,
      flips,
    };
  });
  return { split, epochs: columns.map(({ epoch }) => epoch), rows };
}

export function exampleHistory(run: SimulatedRun, id: number): ExampleHistory | undefined {
  const example = run.dataset.examples.find((known) => known.id === id);
  if (!example?.split) return undefined;
  const answers = evaluated(run).flatMap(({ epoch, candidate }) => {
    const prediction = run.predictions(candidate, example.split as Split).find((known) => known.example === id);
    return prediction ? [{ epoch, prediction }] : [];
  });
  return { example, answers };
}

function causeOf({ example, after }: ComparedExample): Failure | null {
  if (!after || after.outcome === "match") return null;
  if (after.missing) return { kind: "missing", cause: after.missing };
  return { kind: "confused", truth: example.ground_truth_output, answered: after.answer };
}

export function failures(run: SimulatedRun, request: ListFailures): FailurePage | undefined {
  const candidate = run.candidate(request.epoch);
  if (!candidate) return undefined;
  const rows = run.answered(request.epoch, run.compared(run.bestBefore(request.epoch), candidate, "validation"));
  const groups = new Map<string, FailurePage["groups"][number]>();
  for (const row of rows) {
    const failure = causeOf(row);
    if (!failure) continue;
    const key = JSON.stringify(failure);
    const group = groups.get(key) ?? { failure, count: 0, broken: 0 };
    groups.set(key, {
      ...group,
      count: group.count + 1,
      broken: group.broken + Number(row.before?.outcome === "match"),
    });
  }
  const { cell, only } = request;
  const wanted = rows.filter((row) => {
    const counted = request.before ? row.before : row.after;
    if (cell) return row.example.ground_truth_output === cell.truth && counted?.answer === cell.answered;
    const failure = causeOf(row);
    return failure !== null && (only === null || JSON.stringify(failure) === JSON.stringify(only));
  });
  return {
    groups: [...groups.values()].sort((a, b) => b.count - a.count),
    total: wanted.length,
    rows: wanted.slice(request.offset, request.offset + request.limit),
  };
}

/** Examples without an answer under some prompt of the run. */
export function missingExamples(run: SimulatedRun, { only, offset, limit }: ListMissing): MissingPage {
  const measured = evaluated(run).map(({ candidate }) => candidate);
  // Until the baseline is decided it is the first prompts that examples are asked under.
  const prompts = measured.length > 0 ? measured : [run.bestBefore(0)];
  const all = (["train", "validation"] as const).flatMap((split) => {
    const answers = prompts.map((candidate) => run.predictions(candidate, split));
    return run.examples(split).flatMap((example, at): MissingExample[] => {
      const missing = answers.flatMap((known) => (known[at]?.missing ? [known[at]] : []));
      const [first] = missing;
      if (!first?.missing || run.usage.failed === 0) return [];
      const left_out = first.missing === "content_filter" || first.missing === "too_long";
      const { missing: cause, feedback: said } = first;
      return [{ example, split, cause, left_out, prompts: missing.length, said }];
    });
  });
  const groups = [...new Set(all.map((row) => row.cause))].map((cause) => {
    const of = all.filter((row) => row.cause === cause);
    return { cause, count: of.length, left_out: of.filter((row) => row.left_out).length };
  });
  const rows = all.filter((row) => only === null || row.cause === only);
  return {
    groups: groups.sort((a, b) => b.count - a.count),
    total: rows.length,
    rows: rows.slice(offset, offset + limit),
  };
}

/** Characters of an answer that a row of the log shows. */
const SHOWN_CHARACTERS = 2_000;

/** One call for every validation answer and every proposal, newest first. */
export function calls(run: SimulatedRun, { filter, offset, limit }: ListCalls): CallPage {
  const wanted = loggedCalls(run)
    .filter(
      (known) =>
        (filter.epoch === null || known.epoch === filter.epoch) &&
        (filter.role === null || known.role === filter.role) &&
        (filter.end === null || known.end === filter.end) &&
        (!filter.retries || known.retry),
    )
    .reverse();
  const calls = wanted.filter((known) => known.end !== "cached").length;
  const page = wanted.slice(offset, offset + limit).map((known) => {
    const cut = (known.response?.length ?? 0) > SHOWN_CHARACTERS;
    return cut ? { ...known, cut, response: known.response?.slice(0, SHOWN_CHARACTERS) ?? null } : known;
  });
  return { total: wanted.length, calls, rows: page };
}

/** What was answered in a call, whole. */
export function answerOf(run: SimulatedRun, call: number): string | undefined {
  return loggedCalls(run).find(({ id }) => id === call)?.response ?? undefined;
}

function loggedCalls(run: SimulatedRun): CallRow[] {
  const rows: CallRow[] = [];
  const row = (epoch: number, at: number): CallRow => ({
    id: rows.length + 1,
    at,
    epoch,
    role: "primary",
    end: "answered",
    retry: false,
    example: null,
    example_id: null,
    prompt_tokens: 120,
    cached_tokens: 0,
    completion_tokens: 6,
    estimated: false,
    latency_ms: 380,
    model: null,
    response: null,
    cut: false,
    error: null,
  });
  const numbers = new Map(run.dataset.examples.map((example) => [example.id, example.number]));
  const answers = (epoch: number, at: number, predictions: readonly Prediction[]) =>
    predictions.forEach((prediction, index) => {
      const failed = prediction.missing !== null;
      rows.push({
        ...row(epoch, at),
        example: numbers.get(prediction.example) ?? null,
        example_id: prediction.example,
        end: failed ? "failed" : index % 9 === 8 ? "cached" : "answered",
        retry: failed,
        response: failed ? null : prediction.response,
        error: failed ? prediction.feedback : null,
      });
    });
  // Until the baseline is decided there are the calls that were made for it.
  if (run.epochs.length === 0) answers(0, 0, run.predictions(run.bestBefore(0), "train").slice(0, run.usage.calls));
  for (const { epoch, candidate } of evaluated(run)) {
    const at = run.epochs.find((known) => known.epoch === epoch)?.decided_at ?? 0;
    if (epoch > 0) {
      const response = JSON.stringify(candidate.prompt);
      rows.push({ ...row(epoch, at), role: "optimizer", prompt_tokens: 900, completion_tokens: 320, response });
    }
    answers(epoch, at, run.predictions(candidate, "validation"));
  }
  return rows;
}

export function outcome(run: SimulatedRun): RunOutcome {
  if (run.active) return { validation: null, test: null, next: [] };
  const { baseline, best, splits } = run.summary();
  const gain = (split: "validation" | "test"): Gain | null => {
    const [before, after] = [baseline[split], best[split]];
    const [first, second] = [run.candidate(0), run.candidate(null)];
    if (best.epoch === 0 || !before || !after || !first || !second) return null;
    const { fixed, broken } = countBuckets(run.compared(first, second, split).map((row) => row.bucket));
    const delta = after.score - before.score;
    const half = 1.96 * Math.sqrt(Math.max(0.001, (fixed + broken) / after.n - delta * delta) / after.n);
    return {
      before,
      after,
      delta,
      low: delta - half,
      high: delta + half,
      p: signTest(fixed, broken),
      fixed,
      broken,
      n: after.n,
    };
  };
  const next: NextStep[] = [];
  if (run.usage.failed > 0 && run.askable && baseline.validation)
    next.push({ action: "retry_missing", reason: `${run.usage.failed} examples have no answer. Ask for them again.` });
  if (best.epoch === 0)
    next.push({ action: "review_labels", reason: "Look at the examples that every prompt gets wrong." });
  else if (splits.test > 0 && best.test)
    next.push({
      action: "use_prompts",
      reason: `The gain holds on the sealed test split.`,
    });
  else next.push({ action: "more_budget", reason: "A limit ended the search early." });
  return { validation: gain("validation"), test: gain("test"), next };
}
