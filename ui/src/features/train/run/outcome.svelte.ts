import { call } from "../../../api/client";
import { LastQuestion } from "../../../api/question";
import type { Gain } from "../../../api/bindings/Gain";
import type { RunOutcome } from "../../../api/bindings/RunOutcome";

/** What an ended run came to, read once for everything that shows it, and again when its figures have changed. */
export class ShownOutcome {
  value = $state.raw<RunOutcome | null>(null);
  problem = $state<string | null>(null);
  readonly #question = new LastQuestion();

  async load(run: number): Promise<void> {
    await this.#question.ask(
      call("run_outcome", { run }),
      (found) => {
        this.value = found;
        this.problem = null;
      },
      (problem) => (this.problem = problem),
    );
  }

  /** The run goes on: it has not come to anything yet. */
  forget(): void {
    this.#question.forget();
    this.value = null;
    this.problem = null;
  }
}

/** How sure a gain is, for a reader who does not know what p is. */
export function certainty({ delta, p }: Pick<Gain, "delta" | "p">): string {
  const more = delta > 0 ? "better" : "worse";
  if (delta === 0) return "no difference";
  if (p < 0.001) return `${more} beyond doubt`;
  if (p < 0.01) return `almost certainly ${more}`;
  if (p < 0.05) return `very likely ${more}`;
  if (p < 0.1) return `perhaps ${more}`;
  return "could be chance";
}
