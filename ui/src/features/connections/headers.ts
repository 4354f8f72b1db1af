import type { ExtraHeader } from "../../api/bindings/ExtraHeader";

/** Headers as lines of text. */
export function headerLines(headers: readonly ExtraHeader[]): string {
  return headers.map(({ name, value }) => `${name}: ${value}`).join("\n");
}

/** Lines of text as headers, or what is wrong with the first line that is none. */
export function readHeaders(text: string): { headers: ExtraHeader[]; problem: string | null } {
  const headers: ExtraHeader[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const at = line.indexOf(":");
    const name = line.slice(0, Math.max(at, 0)).trim();
    if (!/^[A-Za-z0-9_-]+$/.test(name)) {
      return { headers, problem: `“${line.trim()}” is no header. Write it as Name: value.` };
    }
    if (/^(authorization|x-api-key|x-goog-api-key|api-key|proxy-authorization|cookie)$/i.test(name)) {
      return { headers, problem: "A key belongs into the key field, from where it goes to the keychain." };
    }
    headers.push({ name, value: line.slice(at + 1).trim() });
  }
  return { headers, problem: null };
}

/** The name of a header that seems to carry a secret: a gateway may want one, and its owner should know where it lies. */
export function secretHeader(headers: readonly ExtraHeader[]): string | null {
  return headers.find(({ name }) => /auth|token|secret|password|key/i.test(name))?.name ?? null;
}
