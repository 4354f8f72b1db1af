import type { ColumnRoles } from "../bindings/ColumnRoles";
import type { DatasetInfo } from "../bindings/DatasetInfo";
import type { Example } from "../bindings/Example";
import type { ImportReport } from "../bindings/ImportReport";
import type { LabelCount } from "../bindings/LabelCount";
import type { SetAside } from "../bindings/SetAside";
import type { Split } from "../bindings/Split";
import type { SplitPlan } from "../bindings/SplitPlan";
import type { SplitSizes } from "../bindings/SplitSizes";
import type { Table } from "./corpus";
import { draw } from "./random";

export type Dataset = { info: DatasetInfo; examples: Example[] };

const SPLIT_NAMES: Record<string, Split> = {
  train: "train",
  training: "train",
  validation: "validation",
  valid: "validation",
  val: "validation",
  dev: "validation",
  test: "test",
  testing: "test",
};

/** The division the contract asks for at that size. */
export function defaultPlan(rows: number): SplitPlan {
  return rows >= 100
    ? { kind: "ratio", train: 60, validation: 20, test: 20, seed: 0 }
    : { kind: "ratio", train: 50, validation: 50, test: 0, seed: 0 };
}

/** Puts every example into its split; equal inputs stay together. */
export function divide(examples: Example[], plan: SplitPlan, columns: string[]): Example[] {
  if (plan.kind === "column") {
    const at = columns.indexOf(plan.column);
    return examples.map((example) => ({
      ...example,
      split: SPLIT_NAMES[(example.variables[at] ?? "").trim().toLowerCase()] ?? null,
    }));
  }
  if (plan.kind === "files") return examples;
  const byInput = new Map<string, Split>();
  const ordered = [...examples].sort((a, b) => draw(a.number, plan.seed, 11) - draw(b.number, plan.seed, 11));
  const trainEnd = Math.round((examples.length * plan.train) / 100);
  const validationEnd = trainEnd + Math.round((examples.length * plan.validation) / 100);
  ordered.forEach((example, index) => {
    const drawn = index < trainEnd ? "train" : index < validationEnd || plan.test === 0 ? "validation" : "test";
    if (!byInput.has(example.user_input)) byInput.set(example.user_input, drawn);
  });
  return examples.map((example) => ({ ...example, split: byInput.get(example.user_input) ?? null }));
}

/** Sizes of the splits. */
export function sizesOf(examples: Example[]): SplitSizes {
  const sizes: SplitSizes = { train: 0, validation: 0, test: 0 };
  for (const { split } of examples) if (split) sizes[split] += 1;
  return sizes;
}

/** Makes examples of a table and says what was found. */
export function readTable(table: Table, roles: ColumnRoles, file: string, firstId: number) {
  const input = table.columns.indexOf(roles.input ?? "");
  const truth = table.columns.indexOf(roles.truth ?? "");
  const examples: Example[] = [];
  const setAside: SetAside[] = [];
  let emptyInputs = 0;
  let emptyTruths = 0;
  let duplicates = 0;
  const truths = new Map<string, number>();
  const seen = new Map<string, Set<string>>();
  table.rows.forEach((cells, index) => {
    const userInput = cells[input] ?? "";
    const groundTruth = cells[truth] ?? "";
    const text = cells.join(", ").slice(0, 80);
    if (userInput.trim() === "") {
      emptyInputs += 1;
      setAside.push({ file, line: index + 2, reason: "The input is empty.", text });
      return;
    }
    if (groundTruth.trim() === "") {
      emptyTruths += 1;
      setAside.push({ file, line: index + 2, reason: "The ground truth is empty.", text });
      return;
    }
    const known = seen.get(userInput) ?? new Set();
    if (known.has(groundTruth)) duplicates += 1;
    seen.set(userInput, known.add(groundTruth));
    truths.set(groundTruth, (truths.get(groundTruth) ?? 0) + 1);
    const number = examples.length + 1;
    examples.push({
      id: firstId + number,
      number,
      split: null,
      excluded: false,
      user_input: userInput,
      ground_truth_output: groundTruth,
      variables: cells,
    });
  });
  const labels: LabelCount[] = [...truths]
    .map(([label, count]) => ({ label, count }))
    .sort((a, b) => b.count - a.count || a.label.localeCompare(b.label));
  const report: ImportReport = {
    rows_read: table.rows.length,
    rows_ready: examples.length,
    set_aside_count: setAside.length,
    set_aside: setAside.slice(0, 100),
    duplicates,
    contradictions: [...seen.values()].filter((known) => known.size > 1).length,
    empty_inputs: emptyInputs,
    empty_truths: emptyTruths,
    distinct_truths: truths.size,
    labels: truths.size <= 50 ? labels : [],
    empty_cells: table.columns
      .map((column, at) => ({ column, count: table.rows.filter((cells) => cells[at] === "").length }))
      .filter(({ count }) => count > 0),
    rare_labels: truths.size <= 50 ? labels.filter(({ count }) => count < 6) : [],
    too_long: 0,
    context: { tokens: 128_000, model: null },
    unmapped: [],
    notes: [],
  };
  return { examples, report };
}

/** A dataset from a table, divided. */
export function makeDataset(
  table: Table,
  name: string,
  source: string,
  roles: ColumnRoles,
  plan: SplitPlan,
  { id, version }: { id: number; version: number },
): Dataset {
  const { examples: undivided, report } = readTable(table, roles, name, id * 1_000_000);
  const examples = divide(undivided, plan, table.columns);
  const few = report.distinct_truths <= 50;
  return {
    examples,
    info: {
      id,
      version,
      name,
      source,
      created_at: Date.now(),
      columns: table.columns,
      roles,
      rows: examples.length,
      plan,
      sizes: sizesOf(examples),
      report,
      leaks: 0,
      suggested_metric: few
        ? {
            metric: { kind: "label" },
            reason: `the ground truth has ${report.distinct_truths} different values`,
            from_file: [],
          }
        : { metric: { kind: "json_fields", fields: [] }, reason: "every ground truth is a JSON object", from_file: [] },
      test_openings: 0,
      excluded: 0,
      can_undo: null,
      can_redo: null,
    },
  };
}
