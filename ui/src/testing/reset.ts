import { connections } from "../app/connections.svelte";
import { edits } from "../app/edits.svelte";
import { inspector } from "../app/inspector.svelte";
import { runs } from "../app/runs.svelte";
import { app } from "../app/state.svelte";
import { forgetWishes } from "../app/steering.svelte";
import { forgetTurns } from "../components/charts/turns";
import { forgetRunSet } from "../features/compare/runSet.svelte";
import { forgetDrafts } from "../features/prompts/draft.svelte";
import { forgetTries } from "../features/prompts/trying.svelte";
import { ownPrices } from "../features/settings/ownPrices.svelte";
import { place } from "../features/train/place.svelte";
import { foldings } from "../features/train/run/foldings.svelte";
import { mapSplit, openedTab } from "../features/train/run/openTab.svelte";

/** The window as it is before anything was shown in it: files of tests share its modules, and no test sees what another one left. */
export function resetWindow(): void {
  runs.reset();
  place.reset();
  foldings.reset();
  openedTab.value = "changes";
  mapSplit.value = "validation";
  forgetWishes();
  forgetRunSet();
  forgetTurns();
  forgetDrafts();
  forgetTries();
  edits.clear();
  inspector.close();
  ownPrices.table = null;
  ownPrices.rows = ownPrices.wanted = [];
  connections.list = [];
  connections.keptKeys = new Map();
  connections.loaded = false;
  app.project = null;
  app.screen = "home";
  app.sheet = null;
  app.importing = null;
  app.importRuns = false;
  app.exporting = null;
  app.shipping = null;
  app.stopping = null;
  app.wantedVersion = null;
  app.wantedPlace = null;
  app.toasts = [];
  app.info = null;
  app.settings = { theme: "system", text_size: 100, notify: true, backups: 3 };
}
