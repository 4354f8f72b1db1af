import type { ExtractRule } from "../../../api/bindings/ExtractRule";
import type { MetricKind } from "../../../api/bindings/MetricKind";

export type MetricName = MetricKind["kind"];

interface MetricWords {
  name: string;
  /** What it measures, in one sentence. */
  about: string;
}

/** Every metric in the order it is offered. */
export const metricWords: Record<MetricName, MetricWords> = {
  label: {
    name: "label accuracy",
    about: "The answer is the right label, case and blanks aside. Shows a confusion matrix.",
  },
  exact: { name: "exact match", about: "The answer equals the ground truth byte for byte." },
  normalised: { name: "exact match, normalised", about: "Equal when case, blanks and punctuation are put aside." },
  contains: { name: "contains", about: "The answer contains the ground truth." },
  regex: { name: "regex", about: "The answer matches a pattern." },
  number: { name: "number within tolerance", about: "The number in the answer is close enough to the ground truth." },
  f1: { name: "token F1", about: "How far the words of the answer and of the ground truth overlap." },
  edit: { name: "edit similarity", about: "How few characters would have to change." },
  json: { name: "JSON equality", about: "Both are the same JSON value, the order of fields aside." },
  json_fields: { name: "JSON per field", about: "The part of the fields that are right." },
  judge: {
    name: "LLM judge",
    about: "A model scores the answer by your rubric and writes feedback that the optimizer sees.",
  },
};

export const metricNames = Object.keys(metricWords) as MetricName[];

/** A metric of this kind before its parameters are filled in. */
export function emptyMetric(kind: MetricName): MetricKind {
  switch (kind) {
    case "regex":
      return { kind, pattern: "" };
    case "number":
      return { kind, tolerance: 0 };
    case "json_fields":
      return { kind, fields: [] };
    case "judge":
      return { kind, rubric: "" };
    default:
      return { kind };
  }
}

/** A metric in a few words, with its parameters. */
export function describeMetric(metric: MetricKind): string {
  const { name } = metricWords[metric.kind];
  switch (metric.kind) {
    case "regex":
      return `${name} ${metric.pattern}`;
    case "number":
      return `number within ${metric.tolerance}`;
    case "json_fields":
      return metric.fields.length > 0 ? `JSON fields ${metric.fields.join(", ")}` : name;
    default:
      return name;
  }
}

export type ExtractName = ExtractRule["kind"];

export const extractWords: Record<ExtractName, string> = {
  drop_thinking: "Drop thinking blocks",
  last_line: "Last line",
  tag: "Between tags",
  regex: "Regex group",
  json_path: "JSON path",
};

export function emptyExtract(kind: ExtractName): ExtractRule {
  switch (kind) {
    case "tag":
      return { kind, tag: "answer" };
    case "regex":
      return { kind, pattern: "" };
    case "json_path":
      return { kind, path: "" };
    default:
      return { kind };
  }
}

/** An extraction rule in a few words. */
export function describeExtract(rule: ExtractRule | null): string {
  if (!rule) return "the whole response";
  switch (rule.kind) {
    case "tag":
      return `between <${rule.tag}> tags`;
    case "regex":
      return `regex ${rule.pattern}`;
    case "json_path":
      return `JSON path ${rule.path}`;
    case "drop_thinking":
      return "thinking blocks dropped";
    case "last_line":
      return "last line";
  }
}
