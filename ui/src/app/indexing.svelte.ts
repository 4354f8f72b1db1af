import { call } from "../api/client";

const ASK_MS = 300;

/** Something is built; how far it is from 0 to 1, null before that is known. */
type Building = { share: number | null };

/** What is built after an import to make its lists quick. The data can be used meanwhile. */
class Indexing {
  #building = $state.raw<ReadonlyMap<number, Building>>(new Map());

  /** What is built for a project; null when nothing is. */
  of(project: number): Building | null {
    return this.#building.get(project) ?? null;
  }

  /** Follows an import that is done until its index is. */
  async follow(project: number, job: number): Promise<void> {
    try {
      for (;;) {
        const { phase, bytes_done: done, bytes_total: total } = await call("import_progress", { job });
        if (phase !== "indexing") return;
        // Before the first step it still says how the reading ended.
        this.#set(project, { share: done < total ? done / total : null });
        await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      }
    } catch {
      // Lists are right without an index, and nobody waits for this.
    } finally {
      this.#set(project, null);
    }
  }

  #set(project: number, building: Building | null): void {
    const all = new Map(this.#building);
    if (building === null) all.delete(project);
    else all.set(project, building);
    this.#building = all;
  }
}

export const indexing = new Indexing();
