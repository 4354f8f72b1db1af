import type { ProjectView } from "../api/bindings/ProjectView";
import type { PromptVersion } from "../api/bindings/PromptVersion";
import type { RunSummary } from "../api/bindings/RunSummary";
import { call } from "../api/client";
import { place } from "../features/train/place.svelte";
import { goOn, hasLimit } from "../features/train/run/goOn";
import { shownRun } from "../features/train/run/shown";
import { openedTab } from "../features/train/run/openTab.svelte";
import { fileName } from "../format/fileName";
import type { PaletteCommand } from "./commands";
import { hasEnded, isMoving } from "./liveRun";
import { saveText } from "./saving";
import { app, type Screen, type SheetPlace } from "./state.svelte";
import { attempt } from "./windowCommands";

/** Commands that stand on another screen: they lead there, and spend nothing on the way. */

type Lead = { place: SheetPlace; screen: Screen; name: string; also: string; detail: string };

const LEADS: readonly Lead[] = [
  {
    place: "preflight",
    screen: "train",
    name: "Check before training…",
    detail: "New run",
    also: "preflight measure worth noise headroom duplicates suspect",
  },
  {
    place: "random-rows",
    screen: "prompts",
    name: "Try on 20 random rows…",
    detail: "Prompts",
    also: "sample quick score",
  },
  {
    place: "lock",
    screen: "prompts",
    name: "Lock the selected text…",
    detail: "Prompts",
    also: "locked span protect unlock",
  },
  {
    place: "save-version",
    screen: "prompts",
    name: "Save a version of the prompts…",
    detail: "Prompts",
    also: "keep snapshot commit",
  },
  {
    place: "compare-versions",
    screen: "prompts",
    name: "Compare two prompt versions…",
    detail: "Prompts",
    also: "diff",
  },
  {
    place: "prompts-optimizer",
    screen: "prompts",
    name: "Show “Optimizer instructions”",
    detail: "Prompts",
    also: "optimizer prompt back to the default",
  },
  {
    place: "prompts-origins",
    screen: "prompts",
    name: "Show “Origins”",
    detail: "Prompts",
    also: "blame where each sentence comes from",
  },
];

/** What is done on other screens than the one that is shown. */
export function leadingCommands(view: ProjectView): PaletteCommand[] {
  const project = view.project.id;
  const formShown = app.screen === "train" && place.run(project) === "new";
  return LEADS.filter(({ place: wanted }) => {
    if (wanted === "preflight") return view.dataset !== null && !formShown;
    return wanted !== "random-rows" || view.dataset !== null;
  }).map(({ place: wanted, screen, name, also, detail }) => ({
    id: wanted,
    name,
    also,
    detail,
    run: () => {
      app.wantedPlace = wanted;
      if (wanted === "preflight") place.startNew(project);
      app.navigate(screen);
    },
  }));
}

const REPORTS = [
  { format: "md", words: "Save report of", kind: "(Markdown)", also: "" },
  { format: "certificate", words: "Save certificate of", kind: "(Markdown)", also: "" },
  { format: "csv", words: "Export epochs of", kind: "(CSV)", also: "table save" },
  { format: "json", words: "Export everything of", kind: "(JSON)", also: "save" },
];

/** What can be made of a run's best prompts, and of the run, where Train does not show it itself. */
export function goOnCommands(view: ProjectView, run: RunSummary): PaletteCommand[] {
  if (app.screen === "train" && shownRun() === run.id) return [];
  const { id, name } = run;
  const { epoch, system_prompt, output_prompt } = run.best;
  const prompt = { system_prompt, output_prompt };
  const detail = `best prompts, ${epoch === 0 ? "baseline" : `epoch ${epoch}`}`;
  const show = (wanted: SheetPlace | null = null) => {
    app.wantedPlace = wanted;
    place.show(run.project, id, run.best.epoch);
    app.navigate("train");
  };
  const list: PaletteCommand[] = [
    {
      id: "use-prompts",
      name: `Use these prompts: the best of “${name}”`,
      detail,
      also: "draft adopt take",
      run: () =>
        attempt(
          import("../features/train/run/usePrompts").then(({ usePrompts }) =>
            usePrompts(view, prompt, `${name}, ${epoch === 0 ? "baseline" : `epoch ${epoch}`}`),
          ),
        ),
    },
    {
      id: "take-over",
      name: `Take over “${name}”: edit its prompts and go on`,
      detail,
      also: "go on from here",
      // Whether a run that goes on is to be stopped first is asked beside it.
      run: () => (isMoving(run.status) ? show("go-on") : goOn(run, "take_over", { epoch, prompt })),
    },
    {
      id: "branch",
      name: `Branch: a new run from the best of “${name}”`,
      detail,
      also: "fork go on from here",
      run: () => goOn(run, "branch", { epoch, prompt }),
    },
    {
      id: "again",
      name: `Run “${name}” again with changes`,
      also: "repeat rerun copy settings",
      run: () => goOn(run, "again"),
    },
    {
      id: "star",
      name: `Star or note an epoch of “${name}”…`,
      also: "favourite mark remark",
      run: () => show("marks"),
    },
    ...REPORTS.map(({ format, words, kind, also }) => ({
      id: `save-${format}`,
      name: `${words} “${name}” ${kind}`,
      also,
      run: () => attempt(saveRun(id, name, format)),
    })),
  ];
  if (hasEnded(run.status)) {
    if (hasLimit(run.config.budget)) {
      list.push({
        id: "more-budget",
        name: `More budget for “${name}”: the same with twice the limits`,
        also: MORE_BUDGET,
        run: () => goOn(run, "more_budget"),
      });
    }
  } else {
    list.push({
      id: "finish",
      name: `Finish “${name}” now and open the test split…`,
      also: "end",
      run: () => show("finish"),
    });
  }
  if (run.usage.failed > 0) {
    list.push({
      id: "retry-missing",
      name: `Retry the missing of “${name}”…`,
      also: "ask again failed",
      run: () => {
        show();
        openedTab.value = "missing";
      },
    });
  }
  return list;
}

/** Words that more budget is looked for by. */
export const MORE_BUDGET = "add raise increase extend limit continue";

/** What can be done with each prompt version, for who asks. */
export function versionKeepingCommands(view: ProjectView, versions: readonly PromptVersion[]): PaletteCommand[] {
  return versions.flatMap((version) => [
    {
      id: `restore-${version.number}`,
      name: `Restore version ${version.number}`,
      detail: "as the prompts being edited",
      also: `prompt v${version.number} back`,
      run: () =>
        attempt(
          import("../features/prompts/restoring").then(({ restoreFromElsewhere }) =>
            restoreFromElsewhere(view, version),
          ),
        ),
    },
    {
      id: `train-${version.number}`,
      name: `Train from version ${version.number}`,
      detail: "a new run",
      also: `prompt v${version.number} branch`,
      run: () => {
        const { prompt, locked, number } = version;
        place.startNew(view.project.id, { kind: "version", prompt, locked, number });
        app.navigate("train");
      },
    },
  ]);
}

/** Saves a run as text in a format of the engine. */
export async function saveRun(run: number, name: string, format: string): Promise<void> {
  const { text } = await call("export_run", { run, format });
  const ending = format === "certificate" ? "certificate.md" : format;
  await saveText(`${fileName(name)}.${ending}`, text);
}
