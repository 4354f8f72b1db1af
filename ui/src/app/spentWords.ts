import type { LiveRun } from "./liveRun";
import { count } from "../format/count";
import { money } from "../format/money";

type Limit = { used: number; most: number | null; words: (used: number, most: number) => string };

/** What a run has used of the limit that it will reach first, of which the largest share is spent; null where it has none. */
export function spentOfLimit({
  summary,
  usage,
  activeMs,
}: Pick<LiveRun, "summary" | "usage" | "activeMs">): string | null {
  const { budget } = summary.config;
  const limits: Limit[] = [
    { used: usage.cost ?? 0, most: budget.max_cost, words: (used, most) => `${money(used)} of ${money(most)}` },
    { used: usage.calls, most: budget.max_calls, words: numbered("calls") },
    { used: usage.prompt_tokens + usage.completion_tokens, most: budget.max_tokens, words: numbered("tokens") },
    { used: Math.floor(activeMs / 1000), most: budget.max_seconds, words: timeWords },
  ];
  let nearest: { share: number; words: string } | null = null;
  for (const { used, most, words } of limits) {
    if (most === null) continue;
    const share = used / most;
    if (nearest === null || share > nearest.share) nearest = { share, words: words(used, most) };
  }
  return nearest?.words ?? null;
}

function numbered(what: string): Limit["words"] {
  return (used, most) => `${count(used)} of ${count(most)} ${what}`;
}

/** Seconds: "3 min of 10 min", "45 s of 10 min". A limit of no whole minutes is told as it was entered. */
function timeWords(used: number, most: number): string {
  const inMinutes = most >= 120 && most % 60 === 0;
  const told = (seconds: number) =>
    inMinutes && seconds >= 60 ? `${count(Math.floor(seconds / 60))} min` : `${count(seconds)} s`;
  return `${told(used)} of ${told(most)}`;
}
