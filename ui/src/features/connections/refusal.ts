import { ApiFailure } from "../../api/client";

export type RefusedField = "name" | "url" | "key" | "variable" | "headers" | "unsigned" | "certificate";

/** What the engine would not save or test, and the field that is to be mended, where it names one. */
export interface Refusal {
  field: RefusedField | null;
  message: string;
}

/** An answer of the engine has no place for a field: its words name it. */
const NAMED: readonly [RegExp, RefusedField][] = [
  [/^The base URL /, "url"],
  [/name of an environment variable/, "variable"],
  [/^The name of the connection |connection needs a name/, "name"],
  [/^A certificate that nobody signed /, "unsigned"],
  [/^The root certificate /, "certificate"],
  [/\bheader\b/, "headers"],
];

export function refusalOf(error: unknown): Refusal {
  const { code, message } = ApiFailure.from(error);
  const key = code === "unauthorized" || code === "keychain";
  return { field: key ? "key" : (NAMED.find(([words]) => words.test(message))?.[1] ?? null), message };
}
