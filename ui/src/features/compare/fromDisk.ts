import type { RunSummary } from "../../api/bindings/RunSummary";
import { cutInside, letters } from "../../components/charts/lettering";
import type { XBy } from "../../components/charts/runLines";
import { oneLine } from "../../format/oneLine";
import { count, counted } from "../../format/count";

const SPARED: Record<XBy, string | null> = {
  epoch: null,
  calls: "no call is counted for them",
  cost: "they cost nothing",
  time: "they took no time",
};

/** So many runs are named. */
const NAMED = 3;

/** Which runs look cheaper than they would be alone, since answers of theirs were known; null where none does, or where it does not show. */
export function fromDiskWords(runs: readonly RunSummary[], by: XBy): string | null {
  const known = runs.filter((run) => run.usage.cached > 0).sort((a, b) => b.usage.cached - a.usage.cached);
  const spared = SPARED[by];
  if (spared === null || known.length === 0) return null;
  const total = known.reduce((sum, run) => sum + run.usage.cached, 0);
  const names = known
    .slice(0, NAMED)
    .map((run) => `${count(run.usage.cached)} of “${cutInside(oneLine(run.name, 300), 34, letters)}”`);
  const more = known.length > NAMED ? ` and those of ${count(known.length - NAMED)} more` : "";
  return `${counted(total, "answer")} came from disk, so ${spared}: ${names.join(", ")}${more}.`;
}
