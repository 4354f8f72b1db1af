const LONGEST = 60;

/** A name as the beginning of a file name: letters and digits of any script, the rest as dashes. */
export function fileName(name: string): string {
  const kept = name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  return kept.slice(0, LONGEST) || "run";
}
