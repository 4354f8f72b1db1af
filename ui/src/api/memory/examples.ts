import type { ColumnFilter } from "../bindings/ColumnFilter";
import type { DatasetInfo } from "../bindings/DatasetInfo";
import type { DatasetVersion } from "../bindings/DatasetVersion";
import type { DataProfile } from "../bindings/DataProfile";
import type { Example } from "../bindings/Example";
import type { ExampleEdit } from "../bindings/ExampleEdit";
import type { ExampleFilter } from "../bindings/ExampleFilter";
import type { ExampleSort } from "../bindings/ExampleSort";
import type { LengthHistogram } from "../bindings/LengthHistogram";
import type { RepeatKind } from "../bindings/RepeatKind";
import type { RepeatResolution } from "../bindings/RepeatResolution";
import type { ExampleSelection } from "../bindings/ExampleSelection";
import { sizesOf, type Dataset } from "./dataset";
import { refuse } from "./refusal";

function cellMatches(cell: string, { op, text }: ColumnFilter): boolean {
  const [folded, wanted] = [cell.toLowerCase(), text.toLowerCase()];
  switch (op) {
    case "contains":
      return folded.includes(wanted);
    case "equals":
      return cell === text;
    case "starts_with":
      return folded.startsWith(wanted);
    case "empty":
      return cell === "";
    case "not_empty":
      return cell !== "";
  }
}

const pairOf = (example: Example) => `${example.user_input}\0${example.ground_truth_output}`;

function grouped(examples: Example[], key: (example: Example) => string): Example[][] {
  const groups = new Map<string, Example[]>();
  for (const example of examples) groups.set(key(example), [...(groups.get(key(example)) ?? []), example]);
  return [...groups.values()].filter((group) => group.length > 1);
}

/** Groups of examples that are not excluded: same pair for duplicates, same input with different truths for contradictions, in different splits for leaks. */
export function repeats(examples: Example[], kind: RepeatKind | "leaks"): Example[][] {
  const counted = examples.filter((example) => !example.excluded);
  if (kind === "leaks")
    return grouped(
      counted.filter((example) => example.split !== null),
      (example) => example.user_input,
    ).filter((group) => new Set(group.map((example) => example.split)).size > 1);
  if (kind === "duplicates") return grouped(counted, pairOf);
  return grouped(counted, (example) => example.user_input).filter(
    (group) => new Set(group.map((example) => example.ground_truth_output)).size > 1,
  );
}

/** The examples a filter leaves, in the order asked for. */
export function listed(
  { info, examples }: Dataset,
  filter: ExampleFilter,
  sort: ExampleSort | null,
  doubts: number[] = [],
): Example[] {
  const place = (column: string) => {
    const at = info.columns.indexOf(column);
    if (at < 0) throw refuse(`There is no column \`${column}\`.`);
    return at;
  };
  const needle = filter.search.toLowerCase();
  const only =
    filter.only === null
      ? null
      : new Set(
          filter.only === "doubts"
            ? doubts
            : repeats(examples, filter.only).flatMap((group) => group.map((example) => example.id)),
        );
  const rows = examples.filter(
    (example) =>
      (filter.split === null || (example.split ?? "none") === filter.split) &&
      (filter.excluded === null || example.excluded === filter.excluded) &&
      (filter.number === null || example.number === filter.number) &&
      (needle === "" || example.variables.some((cell) => cell.toLowerCase().includes(needle))) &&
      filter.columns.every((wanted) => cellMatches(example.variables[place(wanted.column)] ?? "", wanted)) &&
      (only === null || only.has(example.id)),
  );
  if (sort === null) return rows;
  const way = sort.descending ? -1 : 1;
  if (sort.column === "") return rows.sort((a, b) => way * (a.number - b.number));
  const at = place(sort.column);
  return rows.sort((a, b) => {
    const [first, second] = [a.variables[at] ?? "", b.variables[at] ?? ""];
    return way * first.localeCompare(second, undefined, { numeric: true, sensitivity: "base" }) || a.number - b.number;
  });
}

function lengths(values: number[]): LengthHistogram {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  const [shortest, longest] = [sorted[0] ?? 0, sorted.at(-1) ?? 0];
  const width = Math.max(1, Math.ceil((longest - shortest + 1) / 24));
  const buckets = Array.from({ length: Math.ceil((longest - shortest + 1) / width) }, (_, index) => {
    const from = shortest + index * width;
    const to = from + width - 1;
    return { from, to, count: sorted.filter((value) => value >= from && value <= to).length };
  });
  const mean = sorted.reduce((sum, value) => sum + value, 0) / Math.max(1, sorted.length);
  return { buckets: sorted.length ? buckets : [], shortest, median: at(0.5), p95: at(0.95), longest, mean };
}

/** What the data says. */
export function profile({ examples }: Dataset): DataProfile {
  const counted = examples.filter((example) => !example.excluded);
  const truths = new Map<string, number>();
  for (const { ground_truth_output: truth } of counted) truths.set(truth, (truths.get(truth) ?? 0) + 1);
  const labels = [...truths].map(([label, count]) => ({ label, count })).sort((a, b) => b.count - a.count);
  const figures = (kind: RepeatKind) => {
    const groups = repeats(examples, kind);
    return { groups: groups.length, examples: groups.flat().length };
  };
  const of = (text: (example: Example) => string, measure: (text: string) => number) =>
    lengths(counted.map((example) => measure(text(example))));
  const characters = (text: string) => [...text].length;
  const tokens = (text: string) => Math.ceil(text.length / 4);
  return {
    examples: counted.length,
    excluded: examples.length - counted.length,
    distinct_truths: truths.size,
    labels: truths.size <= 50 ? labels : [],
    input_characters: of((example) => example.user_input, characters),
    truth_characters: of((example) => example.ground_truth_output, characters),
    input_tokens: of((example) => example.user_input, tokens),
    truth_tokens: of((example) => example.ground_truth_output, tokens),
    too_long: counted.filter((example) => tokens(example.user_input) > 128_000).length,
    context: { tokens: 128_000, model: null },
    duplicates: figures("duplicates"),
    contradictions: figures("contradictions"),
  };
}

type Kept = { version: DatasetVersion; dataset: Dataset; before: number | null; after: number | null };

/** The versions of one project's dataset, and the way back and forth between them. */
export class DatasetHistory {
  readonly #kept: Kept[] = [];
  #current: number | null = null;

  /** Makes `dataset` the newest version. */
  add(dataset: Dataset, change: string): Dataset {
    const version: DatasetVersion = {
      id: dataset.info.id,
      version: this.#kept.length + 1,
      created_at: Date.now(),
      change,
      rows: dataset.examples.length,
      excluded: dataset.examples.filter((example) => example.excluded).length,
      sizes: sizesOf(dataset.examples.filter((example) => !example.excluded)),
      runs: 0,
      current: true,
    };
    const before = this.#find(this.#current);
    if (before) before.after = version.id;
    this.#kept.push({ version, dataset, before: this.#current, after: null });
    this.#current = version.id;
    return this.#shown();
  }

  undo(): Dataset {
    const now = this.#find(this.#current);
    if (!now || now.before === null) throw refuse("There is nothing to undo.");
    const before = this.#find(now.before);
    if (before) before.after = now.version.id;
    this.#current = now.before;
    return this.#shown();
  }

  redo(): Dataset {
    const now = this.#find(this.#current);
    if (!now || now.after === null) throw refuse("There is nothing to redo.");
    this.#current = now.after;
    return this.#shown();
  }

  restore(id: number, nextId: number): Dataset {
    const wanted = this.#find(id);
    if (!wanted) throw refuse("That dataset version does not exist.");
    const info = { ...wanted.dataset.info, id: nextId };
    return this.add({ ...wanted.dataset, info }, `went back to version ${wanted.version.version}`);
  }

  versions(): DatasetVersion[] {
    return this.#kept.map((kept) => ({ ...kept.version, current: kept.version.id === this.#current })).reverse();
  }

  #find(id: number | null): Kept | undefined {
    return this.#kept.find((kept) => kept.version.id === id);
  }

  #shown(): Dataset {
    const now = this.#find(this.#current);
    if (!now) throw refuse("There is no dataset.");
    const { version, dataset } = now;
    const change = (id: number | null) => this.#find(id)?.version.change ?? null;
    const info: DatasetInfo = {
      ...dataset.info,
      version: version.version,
      rows: version.rows,
      excluded: version.excluded,
      sizes: version.sizes,
      can_undo: now.before === null ? null : version.change,
      can_redo: change(now.after),
    };
    return { ...dataset, info };
  }
}

function picked(dataset: Dataset, selection: ExampleSelection, doubts: number[]): Set<number> {
  if (selection.kind === "ids") return new Set(selection.ids);
  return new Set(listed(dataset, selection.filter, null, doubts).map((example) => example.id));
}

const counted = (count: number) => (count === 1 ? "1 example" : `${count} examples`);

/** The dataset after a change, and the change in words. */
export function edited(
  dataset: Dataset,
  edit: ExampleEdit,
  nextId: () => number,
  doubts: number[] = [],
): { dataset: Dataset; change: string } {
  const { info, examples } = dataset;
  const changed = (ids: Set<number>, change: (example: Example) => Example[]) =>
    examples.flatMap((example) => (ids.has(example.id) ? change(example) : [example]));
  let after: Example[];
  let words: string;
  switch (edit.kind) {
    case "set_cell": {
      const at = info.columns.indexOf(edit.column);
      if (at < 0) throw refuse(`There is no column \`${edit.column}\`.`);
      if (edit.text === "" && [info.roles.input, info.roles.truth].includes(edit.column)) {
        throw refuse("An input and a ground truth cannot be empty. Delete or exclude the example instead.");
      }
      after = changed(new Set([edit.example]), (example) => [
        {
          ...example,
          id: nextId(),
          variables: example.variables.map((cell, index) => (index === at ? edit.text : cell)),
          ...(edit.column === info.roles.input ? { user_input: edit.text } : {}),
          ...(edit.column === info.roles.truth ? { ground_truth_output: edit.text } : {}),
        },
      ]);
      const number = examples.find((example) => example.id === edit.example)?.number ?? 0;
      words = `edited ${edit.column} of example ${number}`;
      break;
    }
    case "move_to_split": {
      const ids = picked(dataset, edit.selection, doubts);
      after = changed(ids, (example) => [{ ...example, split: edit.split }]);
      words = `moved ${counted(ids.size)} to ${edit.split ?? "no split"}`;
      break;
    }
    case "exclude": {
      const ids = picked(dataset, edit.selection, doubts);
      after = changed(ids, (example) => [{ ...example, excluded: edit.excluded }]);
      words = edit.excluded ? `excluded ${counted(ids.size)}` : `took back ${counted(ids.size)}`;
      break;
    }
    case "delete": {
      const ids = picked(dataset, edit.selection, doubts);
      after = changed(ids, () => []);
      words = `deleted ${counted(ids.size)}`;
      break;
    }
  }
  return { dataset: { info: { ...info, id: nextId() }, examples: after }, change: words };
}

/** The change that does away with repeats. */
export function resolution(examples: Example[], kind: RepeatKind, how: RepeatResolution): ExampleEdit {
  const groups = repeats(examples, kind);
  const forDuplicates = how === "exclude_later" || how === "delete_later";
  if (forDuplicates !== (kind === "duplicates")) throw refuse("That is no way to resolve these repeats.");
  const ids = groups.flatMap((group) => {
    if (forDuplicates) return group.slice(1);
    if (how === "exclude_all") return group;
    const share = (truth: string) => group.filter((example) => example.ground_truth_output === truth).length;
    return group.filter((example) => share(example.ground_truth_output) * 2 <= group.length);
  });
  const selection = { kind: "ids" as const, ids: ids.map((example) => example.id) };
  return how === "delete_later" ? { kind: "delete", selection } : { kind: "exclude", selection, excluded: true };
}
