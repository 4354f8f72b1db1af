import type { LiveRun } from "./liveRun";
import { intervalWords } from "../format/interval";
import { percent } from "../format/percent";
import { realMinus, sentence } from "../format/sentence";
import { testName } from "../format/words";
import { simulatedParts } from "./simulatedParts";

/** The verdict, or what went wrong; of a run that only measured, what it measured. */
function result({ summary, verdict }: LiveRun): string {
  if (summary.status === "failed") return summary.stop_reason ?? "";
  if (verdict) return verdict;
  const { validation } = summary.best;
  return validation ? `Validation ${percent(validation.score)}, ${intervalWords(validation)}.` : "";
}

/** What an ended run came to, away from its own screen: its result, and what a reader of it has to know. Empty where nothing came of it. */
export function endWords(live: LiveRun): string {
  const { best, config, simulated_roles, test_opened_before: before } = live.summary;
  const said = realMinus(result(live));
  const parts = simulatedParts(config, simulated_roles);
  return [
    said,
    best.test && before > 0 && !/\bopened\b/.test(said) ? `${sentence(testName(before))}.` : "",
    parts ? `${sentence(parts.tag)}.` : "",
  ]
    .filter(Boolean)
    .join(" ");
}
