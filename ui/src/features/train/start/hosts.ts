/** Where data goes, as a sentence. */
export function hostsInWords(hosts: readonly string[]): string {
  const different = [...new Set(hosts)];
  if (different.length === 0) return "Data stays on this machine.";
  const word = different.length === 1 ? "one host" : `${different.length} hosts`;
  return `Data goes to ${word}: ${different.join(", ")}`;
}
