import type { Span } from "../api/bindings/Span";
import { shortCount } from "./count";
import { money } from "./money";

/** A range; one figure where both ends are written the same. */
export function between(low: string, high: string): string {
  return low === high ? low : `${low} to ${high}`;
}

/** Seconds as a person says them: "40 s", "12 min", "3 h". Rounded up: nobody waits for a minute that was not told. */
export function roughly(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.ceil(seconds))} s`;
  if (seconds < 90 * 60) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.ceil(seconds / 3600)} h`;
}

/** "2 to 9 min". */
export function spanWords({ low, high }: Span): string {
  const [from, to] = [roughly(low), roughly(high)];
  const [fromUnit, toUnit] = [from.split(" ")[1], to.split(" ")[1]];
  return between(fromUnit === toUnit && from !== to ? (from.split(" ")[0] ?? from) : from, to);
}

/** "61K to 210K". */
export function countRange(low: number, high: number): string {
  return between(shortCount(low), shortCount(high));
}

/** "$0.02 to $0.10", "nothing", or "unknown". */
export function moneyRange(low: number | null, high: number | null): string {
  if (low === null || high === null) return "unknown";
  return high === 0 ? "nothing" : between(money(low), money(high));
}
