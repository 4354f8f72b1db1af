import type { Bucket } from "../../api/bindings/Bucket";
import type { ComparedExample } from "../../api/bindings/ComparedExample";
import type { Prediction } from "../../api/bindings/Prediction";
import { excerpt, marksInLine } from "../../components/editor/answer-diff";
import type { Segment } from "../../components/editor/text-diff";
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
  sign: "✓" | "×" | "?" | "–";
  tone: "good" | "bad" | "warn" | "faint";
  text: string;
  /** What stands before the answer in it; null where it is no answer. */
  lead: string | null;
  /** For readers that do not see the sign. */
  spoken: string;
}

const PREVIEW = 240;

/** The beginning of a text. A list never holds a cell of a megabyte. */
export function beginning(text: string, most = PREVIEW): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** "3 of 5 answers match", where an example was asked several times; else nothing. */
export function samplesWords({ samples }: Prediction): string {
  if (samples.length < 2) return "";
  return `${samples.filter((one) => one.outcome === "match").length} of ${samples.length} answers match`;
}

export function answerLine(prediction: Prediction | null): AnswerLine {
  // What failed has a prediction that says so: without one nobody asked, as where the runs have other data.
  if (!prediction) return { sign: "–", tone: "faint", text: "not asked", lead: null, spoken: "not compared" };
  if (prediction.outcome === "missing") {
    const cause = prediction.missing ? MISSING_WORDS[prediction.missing] : "no answer";
    return { sign: "?", tone: "warn", text: cause, lead: null, spoken: "missing" };
  }
  const match = prediction.outcome === "match";
  const empty = prediction.answer.trim() === "";
  const text = empty ? "(empty)" : beginning(prediction.answer);
  const [sign, tone, spoken] = match ? (["✓", "good", "match"] as const) : (["×", "bad", "no match"] as const);
  const several = samplesWords(prediction);
  if (several === "") return { sign, tone, text, lead: empty ? null : "", spoken };
  // The text is one of several: how many are right says more.
  return { sign, tone, text: `${several}: ${text}`, lead: empty ? null : `${several}: `, spoken };
}

const LINE = 600;

/** The three texts of a compared example in a line: each from where it differs. */
export interface ComparedLine {
  truth: Segment[];
  before: Segment[];
  after: Segment[];
}

/** A side that does not match is held against the ground truth, one that does against the other side; the truth against the first that
    does not match. */
export function comparedLine({ example, before, after }: ComparedExample): ComparedLine {
  const truth = example.ground_truth_output;
  const answers = [before, after].map((side) => side?.answer ?? null);
  const wrong = [before, after].findIndex((side) => side?.outcome === "no_match");
  const marked = (own: string | null, other: string | null): Segment[] => {
    if (own === null) return [];
    const segments = other === null ? null : marksInLine(own, other, LINE);
    return excerpt(segments ?? [{ text: own, changed: false }], LINE);
  };
  const side = (at: 0 | 1) => {
    const own = answers[at] ?? null;
    const missed = [before, after][at]?.outcome === "no_match";
    return marked(own, missed ? truth : (answers[1 - at] ?? null));
  };
  return { truth: marked(truth, answers[wrong] ?? null), before: side(0), after: side(1) };
}

/** The rows that hold all of these words, in input, truth or answers, and have this true label; an empty one is any. */
export function searched(rows: readonly ComparedExample[], query: string, label: string): readonly ComparedExample[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && label === "") return rows;
  return rows.filter(({ example, before, after }) => {
    if (label !== "" && example.ground_truth_output.trim().toLowerCase() !== label.toLowerCase()) return false;
    const texts = [example.user_input, example.ground_truth_output, before?.answer ?? "", after?.answer ?? ""];
    const lower = texts.map((text) => text.toLowerCase());
    return words.every((word) => lower.some((text) => text.includes(word)));
  });
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
