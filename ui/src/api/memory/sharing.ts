import type { Commands } from "../bindings/Commands";
import type { DatasetInfo } from "../bindings/DatasetInfo";
import type { ExportDataset } from "../bindings/ExportDataset";
import type { ExportProgress } from "../bindings/ExportProgress";
import type { KnownFile } from "../bindings/KnownFile";
import type { ProjectSummary } from "../bindings/ProjectSummary";
import type { ProjectView } from "../bindings/ProjectView";
import type { PutAwayRun } from "../bindings/PutAwayRun";
import { ApiFailure, type CommandName } from "../client";
import type { Dataset } from "./dataset";
import { baseName } from "./files";

type Put = { archived: number | null; deleted: number | null };
type Kept = { id: number; name: string; dataset: Dataset | null };

/** What of the engine in memory is needed here. */
export type Around<P extends Kept> = {
  projects: P[];
  project: (id: number) => P;
  add: (name: string) => P;
  copy: (from: P, to: P, dataOnly: boolean) => void;
  summary: (project: P) => ProjectSummary;
  view: (project: P) => ProjectView;
  /** Whether a run of the project goes on. */
  busy: (project: number) => boolean;
  nextId: () => number;
  deletedRuns: () => PutAwayRun[];
  /** Removes them for good and gives how many there were. */
  emptyRuns: () => number;
};

type Names =
  | "delete_project"
  | "archive_project"
  | "restore_project"
  | "duplicate_project"
  | "import_project"
  | "list_put_away"
  | "empty_deleted"
  | "rename_dataset"
  | "archive_dataset"
  | "delete_dataset"
  | "restore_dataset"
  | "recognise_file"
  | "merge_file"
  | "export_progress"
  | "cancel_export";
type Handlers = { [K in Names & CommandName]: (request: Commands[K]["request"]) => Commands[K]["response"] };

function refuse(
  message: string,
  code: "invalid" | "not_found" | "run_held" | "file_unreadable" = "invalid",
): ApiFailure {
  return new ApiFailure({ code, message });
}

/** Projects and datasets that were put away, project files, and exports. */
export class Sharing<P extends Kept> {
  readonly #gone: { project: P; put: Put }[] = [];
  readonly #datasets: { project: number; dataset: Dataset; put: Put }[] = [];
  /** Project files by path: the name of the project in each. */
  readonly files = new Map<string, string>();
  /** Exports that came back, by path. */
  readonly known = new Map<string, KnownFile>();
  readonly #exports = new Map<number, ExportProgress>();
  readonly #around: Around<P>;

  constructor(around: Around<P>) {
    this.#around = around;
  }

  /** Begins an export that ends at once. */
  export(request: ExportDataset, path: string): { job: number } {
    const job = this.#around.nextId();
    const rows = this.#around.project(request.project).dataset?.examples.length ?? 0;
    const state = {
      kind: "done" as const,
      path,
      bytes: rows * 80,
      changed_cells: request.safe_for_spreadsheets ? 2 : 0,
    };
    this.#exports.set(job, { rows_done: rows, rows_total: rows, state });
    return { job };
  }

  /** Makes an export stand where a test wants it. */
  setProgress(job: number, progress: ExportProgress): void {
    this.#exports.set(job, progress);
  }

  #free(name: string): string {
    let free = name;
    for (let number = 2; this.#around.projects.some((project) => project.name === free); number += 1) {
      free = `${name} (${number})`;
    }
    return free;
  }

  #refuseWhileRunsGoOn(id: number): void {
    if (this.#around.busy(id)) throw refuse("A run of this project is going on. Pause or stop it first.", "run_held");
  }

  #putAway(id: number, put: Put): Record<string, never> {
    const project = this.#around.project(id);
    this.#refuseWhileRunsGoOn(id);
    this.#around.projects.splice(this.#around.projects.indexOf(project), 1);
    this.#gone.unshift({ project, put });
    return {};
  }

  #putDatasetAway(id: number, put: Put) {
    const project = this.#around.project(id);
    this.#refuseWhileRunsGoOn(id);
    if (!project.dataset) throw refuse("This project has no data.");
    const entry = { project: id, dataset: project.dataset, put };
    this.#datasets.unshift(entry);
    project.dataset = null;
    return this.#shown(entry);
  }

  #shown({ project, dataset, put }: { project: number; dataset: Dataset; put: Put }) {
    const { id, name, rows } = dataset.info;
    const project_name = this.#around.projects.find((known) => known.id === project)?.name ?? "";
    return { id, project, project_name, name, rows, archived_at: put.archived, deleted_at: put.deleted };
  }

  readonly handlers: Handlers = {
    delete_project: ({ project }) => this.#putAway(project, { archived: null, deleted: Date.now() }),
    archive_project: ({ project }) => this.#putAway(project, { archived: Date.now(), deleted: null }),
    restore_project: ({ project }) => {
      const at = this.#gone.findIndex((entry) => entry.project.id === project);
      const [found] = at < 0 ? [] : this.#gone.splice(at, 1);
      if (!found) throw refuse("That project is gone for good.", "not_found");
      this.#around.projects.unshift(found.project);
      return this.#around.summary(found.project);
    },
    duplicate_project: ({ project, name, data_only }) => {
      const original = this.#around.project(project);
      const copy = this.#around.add(name.trim() || this.#free(original.name));
      this.#around.copy(original, copy, data_only);
      return this.#around.view(copy);
    },
    import_project: ({ path }) => {
      const name = this.files.get(path);
      if (name === undefined) {
        throw refuse(`${baseName(path)} is another kind of file, no MLprompt project.`, "file_unreadable");
      }
      return { view: this.#around.view(this.#around.add(this.#free(name))), new_connections: [] };
    },
    list_put_away: () => ({
      projects: this.#gone.map(({ project, put }) => ({
        ...this.#around.summary(project),
        archived_at: put.archived,
        deleted_at: put.deleted,
      })),
      datasets: this.#datasets.map((entry) => this.#shown(entry)),
      runs: this.#around.deletedRuns(),
    }),
    empty_deleted: () => {
      const before = this.#gone.length + this.#datasets.length;
      for (const list of [this.#gone, this.#datasets] as { put: Put }[][]) {
        const kept = list.filter((entry) => entry.put.deleted === null);
        list.splice(0, list.length, ...kept);
      }
      return { removed: before - this.#gone.length - this.#datasets.length + this.#around.emptyRuns() };
    },
    rename_dataset: ({ project: id, name }) => {
      const project = this.#around.project(id);
      if (!project.dataset) throw refuse("This project has no data to rename.");
      const info: DatasetInfo = { ...project.dataset.info, name: name.trim() };
      project.dataset = { ...project.dataset, info };
      return info;
    },
    archive_dataset: ({ project }) => this.#putDatasetAway(project, { archived: Date.now(), deleted: null }),
    delete_dataset: ({ project }) => this.#putDatasetAway(project, { archived: null, deleted: Date.now() }),
    restore_dataset: ({ dataset }) => {
      const at = this.#datasets.findIndex((entry) => entry.dataset.info.id === dataset);
      const [found] = at < 0 ? [] : this.#datasets.splice(at, 1);
      if (!found) throw refuse("That dataset is gone for good. Import its file again.", "not_found");
      this.#around.project(found.project).dataset = found.dataset;
      return found.dataset.info;
    },
    recognise_file: ({ path }) => this.known.get(path) ?? null,
    merge_file: ({ path, update, append }) => {
      const known = this.known.get(path);
      if (!known) throw refuse("This file holds no examples of a project that is here. Import it as new data.");
      const view = this.#around.view(this.#around.project(known.project));
      return { updated: update ? known.changed : 0, added: append ? known.new : 0, view };
    },
    export_progress: ({ job }) => {
      const progress = this.#exports.get(job);
      if (!progress) throw refuse(`Export ${job} is not known any more.`, "not_found");
      return progress;
    },
    cancel_export: ({ job }) => {
      const progress = this.#exports.get(job);
      if (progress?.state.kind === "running") this.#exports.set(job, { ...progress, state: { kind: "cancelled" } });
      return {};
    },
  };
}
