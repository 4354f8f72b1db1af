import { ApiFailure, call, NOTHING } from "../../api/client";
import type { ProjectSummary } from "../../api/bindings/ProjectSummary";
import type { PutAway } from "../../api/bindings/PutAway";
import { samples } from "../../app/samples.svelte";

/** What Home lists. It outlives the screen: an undo may come from a message after the screen was left and opened again. */
class HomeLists {
  projects = $state.raw<ProjectSummary[] | null>(null);
  away = $state.raw<PutAway>({ projects: [], datasets: [], runs: [] });
  problem = $state<string | null>(null);
  #loads = 0;

  async load(): Promise<void> {
    const mine = (this.#loads += 1);
    this.problem = null;
    try {
      const all = [call("list_projects", NOTHING), call("list_put_away", NOTHING), samples.load()] as const;
      const loaded = await Promise.all(all);
      // A list that was asked for earlier and comes later is the older one.
      if (mine === this.#loads) [this.projects, this.away] = loaded;
    } catch (error) {
      if (mine === this.#loads) this.problem = ApiFailure.from(error).message;
    }
  }

  /** Forgets what an earlier visit saw; it is loaded anew. */
  open(): void {
    this.projects = null;
    void this.load();
  }
}

export const homeLists = new HomeLists();
