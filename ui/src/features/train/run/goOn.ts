import type { Budget } from "../../../api/bindings/Budget";
import type { ParentKind } from "../../../api/bindings/ParentKind";
import type { Prompt } from "../../../api/bindings/Prompt";
import type { RunSummary } from "../../../api/bindings/RunSummary";
import { app } from "../../../app/state.svelte";
import { place } from "../place.svelte";

/** What is done with a run, as a word in a sentence about the new run. */
export const PARENT_WORDS: Record<ParentKind, string> = {
  take_over: "Taken over from",
  branch: "Branch of",
  again: "Again, like",
  more_budget: "Goes on from",
};

/** There is something to double. */
export function hasLimit(budget: Budget): boolean {
  return Object.values(budget).some((limit) => limit !== null);
}

/** Twice every limit; what was bought is on disk and costs nothing. */
export function doubled(budget: Budget): Budget {
  const twice = (limit: number | null) => (limit === null ? null : limit * 2);
  return {
    max_calls: twice(budget.max_calls),
    max_tokens: twice(budget.max_tokens),
    max_cost: twice(budget.max_cost),
    max_seconds: twice(budget.max_seconds),
  };
}

/** Opens the form of a new run that comes from another one. Nothing is spent until it is started. */
export function goOn(run: RunSummary, kind: ParentKind, start?: { epoch: number; prompt: Prompt }): void {
  const { config } = run;
  const epoch = start?.epoch ?? 0;
  const settings = {
    ...config,
    prompt: start?.prompt ?? config.prompt,
    repeat: null,
    parent: { run: run.id, epoch, kind },
    ...(kind === "more_budget" ? { budget: doubled(config.budget), use_cache: true } : {}),
  };
  place.startNew(run.project, { kind: "settings", config: settings, of: run.name }, run.id);
  if (app.screen !== "train") app.navigate("train");
}
