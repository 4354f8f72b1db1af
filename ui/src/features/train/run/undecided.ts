import { hasEnded } from "../../../app/liveRun";
import type { LiveRun } from "../../../app/runs.svelte";
import { count } from "../../../format/count";
import { PHASE_WORDS } from "../../../format/words";

/** What still keeps a run without a decided epoch from having a score. */
export function undecidedWords({ summary, progress }: LiveRun): string {
  if (hasEnded(summary.status)) return "The first prompts were not measured to the end, so no epoch has a score.";
  if (progress === null) return "The first prompts have not been measured yet, so no epoch has a score.";
  if (summary.status !== "running")
    return "The first prompts have not been measured to the end, so no epoch has a score yet.";
  const { phase, done, total } = progress;
  return `The first prompts are being measured: ${PHASE_WORDS[phase]}, ${count(done)} of ${count(total)}.`;
}
