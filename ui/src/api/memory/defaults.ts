import type { Connection } from "../bindings/Connection";
import type { DatasetInfo } from "../bindings/DatasetInfo";
import type { PromptDraft } from "../bindings/PromptDraft";
import type { RunConfig } from "../bindings/RunConfig";

/** The demo model's connection. */
export const DEMO: Connection = {
  id: 1,
  name: "Demo model",
  kind: "demo",
  base_url: "",
  key: { kind: "none" },
  timeout_seconds: 120,
  concurrency: 16,
  default_model: "demo",
  requests_per_minute: null,
  tokens_per_minute: null,
  context_tokens: null,
  network: { headers: [], root_certificate: null, accept_self_signed: false },
  prices: [],
};

/** What a run of a project is told when nobody says otherwise. */
export function defaultConfig(draft: PromptDraft, dataset: DatasetInfo | null, earlier?: RunConfig): RunConfig {
  const model = { connection: DEMO.id, model: "demo", temperature: null, max_output_tokens: null, seed: null };
  const suggested = dataset?.suggested_metric;
  const metric = suggested?.metric ?? { kind: "normalised" };
  // What was chosen for an earlier run goes first.
  const chosen = earlier?.metrics ?? suggested?.from_file ?? [];
  return {
    name: "",
    prompt: draft.prompt,
    optimizer_system_prompt: draft.optimizer_system_prompt,
    locked: draft.locked,
    primary: model,
    optimizer: { ...model },
    judge: null,
    metrics: chosen.length > 0 ? chosen : [{ metric, weight: 1 }],
    match_threshold: 1,
    extract: null,
    strategy: "pareto",
    parts: {
      edits: true,
      relevance: true,
      focus: true,
      front: true,
      memory: true,
      racing: true,
      confirmation: true,
      examples: true,
      pruning: true,
      restart: true,
      adaptive: true,
    },
    accept: "significant",
    alpha: 0.1,
    early_stop: true,
    epochs: 10,
    examples: 5,
    select: "mixed",
    patience: 5,
    target_score: null,
    concurrency: 16,
    samples: 1,
    seed: 0,
    repeat: null,
    parent: null,
    use_cache: true,
    budget: { max_calls: 10_000, max_tokens: null, max_cost: null, max_seconds: null },
    train_rows: 1000,
    validation_rows: 500,
    test_rows: 1000,
    max_prompt_chars: 20_000,
  };
}
