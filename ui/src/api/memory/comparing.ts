import type { Bucket } from "../bindings/Bucket";
import type { ComparedExample } from "../bindings/ComparedExample";
import type { Comparison } from "../bindings/Comparison";
import type { ComparedPrompts } from "../bindings/ComparedPrompts";
import type { ComparePrompts } from "../bindings/ComparePrompts";
import type { Example } from "../bindings/Example";
import type { ExportPrompts } from "../bindings/ExportPrompts";
import type { ModelConfig } from "../bindings/ModelConfig";
import type { Prediction } from "../bindings/Prediction";
import type { Prompt } from "../bindings/Prompt";
import type { Split } from "../bindings/Split";
import { percent } from "../../format/percent";
import type { Dataset } from "./dataset";
import type { Measures } from "./planning";
import { draw } from "./random";
import { refuse } from "./refusal";
import { bucketOf, confusion, countBuckets, score, signTest } from "./scoring";
import type { SimulatedRun } from "./simulation";

/** Two prompts on the same examples; undefined where one of them is not there. */
export function compared(
  run: SimulatedRun,
  firstEpoch: number | null,
  other: SimulatedRun,
  secondEpoch: number | null,
  split: Split,
): Comparison | undefined {
  const before = run.candidate(firstEpoch);
  const after = other.candidate(secondEpoch);
  if (!before || !after) return undefined;
  const byLabel = [run, other].every(({ config }) => config.metrics.some(({ metric }) => metric.kind === "label"));
  return comparison(run.compared(before, after, split), byLabel ? labelsOf(run.dataset) : [], {
    first_epoch: before.epoch,
    second_epoch: after.epoch,
    first: before.prompt,
    second: after.prompt,
    split,
  });
}

function labelsOf(dataset: Dataset): string[] {
  return dataset.info.report.labels.map((label) => label.label);
}

type Sides = Pick<Comparison, "first_epoch" | "second_epoch" | "first" | "second" | "split">;

function comparison(rows: ComparedExample[], labels: string[], sides: Sides): Comparison {
  const buckets = countBuckets(rows.map((row) => row.bucket));
  const common = rows.filter((row) => row.bucket !== "not_compared");
  const firstScore = score(common.flatMap((row) => (row.before ? [row.before] : [])));
  const secondScore = score(common.flatMap((row) => (row.after ? [row.after] : [])));
  const p = signTest(buckets.fixed, buckets.broken);
  return {
    ...sides,
    first_score: firstScore,
    second_score: secondScore,
    buckets,
    p,
    ...(labels.length > 0 ? confusions(rows, labels) : { first_confusion: null, second_confusion: null }),
    verdict:
      p < 0.1
        ? `${percent(secondScore?.score ?? 0)} against ${percent(firstScore?.score ?? 0)}: a real difference (p = ${p.toFixed(3)}).`
        : `No real difference on ${common.length} examples (p = ${p.toFixed(2)}).`,
    rows,
  };
}

/** Labels under both sides, on the rows answered under both. */
function confusions(rows: readonly ComparedExample[], labels: string[]) {
  const both = rows.filter((row) => row.bucket !== "not_compared");
  const examples = both.map((row) => row.example);
  const side = (of: "before" | "after") =>
    confusion(
      examples,
      both.map((row) => row[of] as Prediction),
      labels,
    );
  return { first_confusion: side("before"), second_confusion: side("after") };
}

const ORDER: Bucket[] = ["broken", "fixed", "still_wrong", "still_right", "not_compared"];
const TOKENS_A_CALL = 126;

/** Two prompts of no run: what was answered under them so far, and the asking for the rest. */
export class PromptPairs {
  /** Questions that were answered: prompt, model and example. */
  readonly #answered = new Set<string>();
  /** By connection what is said of answers that it gave where it was before. */
  readonly moved = new Map<number, string>();
  readonly #dataset: (project: number) => Dataset | null;
  readonly #answer: (project: number, prompt: Prompt, example: Example) => Prediction;
  readonly #measures: Measures;

  constructor(
    dataset: (project: number) => Dataset | null,
    answer: (project: number, prompt: Prompt, example: Example) => Prediction,
    measures: Measures,
  ) {
    this.#dataset = dataset;
    this.#answer = answer;
    this.#measures = measures;
  }

  compare(request: ComparePrompts): ComparedPrompts {
    const { project, first, second, config } = request;
    const dataset = this.#dataset(project);
    const examples = this.#examples(request);
    const side = (prompt: Prompt, example: Example) =>
      this.#answered.has(key(request, prompt, example)) ? this.#answer(project, prompt, example) : null;
    const rows = examples
      .map((example): ComparedExample => {
        const [before, after] = [side(first, example), side(second, example)];
        return { example, bucket: before && after ? bucketOf(before, after) : "not_compared", before, after };
      })
      .sort((a, b) => ORDER.indexOf(a.bucket) - ORDER.indexOf(b.bucket));
    const byLabel = config.metrics.some(({ metric }) => metric.kind === "label");
    const calls = this.#open(request).length;
    return {
      comparison: comparison(rows, byLabel && dataset ? labelsOf(dataset) : [], {
        first_epoch: null,
        second_epoch: null,
        first,
        second,
        split: "validation",
      }),
      rows: examples.length,
      of: (dataset?.examples ?? []).filter(({ split }) => split === "validation").length,
      open: {
        rows: examples.length,
        calls,
        tokens_low: calls * TOKENS_A_CALL,
        tokens_high: calls * TOKENS_A_CALL * 2,
        cost_low: 0,
        cost_high: 0,
        seconds: null,
      },
      elsewhere: this.moved.get(config.primary.connection) ?? null,
    };
  }

  /** Of these models the first under which most is answered. */
  known(request: ComparePrompts, models: readonly ModelConfig[]): ModelConfig {
    const answered = (primary: ModelConfig) => {
      const { rows, comparison } = this.compare({ ...request, config: { ...request.config, primary } });
      return rows - comparison.buckets.not_compared;
    };
    const counts = models.map((model) => ({ model, count: answered(model) }));
    const [best] = counts.toSorted((a, b) => b.count - a.count);
    return best?.model ?? request.config.primary;
  }

  report({ pair, first, second, format }: ExportPrompts): string {
    const { comparison } = this.compare(pair);
    if (comparison.buckets.not_compared === comparison.rows.length)
      throw refuse("No row is answered under both prompts yet, so there is nothing to report. Ask both first.");
    return `${format}: ${second} against ${first}. ${comparison.verdict}`;
  }

  start(request: ComparePrompts): { job: number } {
    const open = this.#open(request);
    return this.#measures.begin(open.length, (done) => {
      for (const question of open.slice(0, done)) this.#answered.add(question);
    });
  }

  #open(request: ComparePrompts): string[] {
    return [request.first, request.second]
      .flatMap((prompt) => this.#examples(request).map((example) => key(request, prompt, example)))
      .filter((question) => !this.#answered.has(question));
  }

  #examples({ project, config, rows, seed }: ComparePrompts): Example[] {
    const validation = (this.#dataset(project)?.examples ?? []).filter(({ split }) => split === "validation");
    if (validation.length === 0) throw refuse("The validation split is empty, so no prompt can be compared.");
    const most = Math.min(rows ?? validation.length, config.validation_rows || validation.length);
    return validation
      .toSorted((a, b) => draw(a.id, seed, 31) - draw(b.id, seed, 31))
      .slice(0, most)
      .sort((a, b) => a.number - b.number);
  }
}

function key({ config }: ComparePrompts, prompt: Prompt, { id }: Example): string {
  return JSON.stringify([config.primary.connection, config.primary.model, prompt, id]);
}
