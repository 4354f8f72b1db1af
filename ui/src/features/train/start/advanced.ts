import type { RunConfig } from "../../../api/bindings/RunConfig";

/** What stands under Advanced by its name there, each as what is compared: several fields that are one decision count once. */
const SETTINGS: [name: string, of: (config: RunConfig) => unknown][] = [
  ["more metrics", ({ metrics }) => metrics.slice(1)],
  ["judge model", ({ judge }) => judge && [judge.connection, judge.model]],
  ["match from a score of", ({ match_threshold }) => match_threshold],
  ["answer extraction", ({ extract }) => extract],
  ["strategy", ({ strategy }) => strategy],
  ["accept a proposal when", ({ accept }) => accept],
  ["alpha", ({ alpha }) => alpha],
  ["examples shown to the optimizer", ({ examples }) => examples],
  ["which examples", ({ select }) => select],
  ["longest proposed prompt", ({ max_prompt_chars }) => max_prompt_chars],
  ["early stop", ({ early_stop }) => early_stop],
  ["most dollars", ({ budget }) => budget.max_cost],
  ["most tokens", ({ budget }) => budget.max_tokens],
  ["most seconds", ({ budget }) => budget.max_seconds],
  ["calls at once", ({ concurrency }) => concurrency],
  ["answers per example", ({ samples }) => samples],
  ["temperature, primary", ({ primary }) => primary.temperature],
  ["temperature, optimizer", ({ optimizer }) => optimizer.temperature],
  ["temperature, judge", ({ judge }) => judge?.temperature],
  ["most output tokens, primary", ({ primary }) => primary.max_output_tokens],
  ["most output tokens, optimizer", ({ optimizer }) => optimizer.max_output_tokens],
  ["most output tokens, judge", ({ judge }) => judge?.max_output_tokens],
  ["seed", ({ seed }) => seed],
  ["use answers of other runs", ({ use_cache }) => use_cache],
  ["most training examples", ({ train_rows }) => train_rows],
  ["most validation examples", ({ validation_rows }) => validation_rows],
  ["most test examples", ({ test_rows }) => test_rows],
  ["run name", ({ name }) => name],
];

/** Which settings under Advanced are not those that a project begins with. */
export function changedUnderAdvanced(config: RunConfig, begunWith: RunConfig, repeats: number): string[] {
  const changed = SETTINGS.filter(([, of]) => JSON.stringify(of(config)) !== JSON.stringify(of(begunWith)));
  return [...changed.map(([name]) => name), ...(repeats > 1 ? ["repeats"] : [])];
}
