const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[?::1\]?|0\.0\.0\.0)(:\d+)?$/i;

/** A name of this computer: what goes there leaves it for nowhere. */
export function isThisComputer(host: string): boolean {
  return LOOPBACK.test(host);
}

/** Whether data leaves this computer. */
export function leaves(hosts: readonly string[]): boolean {
  return hosts.some((host) => !isThisComputer(host));
}

/** Where data goes, as a sentence. */
export function hostsInWords(hosts: readonly string[]): string {
  const different = [...new Set(hosts)];
  const away = different.filter((host) => !isThisComputer(host));
  const here = different.filter(isThisComputer);
  if (different.length === 0) return "Data stays on this computer.";
  if (away.length === 0) return `Data stays on this computer: it goes to a server here, ${here.join(", ")}.`;
  const word = away.length === 1 ? "one host" : `${away.length} hosts`;
  const also = here.length > 0 ? `; and to a server on this computer, ${here.join(", ")}` : "";
  return `Data goes to ${word}: ${away.join(", ")}${also}`;
}
