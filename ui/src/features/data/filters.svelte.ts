import type { ColumnFilter } from "../../api/bindings/ColumnFilter";
import type { ExampleFilter } from "../../api/bindings/ExampleFilter";
import type { ExampleSort } from "../../api/bindings/ExampleSort";

/** What the grid is asked to show, as the user set it. */
export class GridFilter {
  split = $state<ExampleFilter["split"]>(null);
  search = $state("");
  columns = $state.raw<ColumnFilter[]>([]);
  excluded = $state<boolean | null>(null);
  only = $state<ExampleFilter["only"]>(null);
  sort = $state.raw<ExampleSort | null>(null);

  /** Whether anything is held back. */
  get active(): boolean {
    return (
      this.split !== null ||
      this.search.trim() !== "" ||
      this.columns.length > 0 ||
      this.excluded !== null ||
      this.only !== null
    );
  }

  /** As the commands take it; `search` is what has been typed to its end. */
  request(search: string): ExampleFilter {
    const { split, columns, excluded, only } = this;
    return { split, search, columns, excluded, only, number: null };
  }

  of(column: string): ColumnFilter | undefined {
    return this.columns.find((filter) => filter.column === column);
  }

  /** One filter a column: a new one takes the place of the one before. */
  setColumn(filter: ColumnFilter): void {
    this.columns = [...this.columns.filter((other) => other.column !== filter.column), filter];
  }

  dropColumn(column: string): void {
    this.columns = this.columns.filter((other) => other.column !== column);
  }

  /** Ascending, descending, as the file has them. */
  turn(column: string): void {
    if (this.sort?.column !== column) this.sort = { column, descending: false };
    else this.sort = this.sort.descending ? null : { column, descending: true };
  }

  /** Exactly the examples that stand behind a number. */
  showOnly(change: { only?: ExampleFilter["only"]; column?: ColumnFilter; split?: ExampleFilter["split"] }): void {
    this.clear();
    if (change.only) this.only = change.only;
    if (change.split) this.split = change.split;
    if (change.column) this.columns = [change.column];
  }

  clear(): void {
    this.split = null;
    this.search = "";
    this.columns = [];
    this.excluded = null;
    this.only = null;
  }
}

/** What a filter of a column asks, as words between the column and the text. */
export const OP_WORDS: Record<ColumnFilter["op"], string> = {
  contains: "contains",
  equals: "is",
  starts_with: "starts with",
  empty: "is empty",
  not_empty: "is not empty",
};

/** Whether a filter needs a text. */
export function needsText(op: ColumnFilter["op"]): boolean {
  return op !== "empty" && op !== "not_empty";
}
