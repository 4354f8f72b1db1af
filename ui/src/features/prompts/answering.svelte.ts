import type { ModelConfig } from "../../api/bindings/ModelConfig";
import type { Prompt } from "../../api/bindings/Prompt";
import type { TryResult } from "../../api/bindings/TryResult";
import type { Coming, Whole } from "./tryAloud";

/** What an answer belongs to, so that it is never shown beside another input or prompt. */
export interface Tried {
  prompt: Prompt;
  input: string;
  model: ModelConfig;
  result: TryResult;
  /** Milliseconds until its first words; null when it did not come in pieces. */
  firstMs: number | null;
}

/** One answer of one model, as far as it has come. */
export class Answering {
  readonly prompt: Prompt;
  readonly input: string;
  readonly model: ModelConfig;
  /** Which of several answers to the same question, from 0. */
  readonly sample: number;
  /** What has come of it while it is written; null when nothing is written any more. */
  coming = $state.raw<Coming | null>({ text: "", firstMs: null });
  tried = $state.raw<Tried | null>(null);
  /** What had come when the user stopped it. */
  stopped = $state<string | null>(null);
  /** Why there is none, a sentence. */
  error = $state<string | null>(null);

  constructor(prompt: Prompt, input: string, model: ModelConfig, sample: number) {
    this.prompt = prompt;
    this.input = input;
    this.model = model;
    this.sample = sample;
  }

  /** It came as a whole, or was stopped before. */
  ended(whole: Whole | null): void {
    const { prompt, input, model } = this;
    if (whole) this.tried = { prompt, input, model, ...whole };
    else this.stopped = this.coming?.text ?? "";
    this.coming = null;
  }

  failed(error: string): void {
    this.error = error;
    this.coming = null;
  }
}

/** Answers that are the same, by the words that are scored. */
export interface Kind {
  text: string;
  count: number;
  /** The first of them. */
  tried: Tried;
}

/** Different answers, the most frequent first. */
export function kindsOf(answers: readonly Answering[]): Kind[] {
  const kinds = new Map<string, Kind>();
  for (const { tried } of answers) {
    if (!tried) continue;
    const text = tried.result.prediction.answer;
    const known = kinds.get(text);
    if (known) known.count += 1;
    else kinds.set(text, { text, count: 1, tried });
  }
  return [...kinds.values()].sort((a, b) => b.count - a.count);
}
