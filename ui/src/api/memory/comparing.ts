import type { ComparedExample } from "../bindings/ComparedExample";
import type { Comparison } from "../bindings/Comparison";
import type { Prediction } from "../bindings/Prediction";
import type { Split } from "../bindings/Split";
import { percent } from "../../format/percent";
import { confusion, countBuckets, score, signTest } from "./scoring";
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
  const rows = run.compared(before, after, split);
  const buckets = countBuckets(rows.map((row) => row.bucket));
  const common = rows.filter((row) => row.bucket !== "not_compared");
  const firstScore = score(common.flatMap((row) => (row.before ? [row.before] : [])));
  const secondScore = score(common.flatMap((row) => (row.after ? [row.after] : [])));
  const p = signTest(buckets.fixed, buckets.broken);
  const labels = run.dataset.info.report.labels.map((label) => label.label);
  return {
    first_epoch: before.epoch,
    second_epoch: after.epoch,
    first: before.prompt,
    second: after.prompt,
    split,
    first_score: firstScore,
    second_score: secondScore,
    buckets,
    p,
    ...([run, other].every(({ config }) => config.metrics.some(({ metric }) => metric.kind === "label"))
      ? confusions(rows, labels)
      : { first_confusion: null, second_confusion: null }),
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
