import { ApiFailure, call, NOTHING } from "../../api/client";
import type { KnownProjects } from "../../api/bindings/KnownProjects";
import type { ProjectSummary } from "../../api/bindings/ProjectSummary";
import type { PutAway } from "../../api/bindings/PutAway";
import { isMoving } from "../../app/liveRun";
import { runs } from "../../app/runs.svelte";
import { samples } from "../../app/samples.svelte";

/** What Home lists. It outlives the screen: an undo may come from a message after the screen was left and opened again. */
class HomeLists {
  projects = $state.raw<ProjectSummary[] | null>(null);
  away = $state.raw<PutAway>({ projects: [], datasets: [], runs: [] });
  problem = $state<string | null>(null);
  #loads = 0;
  /** What was known at a glance when the lists were read. */
  #known: KnownProjects | null = null;

  async load(): Promise<void> {
    const mine = (this.#loads += 1);
    this.problem = null;
    try {
      // Before the lists: what comes while they are read is found at the next look.
      const known = await call("known_projects", NOTHING);
      const all = [call("list_projects", NOTHING), call("list_put_away", NOTHING), samples.load()] as const;
      const loaded = await Promise.all(all);
      // A list that was asked for earlier and comes later is the older one.
      if (mine !== this.#loads) return;
      [this.projects, this.away] = loaded;
      this.#known = known;
      // Another program may drive it: its card follows it all the same, also where it let one go on that stood still.
      const last = this.projects.flatMap(({ last_run: run }) => run ?? []);
      runs.pickUp(last.filter((run) => isMoving(run.status) || runs.get(run.id)));
    } catch (error) {
      if (mine === this.#loads) this.problem = ApiFailure.from(error).message;
    }
  }

  /** Loads them anew where another program has changed what they list. */
  async look(): Promise<void> {
    const { projects } = this;
    const now = await call("known_projects", NOTHING);
    // They may have been read anew while this was on its way, or are being read for the first time.
    if (projects === null || projects !== this.projects) return;
    const fields = Object.keys(now) as (keyof KnownProjects)[];
    if (fields.some((field) => now[field] !== this.#known?.[field])) await this.load();
  }

  /** Forgets what an earlier visit saw; it is loaded anew. */
  open(): void {
    this.projects = null;
    void this.load();
  }
}

export const homeLists = new HomeLists();
