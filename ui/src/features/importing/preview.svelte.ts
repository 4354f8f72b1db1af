import { ApiFailure, call } from "../../api/client";
import type { ColumnRoles } from "../../api/bindings/ColumnRoles";
import type { ImportPreview } from "../../api/bindings/ImportPreview";
import type { ReadOptions } from "../../api/bindings/ReadOptions";
import type { SplitPlan } from "../../api/bindings/SplitPlan";

const DETECT: ReadOptions = {
  format: null,
  encoding: null,
  delimiter: null,
  quote: null,
  header: null,
  sheet: null,
};
const FIND: ColumnRoles = { input: null, truth: null, split: null, id: null };

/** What the import sheet asks for, and the preview of it. */
export class PreviewState {
  shown = $state.raw<ImportPreview | null>(null);
  problem = $state<string | null>(null);
  loading = $state(true);
  /** Raw so that requests carry plain objects. */
  options = $state.raw<ReadOptions>(DETECT);

  readonly paths: string[];
  #roles: ColumnRoles = FIND;
  #plan: SplitPlan | null = null;
  #asked = 0;

  constructor(paths: string[]) {
    this.paths = paths;
    void this.#load();
  }

  /** Reads the files differently; roles and division are found anew, columns may have changed. */
  read(change: Partial<ReadOptions>): void {
    this.options = { ...this.options, ...change };
    this.#roles = FIND;
    this.#plan = null;
    void this.#load();
  }

  /** Gives a column a role; a column that had the other role leaves it. */
  setRole(role: "input" | "truth", column: string): void {
    const roles = this.shown?.roles ?? FIND;
    const other = role === "input" ? "truth" : "input";
    const swapped = roles[other] === column ? roles[role] : roles[other];
    const split = roles.split === column ? null : roles.split;
    const id = roles.id === column ? null : roles.id;
    this.#roles = { split, id, [role]: column, [other]: swapped } as ColumnRoles;
    if (split === null && this.#plan?.kind === "column") this.#plan = null;
    void this.#load();
  }

  divide(plan: SplitPlan): void {
    this.#plan = plan;
    const roles = this.shown?.roles ?? FIND;
    this.#roles = { ...roles, split: plan.kind === "column" ? plan.column : null };
    void this.#load();
  }

  retry(): void {
    void this.#load();
  }

  async #load(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.loading = true;
    try {
      const request = { paths: this.paths, pasted: null, options: this.options, roles: this.#roles, plan: this.#plan };
      const preview = await call("preview_import", request);
      // A later choice is under way: this answer is about an earlier one.
      if (asked !== this.#asked) return;
      this.shown = preview;
      this.problem = null;
    } catch (error) {
      if (asked === this.#asked) this.problem = ApiFailure.from(error).message;
    } finally {
      if (asked === this.#asked) this.loading = false;
    }
  }
}
