import { call } from "../api/client";

const ASK_MS = 300;

/** What is built after an import to make its lists quick. The data can be used meanwhile. */
class Indexing {
  /** How far it is, from 0 to 1, by project. */
  #shares = $state.raw<ReadonlyMap<number, number>>(new Map());

  /** How far it is for a project; null when nothing is built. */
  of(project: number): number | null {
    return this.#shares.get(project) ?? null;
  }

  /** Follows an import that is done until its index is. */
  async follow(project: number, job: number): Promise<void> {
    try {
      for (;;) {
        const { phase, bytes_done: done, bytes_total: total } = await call("import_progress", { job });
        if (phase !== "indexing" || done >= total) return;
        this.#set(project, total > 0 ? done / total : 0);
        await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      }
    } catch {
      // Lists are right without an index, and nobody waits for this.
    } finally {
      this.#set(project, null);
    }
  }

  #set(project: number, share: number | null): void {
    const shares = new Map(this.#shares);
    if (share === null) shares.delete(project);
    else shares.set(project, share);
    this.#shares = shares;
  }
}

export const indexing = new Indexing();
