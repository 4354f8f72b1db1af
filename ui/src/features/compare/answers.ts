import type { Bucket } from "../../api/bindings/Bucket";
import type { ComparedExample } from "../../api/bindings/ComparedExample";
import type { Prediction } from "../../api/bindings/Prediction";
import type { Cell } from "../../components/csv";
import { MISSING_WORDS } from "../../format/words";

/** A bucket as its button and its tab call it. */
export const BUCKET_WORDS: Record<Bucket, string> = {
  fixed: "Fixed",
  broken: "Broken",
  still_wrong: "Still wrong",
  still_right: "Still right",
  not_compared: "Not compared",
};

/** An answer in a line of a list: its text, with a sign and a colour that say how it ended. */
export interface AnswerLine {
  sign: "✓" | "×" | "?";
  tone: "good" | "bad" | "warn";
  text: string;
  /** For readers that do not see the sign. */
  spoken: string;
}

const PREVIEW = 240;

/** The beginning of a text. A list never holds a cell of a megabyte. */
export function beginning(text: string): string {
  return text.length > PREVIEW ? `${text.slice(0, PREVIEW)}…` : text;
}

/** "3 of 5 answers match", where an example was asked several times; else nothing. */
export function samplesWords({ samples }: Prediction): string {
  if (samples.length < 2) return "";
  return `${samples.filter((one) => one.outcome === "match").length} of ${samples.length} answers match`;
}

export function answerLine(prediction: Prediction | null): AnswerLine {
  if (!prediction) return { sign: "?", tone: "warn", text: "no answer", spoken: "missing" };
  if (prediction.outcome === "missing") {
    const cause = prediction.missing ? MISSING_WORDS[prediction.missing] : "no answer";
    return { sign: "?", tone: "warn", text: cause, spoken: "missing" };
  }
  const match = prediction.outcome === "match";
  const text = prediction.answer.trim() === "" ? "(empty)" : beginning(prediction.answer);
  const [sign, tone, spoken] = match ? (["✓", "good", "match"] as const) : (["×", "bad", "no match"] as const);
  const several = samplesWords(prediction);
  if (several === "") return { sign, tone, text, spoken };
  // The text is one of several: how many are right says more.
  return { sign, tone, text: `${several}: ${text}`, spoken };
}

/** Compared examples as rows of a file. */
export function comparedTable(rows: readonly ComparedExample[], names: readonly [string, string]): Cell[][] {
  return [
    ["row", "bucket", "input", "ground truth", ...names, ...names.map((name) => `score, ${name}`)],
    ...rows.map(({ example, bucket, before, after }): Cell[] => [
      example.number,
      BUCKET_WORDS[bucket],
      example.user_input,
      example.ground_truth_output,
      before?.answer ?? null,
      after?.answer ?? null,
      before?.score ?? null,
      after?.score ?? null,
    ]),
  ];
}
