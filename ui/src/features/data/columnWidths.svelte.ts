import { app } from "../../app/state.svelte";

const REMEMBERED = "mlprompt.columns";

/** Widths in rem that the user gave to columns of one project. */
export class ColumnWidths {
  #widths = $state.raw<Readonly<Record<string, number>>>({});
  readonly #key: string;

  constructor(project: number) {
    this.#key = `${REMEMBERED}:${app.info?.database ?? ""}:${project}`;
    this.#widths = remembered(this.#key);
  }

  of(column: string): number | undefined {
    return Object.hasOwn(this.#widths, column) ? this.#widths[column] : undefined;
  }

  set(column: string, width: number): void {
    this.#widths = { ...this.#widths, [column]: width };
    try {
      localStorage.setItem(this.#key, JSON.stringify(this.#widths));
    } catch {
      // Storage can be full or forbidden; the widths are a convenience.
    }
  }
}

function remembered(key: string): Record<string, number> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    if (typeof kept !== "object" || kept === null) return {};
    const numbers = Object.entries(kept).filter(
      (entry): entry is [string, number] => typeof entry[1] === "number" && entry[1] > 0,
    );
    return Object.fromEntries(numbers);
  } catch {
    return {};
  }
}
