import { ApiFailure } from "../client";
import type { ColumnRoles } from "../bindings/ColumnRoles";
import type { ImportPreview } from "../bindings/ImportPreview";
import type { ReadOptions } from "../bindings/ReadOptions";
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

  add(path: string, text: string): void {
    this.#texts.set(path, text);
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
  const text = files.text(path);
  const delimiter = options.delimiter ?? sniff(text);
  const header = options.header ?? true;
  const rows = records(text, delimiter);
  const width = Math.max(0, ...rows.map((row) => row.length));
  const numbered = Array.from({ length: width }, (_, at) => `column ${at + 1}`);
  const first = header ? rows.shift() : undefined;
  const columns = first ? numbered.map((name, at) => first[at] || name) : numbered;
  const table: Table = { columns, rows: rows.map((row) => columns.map((_, at) => row[at] ?? "")) };
  return { table, delimiter, header, encoding: options.encoding ?? "utf-8", size: text.length };
}

function pick(asked: string | null, columns: string[], names: string[]): string | null {
  if (asked !== null && columns.includes(asked)) return asked;
  return columns.find((column) => names.includes(column.toLowerCase())) ?? null;
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
    id: asked.id,
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
          format: "delimited",
          encoding: read.encoding,
          delimiter: read.delimiter,
          quote: '"',
          header: read.header,
          sheets: [],
          sheet: null,
          split: null,
        },
      ],
      columns,
      distinct: columns.map((_, at) => new Set(read.table.rows.map((row) => row[at])).size),
      rows: read.table.rows.slice(0, 20),
      roles,
      plan: used,
      sizes: sizesOf(divide(examples, used, columns)),
      report,
      system_prompt: null,
      metrics: [],
    },
  };
}
