import { ApiFailure, call } from "../../api/client";
import type { ColumnRoles } from "../../api/bindings/ColumnRoles";
import type { ImportPreview } from "../../api/bindings/ImportPreview";
import type { ReadOptions } from "../../api/bindings/ReadOptions";
import type { SplitPlan } from "../../api/bindings/SplitPlan";
import type { ImportSource } from "../../app/state.svelte";

export type Role = keyof ColumnRoles;

const DETECT: ReadOptions = { format: null, encoding: null, delimiter: null, quote: null, header: null, sheet: null };
/** How long the whole report may take before the first rows are shown without it: what only flickers helps nobody. */
const PATIENCE_MS = 150;
const FIND: ColumnRoles = { input: null, truth: null, split: null, id: null };

/** What the import sheet asks for, and the preview of it. */
export class PreviewState {
  shown = $state.raw<ImportPreview | null>(null);
  problem = $state<string | null>(null);
  loading = $state(true);
  /** Raw so that requests carry plain objects. */
  options = $state.raw<ReadOptions>(DETECT);

  readonly source: ImportSource;
  /** The project that the examples go to; null: a new one. */
  #project: number | null;
  #roles: ColumnRoles = FIND;
  #plan: SplitPlan | null = null;
  #asked = 0;

  constructor(source: ImportSource, project: number | null) {
    this.source = source;
    this.#project = project;
    void this.#load();
  }

  /** Reads the files differently; roles and division are found anew, columns may have changed. */
  read(change: Partial<ReadOptions>): void {
    // Another format or sheet has a dialect of its own.
    const before = change.format || change.sheet ? { ...DETECT, format: this.options.format } : this.options;
    this.options = { ...before, ...change };
    this.#roles = FIND;
    this.#plan = null;
    void this.#load();
  }

  /** Gives a column a role, or takes it away; a column that had another role leaves it. */
  setRole(role: Role, column: string | null): void {
    const roles: ColumnRoles = { ...(this.shown?.roles ?? FIND) };
    const before = roles[role];
    for (const other of Object.keys(FIND) as Role[]) {
      if (other === role || roles[other] !== column || column === null) continue;
      // Input and ground truth are always needed: they trade places.
      const needed = other === "input" || other === "truth";
      roles[other] = needed && (role === "input" || role === "truth") ? before : null;
    }
    roles[role] = column;
    this.#roles = roles;
    if (role === "split") this.#plan = column === null ? null : { kind: "column", column };
    else if (this.#plan?.kind === "column" && roles.split === null) this.#plan = null;
    void this.#load();
  }

  divide(plan: SplitPlan): void {
    this.#plan = plan;
    const roles = this.shown?.roles ?? FIND;
    this.#roles = { ...roles, split: plan.kind === "column" ? plan.column : null };
    void this.#load();
  }

  /** Another project may have a model that takes less. */
  goTo(project: number | null): void {
    this.#project = project;
    this.#roles = this.shown?.roles ?? this.#roles;
    void this.#load();
  }

  retry(): void {
    void this.#load();
  }

  /** Nobody looks any more: what is still read need not be read to its end. */
  stop(): void {
    if (!this.loading) return;
    this.#asked += 1;
    this.loading = false;
    void call("stop_preview", {}).catch(() => undefined);
  }

  async #load(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.loading = true;
    const began = Date.now();
    const request = {
      ...this.source,
      project: this.#project,
      options: this.options,
      roles: this.#roles,
      plan: this.#plan,
    };
    // Both at once. What is wrong with the files is said by the reading that goes to their end.
    void call("preview_import", { ...request, first_rows_only: true }).then(
      (rows) => this.#showUncounted(asked, began, rows),
      () => undefined,
    );
    try {
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

  /** Shows the first rows of a file that takes long to count. */
  #showUncounted(asked: number, began: number, rows: ImportPreview): void {
    const show = () => {
      if (asked === this.#asked && this.loading) this.shown = rows;
    };
    setTimeout(show, Math.max(0, began + PATIENCE_MS - Date.now()));
  }
}
