import type { BroughtPrompt } from "../bindings/BroughtPrompt";
import { ApiFailure } from "../client";
import type { FileFormat } from "../bindings/FileFormat";
import type { MetricSpec } from "../bindings/MetricSpec";
import type { ColumnRoles } from "../bindings/ColumnRoles";
import type { ImportPreview } from "../bindings/ImportPreview";
import type { ReadOptions } from "../bindings/ReadOptions";
import type { Split } from "../bindings/Split";
import type { SplitPlan } from "../bindings/SplitPlan";
import type { Table } from "./corpus";
import { defaultPlan, divide, readTable, sizesOf } from "./dataset";

const INPUT_NAMES = ["user_input", "input", "question", "message", "text", "review", "email", "prompt"];
const TRUTH_NAMES = [
  "ground_truth_output",
  "ground_truth",
  "expected",
  "expected_output",
  "label",
  "answer",
  "queue",
  "sentiment",
  "fields",
];
const SPLIT_COLUMNS = ["split", "subset", "fold"];

/** The files a browser preview and the tests can import; a path opens the text behind it. */
export class MemoryFiles {
  readonly #texts = new Map<string, string>();
  readonly #workbooks = new Map<string, Map<string, string>>();
  /** What a file brings besides its rows, by path. */
  readonly brings = new Map<string, { format?: FileFormat; prompt?: BroughtPrompt; metrics?: MetricSpec[] }>();

  add(path: string, text: string): void {
    this.#texts.set(path, text);
  }

  /** A workbook: the text of every sheet, by name. */
  addWorkbook(path: string, sheets: Record<string, string>): void {
    this.#workbooks.set(path, new Map(Object.entries(sheets)));
  }

  /** Names of a workbook's sheets; none for other files. */
  sheets(path: string): string[] {
    return [...(this.#workbooks.get(path)?.keys() ?? [])];
  }

  sheet(path: string, name: string): string {
    return this.#workbooks.get(path)?.get(name) ?? "";
  }

  text(path: string): string {
    const text = this.#texts.get(path);
    if (text === undefined) {
      throw new ApiFailure({
        code: "file_unreadable",
        message: `${path} can not be opened: it does not exist. Choose the file again.`,
      });
    }
    return text;
  }
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).pop() ?? path;
}

/** Records of delimited text; quotes may hold delimiters and line ends. */
function records(text: string, delimiter: string): string[][] {
  const all: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (char === '"' && cell === "") quoted = true;
    else if (char === delimiter) {
      row.push(cell);
      cell = "";
    } else if (char === "\n" || (char === "\r" && text[at + 1] === "\n")) {
      if (char === "\r") at += 1;
      row.push(cell);
      all.push(row);
      row = [];
      cell = "";
    } else cell += char;
  }
  if (cell !== "" || row.length > 0) all.push([...row, cell]);
  return all.filter((one) => one.length > 1 || one[0] !== "");
}

function sniff(text: string): string {
  const line = text.split("\n", 1)[0] ?? "";
  const candidates = [",", ";", "\t", "|"];
  return candidates.reduce((best, next) => (line.split(next).length > line.split(best).length ? next : best), ",");
}

/** Reads a file as asked, detecting what was left out. */
export function readFile(files: MemoryFiles, path: string, options: ReadOptions) {
  const sheets = files.sheets(path);
  const sheet = sheets.find((name) => name === options.sheet) ?? sheets[0] ?? null;
  const text = sheet === null ? files.text(path) : files.sheet(path, sheet);
  const delimiter = options.delimiter ?? sniff(text);
  const format: FileFormat =
    options.format ?? files.brings.get(path)?.format ?? (sheet === null ? "delimited" : "xlsx");
  const header = options.header ?? true;
  const rows = records(text, delimiter);
  const width = Math.max(0, ...rows.map((row) => row.length));
  const numbered = Array.from({ length: width }, (_, at) => `column ${at + 1}`);
  const first = header ? rows.shift() : undefined;
  const columns = first ? numbered.map((name, at) => first[at] || name) : numbered;
  const table: Table = { columns, rows: rows.map((row) => columns.map((_, at) => row[at] ?? "")) };
  return {
    table,
    size: text.length,
    dialect: {
      format,
      encoding: sheet === null ? (options.encoding ?? "utf-8") : "",
      delimiter: sheet === null ? delimiter : "",
      quote: sheet === null ? (options.quote ?? '"') : "",
      header,
      sheets,
      sheet,
    },
  };
}

function pick(asked: string | null, columns: string[], names: string[]): string | null {
  if (asked !== null && columns.includes(asked)) return asked;
  return columns.find((column) => names.includes(column.toLowerCase())) ?? null;
}

function splitOfName(name: string): Split | null {
  const [, word] = /(train|val|dev|test)/i.exec(name) ?? [];
  if (word === undefined) return null;
  const known: Record<string, Split> = { train: "train", val: "validation", dev: "validation", test: "test" };
  return known[word.toLowerCase()] ?? null;
}

/** What the import sheet shows. */
export function preview(
  files: MemoryFiles,
  paths: string[],
  options: ReadOptions,
  asked: ColumnRoles,
  plan: SplitPlan | null,
): { preview: ImportPreview; table: Table } {
  const path = paths[0];
  if (path === undefined) throw new ApiFailure({ code: "invalid", message: "Choose a file first." });
  const read = readFile(files, path, options);
  const { columns } = read.table;
  const roles: ColumnRoles = {
    input: pick(asked.input, columns, INPUT_NAMES),
    truth: pick(asked.truth, columns, TRUTH_NAMES),
    split: pick(asked.split, columns, SPLIT_COLUMNS),
    id: pick(asked.id, columns, ["id"]),
  };
  const { examples, report } = readTable(read.table, roles, baseName(path), 0);
  const used: SplitPlan =
    plan ?? (roles.split ? { kind: "column", column: roles.split } : defaultPlan(examples.length));
  return {
    table: read.table,
    preview: {
      files: [
        {
          path,
          name: baseName(path),
          size: read.size,
          ...read.dialect,
          split: paths.length > 1 ? splitOfName(baseName(path)) : null,
        },
        ...paths.slice(1).map((other) => ({
          path: other,
          name: baseName(other),
          size: readFile(files, other, options).size,
          ...read.dialect,
          split: splitOfName(baseName(other)),
        })),
      ],
      columns,
      distinct: columns.map((_, at) => new Set(read.table.rows.map((row) => row[at])).size),
      rows: read.table.rows.slice(0, 20),
      roles,
      plan: used,
      sizes: sizesOf(divide(examples, used, columns)),
      report,
      prompt: files.brings.get(path)?.prompt ?? null,
      metrics: files.brings.get(path)?.metrics ?? [],
    },
  };
}

/** A preview as it is before the files were read to their end. */
export function uncounted(preview: ImportPreview): ImportPreview {
  const { notes, unmapped, context } = preview.report;
  const report = { ...readTable({ columns: [], rows: [] }, preview.roles, "", 0).report, notes, unmapped, context };
  return { ...preview, sizes: { train: 0, validation: 0, test: 0 }, report, first_rows_only: true };
}
