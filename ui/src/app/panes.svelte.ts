import { recalled } from "./recalled.svelte";

/** The size of a pane, kept over restarts. Without a choice of the user it is the usual one. */
export class PaneSize {
  readonly usual: number;
  readonly min: number;
  readonly max: number;
  readonly #kept: { value: number };

  constructor(name: string, { usual, min, max }: { usual: number; min: number; max: number }) {
    this.usual = usual;
    this.min = min;
    this.max = max;
    this.#kept = recalled(`pane.${name}`, usual, (value) => typeof value === "number" && value >= min && value <= max);
  }

  get value(): number {
    return this.#kept.value;
  }

  set value(value: number) {
    this.#kept.value = value;
  }

  /** Somebody chose a size. */
  get chosen(): boolean {
    return this.value !== this.usual;
  }
}
