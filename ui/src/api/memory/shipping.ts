import type { ShipFormat } from "../bindings/ShipFormat";
import type { ShippedPrompt } from "../bindings/ShippedPrompt";
import type { SplitScores } from "../bindings/SplitScores";
import type { ModelConfig } from "../bindings/ModelConfig";
import type { Prompt } from "../bindings/Prompt";
import { percent } from "../../format/percent";

const ENDINGS: readonly [ShipFormat, string][] = [
  ["text", "prompt.txt"],
  ["curl", "sh"],
  ["python", "py"],
  ["typescript", "ts"],
  ["rust", "rs"],
  ["promptfoo", "promptfooconfig.yaml"],
  ["messages", "messages.json"],
];

/** What is known of a prompt that is shipped. */
export type Known = {
  name: string;
  prompt: Prompt;
  model: ModelConfig;
  scores: SplitScores;
  openedBefore: number;
  baseline: SplitScores | null;
};

/** Every format says the same here: the engine's own tests look at what the programs do. */
export function ship(known: Known, model: ModelConfig, hasServer: boolean): ShippedPrompt {
  const { name, prompt, scores, openedBefore: test_opened_before, baseline } = known;
  const other = model.connection !== known.model.connection || model.model !== known.model.model;
  const measured = (["test", "validation"] as const).flatMap((split) => {
    const score = scores[split];
    return score ? [`${split}: ${percent(score.score)}.`] : [];
  });
  const figures = [`${name}.`, ...measured];
  if (measured.length === 0) figures.push("No run has measured these prompts yet.");
  else if (other) figures.push(`Measured with ${known.model.model}; with ${model.model} nothing was measured.`);
  const said = `${figures.join("\n")}\n\n${prompt.system_prompt}\n\n${prompt.output_prompt}\n`;
  const texts = ENDINGS.map(([format, ending]) => ({
    format,
    file_name: `prompt.${ending}`,
    text:
      format === "messages"
        ? JSON.stringify([{ role: "system", content: prompt.system_prompt }], null, 2)
        : format === "text" || hasServer
          ? `${format}: ${model.model}\n${said}`
          : null,
  }));
  return { name, prompt, model, other_model: other, scores, test_opened_before, baseline, figures, texts };
}
