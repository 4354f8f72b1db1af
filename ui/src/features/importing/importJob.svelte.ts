import { call } from "../../api/client";
import type { ImportDataset } from "../../api/bindings/ImportDataset";
import type { ImportProgress } from "../../api/bindings/ImportProgress";

const ASK_MS = 200;

/** How an import ended. */
export type ImportEnd =
  { kind: "done"; project: number; job: number } | { kind: "failed"; message: string } | { kind: "cancelled" };

/** One import that goes on in the engine; the page asks how far it is. */
export class RunningImport {
  progress = $state.raw<ImportProgress | null>(null);
  running = $state(false);
  cancelling = $state(false);
  #job: number | null = null;

  /** Starts it and waits for its end; rejects when it can not be started or followed. */
  async run(request: ImportDataset): Promise<ImportEnd> {
    this.running = true;
    this.cancelling = false;
    this.progress = null;
    try {
      const { job } = await call("start_import", request);
      this.#job = job;
      for (;;) {
        const progress = await call("import_progress", { job });
        this.progress = progress;
        const { state } = progress;
        if (state.kind === "done") return { kind: "done", project: state.project, job };
        if (state.kind === "failed") return { kind: "failed", message: state.error.message };
        if (state.kind === "cancelled") return { kind: "cancelled" };
        await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      }
    } finally {
      this.#job = null;
      this.running = false;
    }
  }

  /** Asks it to end; nothing of it stays. */
  async cancel(): Promise<void> {
    if (this.#job === null || this.cancelling) return;
    this.cancelling = true;
    try {
      await call("cancel_import", { job: this.#job });
    } catch (error) {
      this.cancelling = false;
      throw error;
    }
  }
}
