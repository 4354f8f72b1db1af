/** A clock reading: 130000 -> "2:10", 3723000 -> "1:02:03". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const pad = (n: number) => String(n).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${pad(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(seconds % 60)}`;
}

/**
 * How long something took, also what is over at once: 0 -> "0", 240 -> "0.2 s", 9900 -> "9.9 s", 130000 -> "2:10". Among others that are
 * less than a tenth of a second apart a hundredth is told: 120 -> "0.12 s".
 */
export function elapsed(ms: number, apart = 100): string {
  if (ms <= 0) return "0";
  if (ms >= 9_950) return duration(ms);
  if (apart < 100 && ms >= 95) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms < 95 ? Number((ms / 1000).toPrecision(1)) : (ms / 1000).toFixed(1)} s`;
}

/** Milliseconds of one call: 412 -> "412 ms", 2300 -> "2.3 s". */
export function latency(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
