import { xOf, type XBy } from "./layout";
import type { EpochSummary } from "../../api/bindings/EpochSummary";
import { X_WORDS } from "./runLinesOption";

/** What the epochs of a run had come to on an axis; null where that is not known. */
type Along = readonly (number | null)[];

export function along(epochs: readonly EpochSummary[], by: XBy): Along {
  return epochs.map((epoch) => xOf(epoch, by));
}

/** Whether the epochs of a run stand at several places of an axis. Where all answers were known they are all at 0. */
export function tellsApart(values: Along): boolean {
  const [first = 0] = values;
  if (values.includes(null)) return false;
  return values.length > 1 ? values.some((value) => value !== first) : (first ?? 0) > 0;
}

const NOTHING: Record<XBy, string> = {
  epoch: "",
  calls: "no call was counted",
  cost: "nothing was paid",
  time: "no time was counted",
};

/** Why runs are drawn by epoch, where another axis is wanted that tells the epochs of none of them apart. */
export function byEpochWords(runs: readonly Along[], wanted: XBy): string {
  const known = runs.filter((values) => !values.includes(null)).flat();
  if (known.length === 0) return `By epoch: ${X_WORDS[wanted]} are not known.`;
  if (known.every((value) => value === 0)) return `By epoch: ${NOTHING[wanted]}.`;
  return `By epoch: the epochs do not differ in ${X_WORDS[wanted]}.`;
}
