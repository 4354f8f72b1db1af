import type { Commands } from "../bindings/Commands";
import type { ColumnRoles } from "../bindings/ColumnRoles";
import type { ImportDataset } from "../bindings/ImportDataset";
import type { DatasetInfo } from "../bindings/DatasetInfo";
import type { Estimate } from "../bindings/Estimate";
import type { ExampleEdit } from "../bindings/ExampleEdit";
import type { OutsideScore } from "../bindings/OutsideScore";
import type { PreparedRun } from "../bindings/PreparedRun";
import type { ProjectSummary } from "../bindings/ProjectSummary";
import type { ProjectView } from "../bindings/ProjectView";
import type { Prompt } from "../bindings/Prompt";
import type { PromptDraft } from "../bindings/PromptDraft";
import type { PromptVersion } from "../bindings/PromptVersion";
import type { RunConfig } from "../bindings/RunConfig";
import type { RunStatus } from "../bindings/RunStatus";
import type { ShipSource } from "../bindings/ShipSource";
import type { SplitPlan } from "../bindings/SplitPlan";
import type { CommandName } from "../client";
import { compared, PromptPairs } from "./comparing";
import { Connections } from "./connections";
import { SAMPLES, type Table } from "./corpus";
import { defaultPlan, divide, makeDataset, type Dataset } from "./dataset";
import { defaultConfig, DEMO } from "./defaults";
import { doubtsOf, rescore } from "./doubts";
import { DatasetHistory, edited, listed, profile, resolution } from "./examples";
import { baseName, MemoryFiles, preview, readFile, uncounted } from "./files";
import { ImportJobs } from "./importJobs";
import { answerOf, calls, exampleHistory, failures, learningMap, missingExamples, outcome } from "./insight";
import { Keeping } from "./keeping";
import { estimate, Measures, preflight } from "./planning";
import { missing, refuse } from "./refusal";
import { searchTree } from "./searchTree";
import { SimulatedRun } from "./simulation";
import { blame } from "./blame";
import { groupsOf } from "./repeats";
import { Sharing } from "./sharing";
import { ship, type Known } from "./shipping";
import { Tries } from "./tries";

type Project = {
  id: number;
  name: string;
  createdAt: number;
  updatedAt: number;
  dataset: Dataset | null;
  history: DatasetHistory;
  /** Examples whose doubt was answered with keep. */
  kept: Set<number>;
  draft: PromptDraft;
  versions: PromptVersion[];
  prepared: PreparedRun | null;
};

type Handlers = { [K in CommandName]: (request: Commands[K]["request"]) => Commands[K]["response"] };

const OPTIMIZER_PROMPT =
  "You improve prompts. Read both prompts, the examples that failed and what was tried before. " +
  "Return new prompts and say why you changed each of them.";

function found<T>(thing: T | undefined, what: string): T {
  if (thing === undefined) throw missing(what);
  return thing;
}

/** The latest of several moments or the highest of several numbers; null of none. */
function last(all: readonly (number | null)[]): number | null {
  return all.reduce((newest, one) => (one !== null && (newest === null || one > newest) ? one : newest), null);
}

/** Everything the commands change. */
export class MemoryEngine {
  readonly files = new MemoryFiles();
  readonly projects: Project[] = [];
  readonly runs: SimulatedRun[] = [];
  readonly connections = new Connections(() => this.#nextId());
  readonly imports = new ImportJobs();
  readonly measures = new Measures();
  /** By project what versions scored that no run measured. */
  readonly outside = new Map<number, OutsideScore[]>();
  readonly tries = new Tries(
    (project) => this.project(project).dataset,
    (request) => this.keeping.handlers.model_price(request),
  );
  readonly pairs = new PromptPairs(
    (project) => this.project(project).dataset,
    (project, prompt, example) => this.tries.answer(project, prompt, example),
    this.measures,
  );
  readonly sharing = new Sharing<Project>({
    projects: this.projects,
    project: (id) => this.project(id),
    add: (name) => this.addProject(name),
    copy: (from, to, dataOnly) => {
      to.dataset = from.dataset;
      to.draft = from.draft;
      if (!dataOnly) to.versions = [...from.versions];
    },
    summary: (project) => this.#summary(project),
    view: (project) => this.#view(project),
    // One that waits is no hindrance, as in the engine.
    busy: (project) => this.runs.some((run) => run.project === project && run.status === "running"),
    nextId: () => this.#nextId(),
    deletedRuns: () =>
      this.#deletedRuns.map(({ run: { id, name, project }, at }) => ({
        id,
        name,
        project,
        project_name: this.project(project).name,
        deleted_at: at,
      })),
    emptyRuns: () => this.#deletedRuns.splice(0).length,
  });
  readonly #deletedRuns: { run: SimulatedRun; at: number }[] = [];
  readonly keeping = new Keeping((id) => this.connections.get(id));
  #lastId = 1;

  handle<K extends CommandName>(name: K, request: Commands[K]["request"]): Commands[K]["response"] {
    return this.#handlers[name](request);
  }

  tick(stepMs: number): void {
    for (const run of this.runs) {
      const before = run.status;
      run.tick(stepMs);
      if (before === "running" && run.status === "completed") this.#keepBest(run);
    }
  }

  activeRuns(): SimulatedRun[] {
    return this.runs.filter((run) => run.active);
  }

  run(id: number): SimulatedRun {
    const run = this.runs.find((known) => known.id === id);
    if (!run) throw missing(`Run ${id}`);
    return run;
  }

  project(id: number): Project {
    const project = this.projects.find((known) => known.id === id);
    if (!project) throw missing(`Project ${id}`);
    return project;
  }

  addProject(name: string, prompt: Prompt = { system_prompt: "", output_prompt: "" }): Project {
    const now = Date.now();
    const project: Project = {
      id: this.#nextId(),
      name,
      createdAt: now,
      updatedAt: now,
      dataset: null,
      history: new DatasetHistory(),
      kept: new Set(),
      draft: { prompt, optimizer_system_prompt: OPTIMIZER_PROMPT, locked: [], taken: null },
      versions: [],
      prepared: null,
    };
    this.projects.unshift(project);
    return project;
  }

  #import({ project: id, options, roles, plan, ...source }: ImportDataset): Project {
    const [path = ""] = this.#paths(source);
    if (!roles.input || !roles.truth) throw refuse("Choose the column of the input and of the ground truth.");
    const { table } = readFile(this.files, path, options);
    const project = id === null ? this.addProject(baseName(path).replace(/\.\w+$/, "")) : this.project(id);
    project.dataset = this.#dataset(project, table, baseName(path), roles, plan);
    project.dataset.info.suggested_metric.from_file = this.files.brings.get(path)?.metrics ?? [];
    project.updatedAt = Date.now();
    return project;
  }

  addDataset(project: Project, table: Table, name: string): void {
    const [input = null, truth = null] = table.columns;
    const roles = { input, truth, split: null, id: null };
    project.dataset = this.#dataset(project, table, name, roles, defaultPlan(table.rows.length));
  }

  addVersion(project: Project, prompt: Prompt, note: string, run?: SimulatedRun): PromptVersion {
    const version: PromptVersion = {
      id: this.#nextId(),
      number: (project.versions[0]?.number ?? 0) + 1,
      prompt,
      author: run ? "optimizer" : "hand",
      run: run?.id ?? null,
      run_name: run?.name ?? null,
      epoch: run?.bestPrompt().epoch ?? null,
      locked: project.draft.locked.filter(({ half, text }) => prompt[`${half}_prompt`].includes(text)),
      note,
      created_at: Date.now(),
      validation: run?.bestPrompt().validation ?? null,
      measured: [],
      marks: [],
    };
    const score = version.validation;
    if (run && score) {
      const { connection, model } = run.config.primary;
      version.measured = [{ run: run.id, run_name: run.name, connection, model, score }];
    }
    project.versions.unshift(version);
    return version;
  }

  startRun(project: Project, config: RunConfig, createdAt = Date.now()): SimulatedRun {
    if (!project.dataset) throw refuse("This project has no examples yet. Import a file on the Data screen.");
    const simulated = (["primary", "optimizer", "judge"] as const).filter(
      (role) => config[role]?.connection === DEMO.id,
    );
    const name = config.name || `run ${this.runs.filter((run) => run.project === project.id).length + 1}`;
    const run = new SimulatedRun(this.#nextId(), project.id, name, config, project.dataset, simulated, createdAt);
    this.runs.unshift(run);
    project.prepared = null;
    return run;
  }

  defaultConfig(project: Project): RunConfig {
    return defaultConfig(project.draft, project.dataset?.info ?? null, this.#runsOf(project.id)[0]?.config);
  }

  #dataset(project: Project, table: Table, name: string, roles: ColumnRoles, plan: SplitPlan): Dataset {
    const version = (project.dataset?.info.version ?? 0) + 1;
    const made = makeDataset(table, name, "UTF-8, comma", roles, plan, { id: this.#nextId(), version });
    return project.history.add(made, `imported ${name}`);
  }

  #needed(project: Project): Dataset {
    if (!project.dataset) throw refuse("This project has no data yet. Drop a file on the window first.");
    return project.dataset;
  }

  #changed(project: Project, dataset: Dataset, change: string): DatasetInfo {
    project.dataset = project.history.add(dataset, change);
    return project.dataset.info;
  }

  #moved(project: Project, move: (history: DatasetHistory) => Dataset): DatasetInfo {
    project.dataset = move(project.history);
    return project.dataset.info;
  }

  #edit(project: Project, edit: ExampleEdit): DatasetInfo {
    const doubts = this.#doubtful(project);
    const { dataset, change } = edited(this.#needed(project), edit, () => this.#nextId(), doubts);
    return this.#changed(project, dataset, change);
  }

  /** Examples in the doubt queue of the newest run that has ended. */
  #doubtful(project: Project): number[] {
    const run = this.#runsOf(project.id).find((known) => known.status === "completed");
    if (!run || !project.dataset) return [];
    return doubtsOf(run, project.dataset, project.kept).map((doubt) => doubt.example.id);
  }

  /** Pasted cells are a file without a name of its own. */
  #paths({ paths, pasted }: { paths: string[]; pasted: string | null }): string[] {
    if (pasted === null) return paths;
    this.files.add("/pasted cells", pasted);
    return ["/pasted cells"];
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** A completed run leaves its best prompt as a version. */
  #keepBest(run: SimulatedRun): void {
    const best = run.bestPrompt();
    if (best.epoch === 0) return;
    const { system_prompt, output_prompt } = best;
    this.addVersion(this.project(run.project), { system_prompt, output_prompt }, "", run);
  }

  /** A version with what was starred or noted on its epoch. */
  #marked(version: PromptVersion): PromptVersion {
    const run = version.author === "optimizer" ? this.runs.find(({ id }) => id === version.run) : undefined;
    const own = (run?.view().marks ?? []).filter(({ epoch }) => epoch === version.epoch);
    return { ...version, marks: own.map((mark) => ({ run: run?.id ?? 0, run_name: run?.name ?? "", ...mark })) };
  }

  #runsOf(project: number): SimulatedRun[] {
    return this.runs.filter((run) => run.project === project);
  }

  #summary(project: Project): ProjectSummary {
    const runs = this.#runsOf(project.id).map((run) => run.summary());
    const scores = runs.flatMap((run) => (run.best.validation ? [run.best.validation] : []));
    const best = scores.sort((a, b) => b.score - a.score)[0] ?? null;
    const holder = this.#runsOf(project.id).find((run) => best && run.summary().best.validation?.score === best.score);
    return {
      id: project.id,
      name: project.name,
      created_at: project.createdAt,
      updated_at: project.updatedAt,
      rows: project.dataset?.info.rows ?? 0,
      dataset: project.dataset?.info.name ?? null,
      archived_at: null,
      deleted_at: null,
      runs: runs.length,
      best,
      best_run: holder?.name ?? null,
      best_roles: holder ? ["primary", "optimizer", ...(holder.config.judge ? ["judge" as const] : [])] : [],
      best_simulated: holder?.summary().simulated_roles ?? [],
      sparkline: holder?.epochs.flatMap((epoch) => (epoch.validation ? [epoch.validation.score] : [])) ?? [],
      last_run: runs[0] ?? null,
      cost: runs.reduce<number | null>((sum, { usage }) => (usage.cost === null ? sum : (sum ?? 0) + usage.cost), null),
      unpriced: runs.filter(({ usage }) => usage.cost === null).length,
    };
  }

  #view(project: Project): ProjectView {
    return {
      project: this.#summary(project),
      dataset: project.dataset?.info ?? null,
      draft: project.draft,
      version: project.versions[0]?.number ?? 0,
      runs: this.#runsOf(project.id).map((run) => run.summary()),
    };
  }

  #estimate(id: number, config: RunConfig): Estimate {
    const { dataset } = this.project(id);
    if (!dataset) throw refuse("This project has no examples yet. Import a file on the Data screen.");
    return estimate(dataset.examples, config, this.connections);
  }

  #shipped(source: ShipSource): Known {
    if (source.kind === "prompt") {
      const project = this.project(source.project);
      const scores = { train: null, validation: null, test: null };
      const { primary: model } = this.defaultConfig(project);
      const { prompt } = source;
      return { name: `${project.name}, edited prompts`, prompt, model, scores, openedBefore: 0, baseline: null };
    }
    const { run, epoch } = source.point;
    const { name, config, best, baseline, test_opened_before: openedBefore } = this.run(run).summary();
    const first = epoch === 0;
    const prompt = first ? config.prompt : { system_prompt: best.system_prompt, output_prompt: best.output_prompt };
    const what = first ? "first prompts" : `best prompts, epoch ${best.epoch}`;
    const scores = first ? baseline : best;
    return { name: `${name}, ${what}`, prompt, model: config.primary, scores, openedBefore, baseline };
  }

  readonly #handlers: Handlers = {
    ...this.sharing.handlers,
    ...this.keeping.handlers,
    ...this.connections.handlers,
    ...this.tries.handlers,
    list_projects: () => this.projects.map((project) => this.#summary(project)),
    known_projects: () => {
      return {
        count: this.projects.length,
        changed_at: last(this.projects.map(({ updatedAt }) => updatedAt)),
        runs: this.runs.length,
        last_run: last(this.runs.map(({ id }) => id)),
        ended_at: last(this.runs.map((run) => run.summary().ended_at)),
      };
    },
    list_samples: () => SAMPLES.map((sample) => sample.info),
    create_sample: ({ sample }) => {
      const found = SAMPLES.find((known) => known.info.id === sample);
      if (!found) throw missing(`The sample ${sample}`);
      const taken = new Set([...this.projects.values()].map(({ name }) => name));
      let name = found.info.name;
      for (let number = 2; taken.has(name); number += 1) name = `${found.info.name} (${number})`;
      const project = this.addProject(name, found.prompt);
      this.addDataset(project, found.table(), `${found.info.id}.csv`);
      this.addVersion(project, found.prompt, "sample").author = "sample";
      return this.#view(project);
    },
    create_project: ({ name }) => {
      if (name.trim() === "") throw refuse("A project needs a name.");
      return this.#view(this.addProject(name.trim()));
    },
    open_project: ({ project }) => this.#view(this.project(project)),
    rename_project: ({ project, name }) => {
      if (name.trim() === "") throw refuse("A project needs a name.");
      const found = this.project(project);
      found.name = name.trim();
      return this.#summary(found);
    },
    clear_cache: ({ project }) => {
      const runs = this.#runsOf(this.project(project).id);
      return { answers: runs.reduce((sum, run) => sum + run.usage.calls, 0) };
    },
    preview_import: ({ options, roles, plan, first_rows_only, ...source }) => {
      const whole = preview(this.files, this.#paths(source), options, roles, plan).preview;
      return first_rows_only ? uncounted(whole) : whole;
    },
    stop_preview: () => ({}),
    import_dataset: (request) => this.#view(this.#import(request)),
    start_import: (request) => {
      const [path = ""] = this.#paths(request);
      const { table, size } = readFile(this.files, path, request.options);
      return { job: this.imports.start(size, table.rows.length, () => this.#import(request).id) };
    },
    import_progress: ({ job }) => this.imports.progress(job),
    cancel_import: ({ job }) => {
      this.imports.cancel(job);
      return {};
    },
    list_examples: ({ project: id, filter, sort, offset, limit }) => {
      const project = this.project(id);
      const rows = project.dataset ? listed(project.dataset, filter, sort, this.#doubtful(project)) : [];
      return { total: rows.length, rows: rows.slice(offset, offset + limit) };
    },
    split_dataset: ({ project: id, plan }) => {
      const project = this.project(id);
      const dataset = this.#needed(project);
      const examples = divide(dataset.examples, plan, dataset.info.columns);
      return this.#changed(project, { info: { ...dataset.info, id: this.#nextId(), plan }, examples }, "divided anew");
    },
    edit_examples: ({ project, edit }) => this.#edit(this.project(project), edit),
    undo_edit: ({ project: id }) => this.#moved(this.project(id), (history) => history.undo()),
    redo_edit: ({ project: id }) => this.#moved(this.project(id), (history) => history.redo()),
    list_dataset_versions: ({ project }) => this.project(project).history.versions(),
    restore_dataset_version: ({ project: id, version }) =>
      this.#moved(this.project(id), (history) => history.restore(version, this.#nextId())),
    data_profile: ({ project }) => profile(this.#needed(this.project(project))),
    resolve_repeats: ({ project: id, kind, how }) => {
      const project = this.project(id);
      return this.#edit(project, resolution(this.#needed(project).examples, kind, how));
    },
    list_doubts: ({ project: id, run }) => {
      const project = this.project(id);
      return doubtsOf(this.run(run), this.#needed(project), project.kept);
    },
    resolve_doubt: ({ project: id, example, action }) => {
      const project = this.project(id);
      const { info } = this.#needed(project);
      if (action.kind === "keep" || action.kind === "reopen") {
        if (action.kind === "keep") project.kept.add(example);
        else project.kept.delete(example);
        return info;
      }
      if (action.kind === "exclude") {
        return this.#edit(project, { kind: "exclude", selection: { kind: "ids", ids: [example] }, excluded: true });
      }
      return this.#edit(project, { kind: "set_cell", example, column: info.roles.truth ?? "", text: action.text });
    },
    rescored: ({ run: id }) => {
      const run = this.run(id);
      return rescore(run, this.#needed(this.project(run.project)));
    },
    save_draft: ({ project, draft }) => {
      this.project(project).draft = draft;
      return {};
    },
    list_prompt_versions: ({ project }) => this.project(project).versions.map((version) => this.#marked(version)),
    save_prompt_version: ({ project: id, prompt, note }) => {
      const project = this.project(id);
      const newest = project.versions[0];
      const same =
        newest?.prompt.system_prompt === prompt.system_prompt && newest.prompt.output_prompt === prompt.output_prompt;
      if (newest && same) return newest;
      const text = JSON.stringify(prompt);
      const known = project.versions.some((version) => JSON.stringify(version.prompt) === text);
      const version = this.addVersion(project, prompt, note);
      const { taken } = project.draft;
      if (!taken || known) return version;
      const run_name = this.runs.find((run) => run.id === taken.run)?.name ?? null;
      return Object.assign(version, { run: taken.run, run_name, epoch: taken.epoch });
    },
    withdraw_version: ({ project: id, version }) => {
      const project = this.project(id);
      const [newest] = project.versions;
      if (newest?.id !== version || newest.author !== "hand")
        throw refuse("Only the newest version can be taken back.");
      project.versions = project.versions.slice(1);
      return {};
    },
    scores_outside_runs: ({ project }) => this.outside.get(project) ?? [],
    note_version: ({ project, version: id, note }) => {
      const version = found(
        this.project(project).versions.find((known) => known.id === id),
        `Version ${id}`,
      );
      version.note = note.trim();
      return this.#marked(version);
    },
    default_optimizer_prompt: () => ({ text: OPTIMIZER_PROMPT }),
    count_tokens: ({ texts }) => texts.map((text) => Math.ceil(text.length / 4)),
    blame: ({ project, prompt }) => blame(this.project(project).versions, this.runs, prompt),
    preflight: ({ project, config }) =>
      preflight(this.#estimate(project, config), this.measures.known(project), this.measures.refusal),
    compare_prompts: (request) => this.pairs.compare(request),
    start_comparing: (request) => this.pairs.start(request),
    known_model: (request) => {
      const runs = this.runs.filter((run) => run.project === request.project);
      return this.pairs.known(request, [...runs.map((run) => run.config.primary), request.config.primary]);
    },
    start_measure: ({ project, config }) => this.measures.start(project, this.#estimate(project, config)),
    measure_progress: ({ job }) => this.measures.progress(job),
    stop_measure: ({ job }) => {
      this.measures.stop(job);
      return {};
    },
    estimate_run: ({ project, config }) => this.#estimate(project, config),
    default_run_config: ({ project }) => this.defaultConfig(this.project(project)),
    first_run_config: ({ project: id }) => {
      const project = this.project(id);
      return defaultConfig(project.draft, project.dataset?.info ?? null, undefined);
    },
    prepared_run: ({ project }) => this.project(project).prepared,
    save_prepared_run: ({ project, prepared }) => {
      this.project(project).prepared = prepared;
      return {};
    },
    start_repeats: ({ project, config, repeats }) =>
      Array.from({ length: repeats }, (_, index) => {
        const repeat = { group: repeats, number: index + 1, of: repeats, split_seed: index };
        const name = `${config.name}, repeat ${index + 1} of ${repeats}`;
        return this.startRun(this.project(project), { ...config, name, repeat }).summary();
      }),
    list_repeats: ({ project }) => groupsOf(this.#runsOf(project).map((run) => run.summary())),
    find_elsewhere: ({ text, project }) => {
      const words = text
        .toLowerCase()
        .split(/\s+/)
        .map((word) => word.replace(/^[^\p{L}\p{N}#]+|[^\p{L}\p{N}]+$/gu, ""))
        .filter(Boolean);
      if (words.length === 0) return { runs: [], versions: [] };
      const others = this.projects.filter(({ id }) => id !== project);
      const runs = this.runs.flatMap((run) => {
        const owner = others.find(({ id }) => id === run.project);
        const named =
          `open run ${run.name} ${owner?.name ?? ""} #${run.id} ${run.status} ${run.summary().archived ? "archived" : ""}`.toLowerCase();
        if (!owner || !words.every((word) => named.includes(word))) return [];
        const { id, name, status, best, archived } = run.summary();
        const score = best.validation?.score ?? null;
        return [{ id, name, project: owner.id, project_name: owner.name, status, best: score, archived }];
      });
      const number = Number(/^v(\d+)$/.exec(words[0] ?? "")?.[1] ?? 0);
      const versions = others.flatMap(({ id, name, versions }) =>
        versions
          .filter((version) => version.number === number)
          .map(({ note }) => ({ number, project: id, project_name: name, note })),
      );
      return { runs, versions };
    },
    start_run: ({ project, config }) => this.startRun(this.project(project), config).summary(),
    pause_run: ({ run }) => {
      this.run(run).pause();
      return {};
    },
    retry_missing: ({ run }) => {
      this.run(run).answerMissing();
      return this.run(run).summary();
    },
    resume_run: ({ run }) => {
      this.run(run).resume();
      return this.run(run).summary();
    },
    stop_run: ({ run }) => {
      this.run(run).stop();
      return {};
    },
    finish_run: ({ run }) => {
      this.run(run).complete();
      return {};
    },
    rename_run: ({ run, name }) => {
      this.run(run).name = name;
      return this.run(run).summary();
    },
    archive_run: ({ run, archived }) => {
      this.run(run).archived = archived;
      return this.run(run).summary();
    },
    delete_run: ({ run: id }) => {
      const run = this.run(id);
      this.runs.splice(this.runs.indexOf(run), 1);
      this.#deletedRuns.push({ run, at: Date.now() });
      return {};
    },
    restore_run: ({ run: id }) => {
      const at = this.#deletedRuns.findIndex(({ run }) => run.id === id);
      const [found] = at < 0 ? [] : this.#deletedRuns.splice(at, 1);
      if (!found) throw missing(`Run ${id}`);
      this.runs.push(found.run);
      this.runs.sort((a, b) => b.id - a.id);
      return found.run.summary();
    },
    known_runs: ({ project }) => {
      const all = this.#runsOf(project).map((run) => run.summary());
      const idsOf = (...wanted: RunStatus[]) => all.filter(({ status }) => wanted.includes(status)).map(({ id }) => id);
      return {
        count: all.length,
        last: all[0]?.id ?? null,
        dataset: this.project(project).dataset?.info.id ?? null,
        moving: idsOf("queued", "running"),
        waiting: idsOf("paused", "interrupted"),
        ended_at: last(all.map((run) => run.ended_at)),
      };
    },
    list_runs: ({ project }) => this.#runsOf(project).map((run) => run.summary()),
    get_run: ({ run }) => this.run(run).view(),
    get_epoch: ({ run, epoch }) => {
      const detail = this.run(run).detail(epoch);
      if (!detail) throw missing(`Epoch ${epoch}`);
      return detail;
    },
    search_tree: ({ run }) => searchTree(this.run(run)),
    list_compared: ({ run: id, epoch, bucket, offset, limit }) => {
      const run = this.run(id);
      const proposal = run.candidate(epoch);
      if (!proposal) throw missing(`Epoch ${epoch}`);
      const rows = run
        .answered(epoch, run.compared(run.bestBefore(epoch), proposal, "validation"))
        .filter((row) => bucket === null || row.bucket === bucket);
      return { total: rows.length, rows: rows.slice(offset, offset + limit) };
    },
    list_failures: (request) => found(failures(this.run(request.run), request), `Epoch ${request.epoch}`),
    learning_map: ({ run, split }) => learningMap(this.run(run), split),
    example_history: ({ run, example }) => found(exampleHistory(this.run(run), example), `Example ${example}`),
    call_answer: ({ run, call }) => ({ text: found(answerOf(this.run(run), call), `Call ${call}`) }),
    list_calls: (request) => calls(this.run(request.run), request),
    list_missing: (request) => missingExamples(this.run(request.run), request),
    test_usage: ({ run }) => ({ usage: this.run(run).testUsage, ended: this.run(run).usageAtEnd }),
    mark_epoch: ({ run, ...mark }) => this.run(run).mark(mark),
    run_outcome: ({ run }) => outcome(this.run(run)),
    compare: ({ first, second, split }) =>
      found(compared(this.run(first.run), first.epoch, this.run(second.run), second.epoch, split), "That epoch"),
    list_interrupted: () => this.runs.filter((run) => run.status === "interrupted").map((run) => run.summary()),
    ship_prompt: ({ source, model }) => {
      const known = this.#shipped(source);
      const called = model ?? known.model;
      if (called.model.trim() === "") throw refuse("Enter the name of a model.");
      return ship(known, called, called.connection !== DEMO.id);
    },
    export_comparison: ({ first, second, split, format }) => ({
      text: `${format}: ${this.run(second.run).name} against ${this.run(first.run).name} on ${split}`,
    }),
    export_prompts: (request) => ({ text: this.pairs.report(request) }),
    export_runs: ({ runs, format }) => ({
      text: `${format}: ${runs.map((run) => this.run(run).name).join(", ")}`,
    }),
    export_run: ({ run, format }) => ({
      text: format === "json" ? JSON.stringify(this.run(run).view(), null, 2) : `# ${this.run(run).name}\n`,
    }),
  };
}
