import { app } from "./state.svelte";

const PREFIX = "mlprompt.kept.";

/** A choice that survives a restart of the window; what cannot be read is the fallback. Not for anything that may not be lost. */
class Recalled<T> {
  readonly #key: string;
  #value: T;

  constructor(name: string, fallback: T, valid: (value: unknown) => boolean) {
    this.#key = PREFIX + name;
    const kept = read(this.#key);
    this.#value = $state.raw(kept !== undefined && valid(kept) ? (kept as T) : fallback);
  }

  get value(): T {
    return this.#value;
  }

  set value(value: T) {
    this.#value = value;
    try {
      localStorage.setItem(this.#key, JSON.stringify(value));
    } catch {
      // Storage can be full or forbidden; what is kept here is a convenience.
    }
  }
}

function read(key: string): unknown {
  try {
    const text = localStorage.getItem(key);
    return text === null ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/** Recalls a choice by its name. Without a check of its own, what was kept has to be of the fallback's kind. */
export function recalled<T>(name: string, fallback: T, valid?: (value: unknown) => boolean): { value: T } {
  const sameKind = (value: unknown) =>
    typeof value === typeof fallback && Array.isArray(value) === Array.isArray(fallback);
  return new Recalled(name, fallback, valid ?? sameKind);
}

/** The name of a choice that belongs to a project: another database has other projects under the same numbers. */
export function ofProject(name: string, project: number): string {
  return `${name}.${project}@${app.info?.database ?? ""}`;
}
