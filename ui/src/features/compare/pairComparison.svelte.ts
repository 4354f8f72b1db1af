import { ApiFailure, call } from "../../api/client";
import type { Comparison } from "../../api/bindings/Comparison";
import type { RunPoint } from "../../api/bindings/RunPoint";
import type { Split } from "../../api/bindings/Split";

/** Two prompts of runs, compared example by example. */
export class PairComparison {
  result = $state.raw<Comparison | null>(null);
  problem = $state<string | null>(null);
  loading = $state(false);
  #asked = 0;

  async compare(first: RunPoint, second: RunPoint, split: Split): Promise<void> {
    this.#asked += 1;
    const question = this.#asked;
    this.loading = true;
    try {
      const result = await call("compare", { first, second, split });
      if (question !== this.#asked) return;
      this.result = result;
      this.problem = null;
    } catch (error) {
      if (question !== this.#asked) return;
      this.result = null;
      this.problem = ApiFailure.from(error).message;
    }
    this.loading = false;
  }
}
