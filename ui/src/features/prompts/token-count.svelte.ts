import { untrack } from "svelte";
import { call } from "../../api/client";

const PAUSE_MS = 250;

/** Estimated tokens of some texts, counted by the engine once typing pauses. */
export class TokenCount {
  counts = $state.raw<readonly number[] | null>(null);

  #latest = 0;

  constructor(texts: () => string[]) {
    $effect(() => {
      const wanted = texts();
      const timer = setTimeout(() => void this.#count(wanted), untrack(() => this.counts) === null ? 0 : PAUSE_MS);
      return () => clearTimeout(timer);
    });
  }

  async #count(texts: string[]): Promise<void> {
    this.#latest += 1;
    const ticket = this.#latest;
    try {
      const counts = await call("count_tokens", { texts });
      if (ticket === this.#latest) this.counts = counts;
    } catch {
      // A count is a convenience: without it the figure is left out.
      if (ticket === this.#latest) this.counts = null;
    }
  }
}
