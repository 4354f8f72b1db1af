import { ApiFailure, call } from "../../../api/client";
import type { EpochDetail } from "../../../api/bindings/EpochDetail";

/** Decided epochs do not change, so what was read once is kept. */
const KEPT = 40;

/** The epoch that is being looked at. The one before stays in view until the next one is there. */
export class ShownEpoch {
  detail = $state.raw<EpochDetail | null>(null);
  problem = $state<string | null>(null);
  loading = $state(false);
  #kept = new Map<string, EpochDetail>();
  #wanted = "";

  async show(run: number, epoch: number): Promise<void> {
    const key = `${run}/${epoch}`;
    if (this.#wanted === key && !this.problem) return;
    if (!this.#wanted.startsWith(`${run}/`)) this.detail = null;
    this.#wanted = key;
    this.problem = null;
    const known = this.#kept.get(key);
    if (known) {
      this.detail = known;
      this.loading = false;
      return;
    }
    this.loading = true;
    try {
      const detail = await call("get_epoch", { run, epoch });
      if (this.#kept.size >= KEPT) this.#kept.clear();
      this.#kept.set(key, detail);
      if (this.#wanted === key) this.detail = detail;
    } catch (error) {
      if (this.#wanted === key) this.problem = ApiFailure.from(error).message;
    }
    if (this.#wanted === key) this.loading = false;
  }
}
