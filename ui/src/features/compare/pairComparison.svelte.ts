import { call } from "../../api/client";
import { LastQuestion } from "../../api/question";
import type { Comparison } from "../../api/bindings/Comparison";
import type { RunPoint } from "../../api/bindings/RunPoint";
import type { Split } from "../../api/bindings/Split";

/** Two prompts of runs, compared example by example. */
export class PairComparison {
  result = $state.raw<Comparison | null>(null);
  problem = $state<string | null>(null);
  loading = $state(false);
  readonly #question = new LastQuestion();

  async compare(first: RunPoint, second: RunPoint, split: Split): Promise<void> {
    this.loading = true;
    const shown = (result: Comparison | null, problem: string | null) => {
      this.result = result;
      this.problem = problem;
      this.loading = false;
    };
    await this.#question.ask(
      call("compare", { first, second, split }),
      (result) => shown(result, null),
      (problem) => shown(null, problem),
    );
  }
}
