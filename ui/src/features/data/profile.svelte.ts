import { ApiFailure, call } from "../../api/client";
import type { DataProfile } from "../../api/bindings/DataProfile";

/** What the data says, read again after every change of it. */
export class ProfileState {
  shown = $state.raw<DataProfile | null>(null);
  problem = $state<string | null>(null);
  #asked = 0;

  async load(project: number): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const profile = await call("data_profile", { project });
      if (asked !== this.#asked) return;
      this.shown = profile;
      this.problem = null;
    } catch (error) {
      if (asked === this.#asked) this.problem = ApiFailure.from(error).message;
    }
  }
}
