import type { BlamedSentence } from "../bindings/BlamedSentence";
import type { Prompt } from "../bindings/Prompt";
import type { PromptVersion } from "../bindings/PromptVersion";
import type { SimulatedRun } from "./simulation";

const HALVES = { system: "system_prompt", output: "output_prompt" } as const;

/** Where each line comes from: the oldest of the versions in a row, from the newest back, that have it. */
export function blame(
  versions: readonly PromptVersion[],
  runs: readonly SimulatedRun[],
  prompt: Prompt,
): BlamedSentence[] {
  return (["system", "output"] as const).flatMap((half) =>
    prompt[HALVES[half]]
      .split(/\n|(?<=[.!?])\s/)
      .map((text) => text.trim())
      .filter((text) => text !== "")
      .map((text): BlamedSentence => {
        const without = versions.findIndex((version) => !version.prompt[HALVES[half]].includes(text));
        const own = versions[(without < 0 ? versions.length : without) - 1] ?? null;
        const other = own ? null : versions.findLast((version) => version.prompt[HALVES[half]].includes(text));
        const origin = own ?? other ?? null;
        const run = runs.find((known) => known.id === origin?.run);
        const epoch = run?.epochs.find((known) => known.epoch === origin?.epoch);
        const detail = origin === null || origin.epoch === null ? undefined : run?.detail(origin.epoch);
        return {
          half,
          text,
          version: origin?.number ?? null,
          author: origin?.author ?? null,
          run: origin?.run ?? null,
          run_name: origin?.run_name ?? null,
          epoch: origin?.epoch ?? null,
          taken: origin?.author === "hand" && origin.epoch !== null,
          elsewhere: own === null && origin !== null,
          reason: (half === "system" ? detail?.system_reasoning : detail?.output_reasoning) ?? "",
          delta: epoch?.delta ?? null,
          fixed: epoch?.fixed ?? null,
          broken: epoch?.broken ?? null,
          bound: epoch?.bound ?? null,
          // The simulation tests no edits one by one.
          edit: null,
        };
      }),
  );
}
