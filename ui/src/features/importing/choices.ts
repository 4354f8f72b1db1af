import type { FileFormat } from "../../api/bindings/FileFormat";
import type { ImportPreview } from "../../api/bindings/ImportPreview";
import type { SplitPlan } from "../../api/bindings/SplitPlan";

/** An entry of a select. */
export type Choice = { value: string; name: string };

export const ENCODINGS: readonly Choice[] = [
  { value: "utf-8", name: "UTF-8" },
  { value: "utf-16le", name: "UTF-16 LE" },
  { value: "utf-16be", name: "UTF-16 BE" },
  { value: "windows-1252", name: "Windows-1252" },
  { value: "windows-1251", name: "Windows-1251" },
  { value: "iso-8859-2", name: "ISO-8859-2" },
  { value: "shift_jis", name: "Shift JIS" },
  { value: "euc-kr", name: "EUC-KR" },
  { value: "gb18030", name: "GB 18030" },
  { value: "big5", name: "Big5" },
];

export const DELIMITERS: readonly Choice[] = [
  { value: ",", name: "comma" },
  { value: ";", name: "semicolon" },
  { value: "\t", name: "tab" },
  { value: "|", name: "bar" },
  { value: ":", name: "colon" },
  { value: "^", name: "caret" },
  { value: "", name: "one column" },
];

export const QUOTES: readonly Choice[] = [
  { value: '"', name: 'quoted with "' },
  { value: "'", name: "quoted with '" },
  { value: "", name: "no quotes" },
];

export const FORMATS: readonly { value: FileFormat; name: string }[] = [
  { value: "delimited", name: "CSV, TSV" },
  { value: "json_lines", name: "JSON lines" },
  { value: "json", name: "JSON array" },
  { value: "xlsx", name: "Excel workbook" },
  { value: "ods", name: "OpenDocument sheet" },
  { value: "parquet", name: "Parquet" },
  { value: "promptfoo", name: "promptfoo tests" },
  { value: "openai_evals", name: "OpenAI Evals" },
  { value: "langsmith", name: "LangSmith examples" },
  { value: "chat", name: "chat messages" },
  { value: "alpaca", name: "instruction, input, output" },
];

/** Whether a first row can be a header: in the others every row says its own names. */
export function hasHeader(format: FileFormat): boolean {
  return format === "delimited" || format === "xlsx" || format === "ods";
}

/** The known choices, and the detected one where it is none of them. */
export function withCurrent(choices: readonly Choice[], current: string): Choice[] {
  const known = choices.some((choice) => choice.value.toLowerCase() === current.toLowerCase());
  return known ? [...choices] : [{ value: current, name: current }, ...choices];
}

const RATIOS: readonly [train: number, validation: number, test: number][] = [
  [60, 20, 20],
  [70, 15, 15],
  [80, 10, 10],
  [40, 40, 20],
  [50, 50, 0],
];

/** A plan as the value of a select. */
export function planValue(plan: SplitPlan): string {
  if (plan.kind === "ratio") return `ratio:${plan.train}/${plan.validation}/${plan.test}`;
  return plan.kind === "column" ? `column:${plan.column}` : "files";
}

/** The plan behind the value of a select. */
export function planOf(value: string, seed: number): SplitPlan {
  const [kind, ...rest] = value.split(":");
  const argument = rest.join(":");
  if (kind === "column") return { kind: "column", column: argument };
  if (kind === "files") return { kind: "files" };
  const [train = 60, validation = 20, test = 20] = argument.split("/").map(Number);
  return { kind: "ratio", train, validation, test, seed };
}

function ratioName(train: number, validation: number, test: number): string {
  return test === 0 ? `${train} / ${validation}, no test` : `${train} / ${validation} / ${test}`;
}

/** How these files can be divided. */
export function planChoices(preview: ImportPreview): Choice[] {
  const choices: Choice[] = [];
  const current = planValue(preview.plan);
  if (preview.files.length > 1 || preview.plan.kind === "files")
    choices.push({ value: "files", name: "one file per split" });
  for (const [train, validation, test] of RATIOS) {
    const plan = { kind: "ratio" as const, train, validation, test, seed: 0 };
    choices.push({ value: planValue(plan), name: ratioName(train, validation, test) });
  }
  const { plan } = preview;
  if (plan.kind === "ratio" && !choices.some((choice) => choice.value === current)) {
    choices.unshift({ value: current, name: ratioName(plan.train, plan.validation, plan.test) });
  }
  for (const column of preview.columns) {
    if (column === preview.roles.input || column === preview.roles.truth || column === preview.roles.id) continue;
    choices.push({ value: `column:${column}`, name: `from the column ${column}` });
  }
  return choices;
}
