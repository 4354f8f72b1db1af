import type { DataProfile } from "../../api/bindings/DataProfile";
import type { DatasetInfo } from "../../api/bindings/DatasetInfo";
import type { OnlyExamples } from "../../api/bindings/OnlyExamples";
import type { RepeatKind } from "../../api/bindings/RepeatKind";
import type { RepeatResolution } from "../../api/bindings/RepeatResolution";
import { count, counted } from "../../format/count";
import { limitWords } from "./words";

/** A way out that takes one click. */
export type Resolution = { kind: RepeatKind; how: RepeatResolution; words: string };

/** One line of the checks: fine, worth a look, or wrong. */
export type Check = {
  id: string;
  level: "ok" | "look" | "wrong";
  words: string;
  /** The examples behind it. */
  only?: OnlyExamples;
  resolutions?: Resolution[];
};

const FEW = 30;
const RARE = 3;

const DUPLICATES: Resolution[] = [
  { kind: "duplicates", how: "exclude_later", words: "Exclude all but the first of each" },
  { kind: "duplicates", how: "delete_later", words: "Delete all but the first of each" },
];
const CONTRADICTIONS: Resolution[] = [
  { kind: "contradictions", how: "keep_majority", words: "Keep what most say, exclude the others" },
  { kind: "contradictions", how: "exclude_all", words: "Exclude all of them" },
];

/** What can be said about a dataset before anything is trained on it, in the version that is shown; null: not counted yet. */
export function checksOf(dataset: DatasetInfo, profile: DataProfile | null): Check[] {
  const { report, leaks, sizes } = dataset;
  const checks: Check[] = [];
  const add = (id: string, level: Check["level"], words: string, more: Partial<Check> = {}) =>
    checks.push({ id, level, words, ...more });

  const set = report.set_aside_count;
  if (set > 0) add("set-aside", "look", `${counted(set, "row")} set aside at the import`);
  else add("set-aside", "ok", "no row set aside");

  if (profile) checks.push(...countedChecks(profile));

  if (leaks > 0) {
    const words = `${counted(leaks, "input")} in more than one split: scores will look too good`;
    checks.push({ id: "leaks", level: "wrong", words, only: "leaks" });
  } else add("leaks", "ok", "no example in two splits");

  if (dataset.excluded > 0) add("excluded", "look", `${counted(dataset.excluded, "example")} excluded from runs`);

  const all = sizes.train + sizes.validation + sizes.test;
  if (all < FEW) add("few", "look", `fewer than ${FEW} examples: only large gains will show`);
  if (sizes.validation === 0) add("validation", "wrong", "no validation examples: no proposal can be judged");
  if (sizes.train === 0) add("train", "wrong", "no training examples: nothing to learn from");
  if (sizes.test === 0) add("test", "look", "no test split: the end has no certificate");
  return checks;
}

/** What had to be counted over the examples. */
function countedChecks({ duplicates, contradictions, too_long, context, labels }: DataProfile): Check[] {
  const checks: Check[] = [];
  const repeats = duplicates.examples - duplicates.groups;
  if (repeats > 0) {
    const words = counted(repeats, "duplicate");
    checks.push({ id: "duplicates", level: "look", words, only: "duplicates", resolutions: DUPLICATES });
  } else checks.push({ id: "duplicates", level: "ok", words: "no duplicates" });

  if (contradictions.groups > 0) {
    const words = counted(contradictions.groups, "contradicting input");
    const more = { only: "contradictions" as const, resolutions: CONTRADICTIONS };
    checks.push({ id: "contradictions", level: "wrong", words, ...more });
  } else checks.push({ id: "contradictions", level: "ok", words: "no contradictions" });

  if (too_long > 0) {
    const words = `${counted(too_long, "input")} longer than ${limitWords(context)}`;
    checks.push({ id: "too-long", level: "look", words });
  }
  const rare = labels.filter((label) => label.count < RARE).length;
  if (rare > 0) {
    const words = `${counted(rare, "ground truth")} with fewer than ${count(RARE)} examples`;
    checks.push({ id: "rare", level: "look", words });
  }
  return checks;
}
