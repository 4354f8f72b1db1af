import { ApiFailure, call, client } from "../../api/client";
import type { ExportDataset } from "../../api/bindings/ExportDataset";
import type { ExportProgress } from "../../api/bindings/ExportProgress";

const LOOK_MS = 150;

/** One export of examples, from the question where to until its end. */
export class Export {
  /** Null before it begins and after the user backed out. */
  progress = $state.raw<ExportProgress | null>(null);
  problem = $state<string | null>(null);
  /** It was begun and has not ended. */
  running = $state(false);

  #job: number | null = null;

  /** Asks where to and goes on until the file is there; true when it is. */
  async start(request: ExportDataset, suggestedName: string): Promise<boolean> {
    this.problem = null;
    this.progress = null;
    this.running = true;
    try {
      const started = await client().exportDataset(request, suggestedName);
      if (!started) return false;
      this.#job = started.job;
      for (;;) {
        this.progress = await call("export_progress", { job: started.job });
        const { state } = this.progress;
        if (state.kind === "failed") this.problem = state.error.message;
        if (state.kind !== "running") return state.kind === "done";
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    } catch (error) {
      this.problem = ApiFailure.from(error).message;
      return false;
    } finally {
      this.running = false;
      this.#job = null;
    }
  }

  /** Ends it; nothing of the file stays. */
  async cancel(): Promise<void> {
    if (this.#job !== null) await call("cancel_export", { job: this.#job });
  }
}
