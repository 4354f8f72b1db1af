import { call, NOTHING } from "../api/client";
import type { RunSummary } from "../api/bindings/RunSummary";
import { app } from "./state.svelte";

/** Names of projects, for what is shown of one that is not open. */
class ProjectNames {
  #known = $state.raw<ReadonlyMap<number, string>>(new Map());

  get(id: number): string | undefined {
    return this.#known.get(id);
  }

  /** The project of a run, where it is not the open one. */
  elsewhere({ project }: RunSummary): string | undefined {
    return project === app.projectId ? undefined : this.get(project);
  }

  /** Reads them again; without them a run is named without its project. */
  async load(): Promise<void> {
    try {
      const listed = await call("list_projects", NOTHING);
      this.#known = new Map(listed.map(({ id, name }) => [id, name]));
    } catch {
      // What they stand beside says it all the same.
    }
  }
}

export const projectNames = new ProjectNames();
