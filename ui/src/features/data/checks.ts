import type { DatasetInfo } from "../../api/bindings/DatasetInfo";
import { count, counted } from "../../format/count";

/** One line of the checks: fine, worth a look, or wrong. */
export type Check = { id: string; level: "ok" | "look" | "wrong"; words: string };

const FEW = 30;
const RARE = 3;

/** What can be said about a dataset before anything is trained on it. */
export function checksOf(dataset: DatasetInfo): Check[] {
  const { report, leaks, sizes } = dataset;
  const checks: Check[] = [];
  const add = (id: string, level: Check["level"], words: string) => checks.push({ id, level, words });

  const set = report.set_aside_count;
  if (set > 0) add("set-aside", "look", `${counted(set, "row")} set aside`);
  else add("set-aside", "ok", "no row set aside");

  const empty = report.empty_inputs + report.empty_truths;
  if (empty > 0) {
    add(
      "empty",
      "look",
      `${count(report.empty_inputs)} empty inputs, ${count(report.empty_truths)} empty ground truths`,
    );
  } else add("empty", "ok", "no empty input or ground truth");

  if (report.duplicates > 0) add("duplicates", "look", `${counted(report.duplicates, "duplicate")}, kept in one split`);
  else add("duplicates", "ok", "no duplicates");

  if (report.contradictions > 0) {
    add("contradictions", "wrong", `${counted(report.contradictions, "input")} with different ground truths`);
  } else add("contradictions", "ok", "no contradictions");

  if (leaks > 0) add("leaks", "wrong", `${counted(leaks, "input")} in more than one split: scores will look too good`);
  else add("leaks", "ok", "no example in two splits");

  if (sizes.train + sizes.validation + sizes.test < FEW) {
    add("few", "look", `fewer than ${FEW} examples: only large gains will show`);
  }
  if (sizes.validation === 0) add("validation", "wrong", "no validation examples: no proposal can be judged");
  if (sizes.train === 0) add("train", "wrong", "no training examples: nothing to learn from");
  if (sizes.test === 0) add("test", "look", "no test split: the end has no certificate");

  const rare = report.labels.filter((label) => label.count < RARE).length;
  if (rare > 0)
    add("rare", "look", `${counted(rare, "ground truth", "ground truths")} with fewer than ${RARE} examples`);
  return checks;
}
