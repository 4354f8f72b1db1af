import type { RunSummary } from "../../api/bindings/RunSummary";
import { count, counted } from "../../format/count";

/** So many of them are named. */
const NAMED = 4;

/** Runs that can not stand in a chart, by name, and why: they are said, not dropped. */
export function absentWords(absent: readonly RunSummary[], why: string): string {
  const names = absent.slice(0, NAMED).map((run) => run.name);
  const more = absent.length > NAMED ? ` and ${count(absent.length - NAMED)} more` : "";
  return `${counted(absent.length, "run")}: ${why} (${names.join(", ")}${more}).`;
}
