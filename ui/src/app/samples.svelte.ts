import { call, NOTHING } from "../api/client";
import type { SampleInfo } from "../api/bindings/SampleInfo";
import { making } from "../features/home/projectActions";
import { edits } from "./edits.svelte";
import { app } from "./state.svelte";

/** The sample projects: Home, the palette and the menu bar offer them. */
class Samples {
  list = $state.raw<SampleInfo[]>([]);
  /** The one that is being made. */
  opening = $state<string | null>(null);

  async load(): Promise<void> {
    this.list = await call("list_samples", NOTHING);
  }

  /** Makes a project of a sample and shows it. */
  async open({ id }: SampleInfo): Promise<void> {
    if (this.opening !== null) return;
    this.opening = id;
    try {
      const view = await call("create_sample", { sample: id });
      app.show(view, "data");
      edits.record(making(view.project));
    } catch (error) {
      app.fail(error);
    } finally {
      this.opening = null;
    }
  }
}

export const samples = new Samples();
