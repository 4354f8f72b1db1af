import type { RunConfig } from "../../../api/bindings/RunConfig";

/** What stands under Advanced, each as what is compared: several fields that are one decision count once. */
const SETTINGS: ((config: RunConfig) => unknown)[] = [
  ({ metrics }) => metrics.slice(1),
  ({ judge }) => judge,
  ({ match_threshold }) => match_threshold,
  ({ extract }) => extract,
  ({ strategy }) => strategy,
  ({ accept }) => accept,
  ({ alpha }) => alpha,
  ({ examples }) => examples,
  ({ select }) => select,
  ({ max_prompt_chars }) => max_prompt_chars,
  ({ early_stop }) => early_stop,
  ({ budget }) => budget.max_cost,
  ({ budget }) => budget.max_tokens,
  ({ budget }) => budget.max_seconds,
  ({ concurrency }) => concurrency,
  ({ samples }) => samples,
  ({ primary }) => primary.temperature,
  ({ optimizer }) => optimizer.temperature,
  ({ primary }) => primary.max_output_tokens,
  ({ optimizer }) => optimizer.max_output_tokens,
  ({ seed }) => seed,
  ({ use_cache }) => use_cache,
  ({ train_rows }) => train_rows,
  ({ validation_rows }) => validation_rows,
  ({ test_rows }) => test_rows,
  ({ name }) => name,
];

/** How many settings under Advanced are not what they usually are in this project. */
export function changedUnderAdvanced(config: RunConfig, usual: RunConfig, repeats: number): number {
  const differs = (of: (config: RunConfig) => unknown) => JSON.stringify(of(config)) !== JSON.stringify(of(usual));
  return SETTINGS.filter(differs).length + Number(repeats > 1);
}
