import type { ExportFormat } from "../../api/bindings/ExportFormat";

/** What examples can be written as, the most asked for first. */
export const FORMATS: readonly { format: ExportFormat; name: string; ending: string; note: string }[] = [
  { format: "csv", name: "CSV", ending: "csv", note: "Every program reads it. Every cell stands in quotes." },
  { format: "tsv", name: "TSV", ending: "tsv", note: "Separated by tabs. Every cell stands in quotes." },
  { format: "json_lines", name: "JSON Lines", ending: "jsonl", note: "One object a line, for scripts." },
  {
    format: "xlsx",
    name: "Excel (XLSX)",
    ending: "xlsx",
    note: "Cells are texts, never formulas. A cell with more than 32,767 characters or a control character is named, and nothing is written.",
  },
  {
    format: "promptfoo",
    name: "promptfoo tests",
    ending: "yaml",
    note: "Columns as vars, the ground truth as an assertion.",
  },
  {
    format: "openai_evals",
    name: "OpenAI Evals",
    ending: "evals.jsonl",
    note: "Samples with input and ideal, the whole row as item.",
  },
];
