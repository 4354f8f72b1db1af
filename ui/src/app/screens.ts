import type { Component } from "svelte";
import type { Screen } from "./state.svelte";

export type Loaded = { default: Component };

/** The code of each screen, which comes when the screen is shown first. */
export const SCREENS: Record<Screen, () => Promise<Loaded>> = {
  home: () => import("../features/home/HomeScreen.svelte"),
  data: () => import("../features/data/DataScreen.svelte"),
  prompts: () => import("../features/prompts/PromptsScreen.svelte"),
  train: () => import("../features/train/TrainScreen.svelte"),
  compare: () => import("../features/compare/CompareScreen.svelte"),
};

/** Until the first screen stands and answers. */
const AFTER_MS = 600;
/** Between two of them, for whoever is at work by then. */
const PAUSE_MS = 50;

/**
 * Fetches the screens nobody asked for yet once the first one stands, one after another, so that the first visit of each is as fast as the
 * next. Charts and editors still wait for a screen that has one.
 */
export function fetchScreensAhead(): void {
  const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
  void wait(AFTER_MS).then(async () => {
    for (const fetch of Object.values(SCREENS)) {
      // One that can not be fetched says so where it is shown.
      await fetch().catch(() => undefined);
      await wait(PAUSE_MS);
    }
  });
}
