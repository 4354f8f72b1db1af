import type { ModelConfig } from "../../api/bindings/ModelConfig";
import { count, counted } from "../../format/count";
import { oneLine } from "../../format/oneLine";
import { MISSING_WORDS } from "../../format/words";
import { kindsOf, type Answering } from "./answering.svelte";
import { modelWords } from "./model-words";

/** Letters of an answer that are read aloud: the whole of it stands below. */
const READ = 200;

/** What came of a try, for whoever hears it: one sentence a model, once all of it is there. */
export function newsOf(answers: readonly Answering[]): string {
  const models = new Map<ModelConfig, Answering[]>();
  for (const answer of answers) models.set(answer.model, [...(models.get(answer.model) ?? []), answer]);
  const several = models.size > 1;
  return [...models].map(([model, all]) => `${several ? `${modelWords(model)}: ` : ""}${ofModel(all)}`).join(" ");
}

function ofModel(answers: readonly Answering[]): string {
  const [only] = answers;
  if (only && answers.length === 1) return ofAnswer(only);
  const results = answers.flatMap(({ tried }) => (tried ? [tried.result] : []));
  const judged = results.filter(({ outcome }) => outcome !== null);
  const right = judged.filter(({ outcome }) => outcome === "match").length;
  const parts = [`${count(results.length)} of ${counted(answers.length, "answer")}`];
  if (judged.length > 0) parts.push(`${count(right)} of ${count(judged.length)} right`);
  const kinds = kindsOf(answers).length;
  if (kinds > 1) parts.push(counted(kinds, "different answer"));
  return `${parts.join(", ")}.`;
}

function ofAnswer({ tried, stopped, error }: Answering): string {
  // Why there is none is an alert of its own.
  if (error !== null) return "No answer.";
  if (stopped !== null || !tried) return "Stopped.";
  const { prediction, outcome } = tried.result;
  if (prediction.missing !== null) return `No answer: ${MISSING_WORDS[prediction.missing]}`;
  const verdict = outcome === null ? "" : outcome === "match" ? "Match. " : "No match. ";
  return `${verdict}Answer: ${oneLine(prediction.answer, READ)}`;
}
