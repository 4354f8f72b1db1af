import { call } from "../../api/client";
import { LastQuestion } from "../../api/question";
import type { DataProfile } from "../../api/bindings/DataProfile";

/** What the data says, read again after every change of it. */
export class ProfileState {
  shown = $state.raw<DataProfile | null>(null);
  problem = $state<string | null>(null);
  readonly #question = new LastQuestion();

  async load(project: number): Promise<void> {
    await this.#question.ask(
      call("data_profile", { project }),
      (profile) => {
        this.shown = profile;
        this.problem = null;
      },
      (problem) => (this.problem = problem),
    );
  }
}
