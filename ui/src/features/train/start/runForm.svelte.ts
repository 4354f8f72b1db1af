import { ApiFailure, call } from "../../../api/client";
import { LastQuestion } from "../../../api/question";
import type { Estimate } from "../../../api/bindings/Estimate";
import type { MetricKind } from "../../../api/bindings/MetricKind";
import type { PreparedRun } from "../../../api/bindings/PreparedRun";
import type { RunConfig } from "../../../api/bindings/RunConfig";
import type { RunPreset } from "../../../api/bindings/RunPreset";
import { EditHistory, type Edit } from "../../../app/edits.svelte";
import { runs } from "../../../app/runs.svelte";
import { app } from "../../../app/state.svelte";
import { oneLine } from "../../../format/oneLine";
import { lockedWith } from "../../prompts/locks";
import { place } from "../place.svelte";
import { changedUnderAdvanced } from "./advanced";
import { PreflightCheck } from "./preflightCheck.svelte";
import { findProblems } from "./problems";
import { wishName, type Wish } from "./wish";

const ESTIMATE_MS = 250;
/** What is filled in is kept this long after the last change. */
const KEEP_MS = 400;
/** Changes of one field that follow one another as fast as this are one, as when a name is typed. */
const BURST_MS = 800;
/** Letters of a run's name in a notice. */
const LONGEST_NAME = 60;

function promptsOf({ prompt, locked, optimizer_system_prompt }: RunConfig) {
  return { prompt, locked, optimizer_system_prompt };
}

/** All of what is filled in, as a step of the history leads to it. */
interface Filled {
  config: RunConfig;
  /** It starts from prompts of its own, not from what is being edited. */
  own: boolean;
  /** Only where the change is one of the runs' number as well. */
  repeats?: number;
}

/** The settings of a run that is being prepared, with what it would use. */
export class RunForm {
  readonly project: number;
  readonly #first: boolean;
  /** Replaced as a whole; null until the engine has given the defaults. */
  config = $state.raw<RunConfig | null>(null);
  estimate = $state.raw<Estimate | null>(null);
  /** Why there is no estimate, in the engine's words. */
  estimateProblem = $state<string | null>(null);
  estimating = $state(false);
  /** Why the last start did not work. */
  startProblem = $state<string | null>(null);
  starting = $state(false);
  /** Problems are shown once a start was tried: an empty form is no mistake yet. */
  tried = $state(false);

  /** Whether the settings under Advanced are shown; null until that was chosen. */
  advanced = $state<boolean | null>(null);

  /** What was found of these settings before a start. */
  readonly preflight: PreflightCheck;

  /** What was changed in the form. */
  readonly history = new EditHistory();

  /** The name that was offered, which another one takes the place of as long as nobody chose one. */
  #offered = "";
  readonly #question = new LastQuestion();
  #burst = { fields: "", at: 0, before: null as Filled | null };
  #timer: ReturnType<typeof setTimeout> | null = null;
  #keeping: ReturnType<typeof setTimeout> | null = null;
  #kept: Promise<boolean> = Promise.resolve(true);
  #ownPrompts = false;
  /** What the project says of a new run, its prompts above all. */
  #usual = $state.raw<RunConfig | null>(null);
  /** What a project without a run begins with. */
  #begunWith = $state.raw<RunConfig | null>(null);
  #granted: Wish | null = null;
  #repeats = $state(1);

  /** The first form of a project since the window opened takes up what was left in one before. */
  constructor(project: number, first = false) {
    this.project = project;
    this.preflight = new PreflightCheck(project, () => this.#estimateSoon(0));
    this.#first = first;
  }

  /** Which settings under Advanced are not those that a project begins with, whether chosen here or taken over from the last run. */
  get changed(): string[] {
    if (!this.config || !this.#begunWith) return [];
    // A name is offered anew for each run.
    const begunWith = { ...this.#begunWith, name: this.#usual?.name ?? "" };
    return changedUnderAdvanced(this.config, begunWith, this.#repeats);
  }

  get problems() {
    return this.config ? findProblems(this.config) : {};
  }

  /** How many runs, each on another division of the dataset. */
  get repeats(): number {
    return this.#repeats;
  }

  set repeats(repeats: number) {
    this.#repeats = repeats;
    this.#keepSoon();
  }

  /**
   * Begins with what was filled in when the window was closed, or with the defaults of the project; what was filled in since the window is
   * open stands. A wish becomes a change of that.
   */
  async load(wish: Wish | null = null): Promise<void> {
    this.startProblem = null;
    this.tried = false;
    const request = { project: this.project };
    try {
      const [usual, begunWith] = await Promise.all([
        call("default_run_config", request),
        call("first_run_config", request),
      ]);
      const left = this.config || !this.#first ? null : await call("prepared_run", request);
      this.#usual = usual;
      this.#begunWith = begunWith;
      if (this.config) this.#comeBack(this.config, usual);
      else if (left) this.#takeUp(left, usual);
      else this.config = usual;
      this.#offered = usual.name;
      if (wish && wish !== this.#granted) this.#grant(wish, usual);
      this.#granted = wish;
      this.#estimateSoon(0);
    } catch (error) {
      this.startProblem = ApiFailure.from(error).message;
    }
  }

  /** What the project says anew: the next free name, and the prompts of its draft where the run is to start from them. */
  #comeBack(config: RunConfig, usual: RunConfig): void {
    const name = config.name === this.#offered ? usual.name : config.name;
    this.config = this.#withPrompts({ ...config, name }, this.#ownPrompts);
  }

  /** Goes on with what was left when the window was closed; a step back leads to what is usual. */
  #takeUp({ config, own_prompts, repeats }: PreparedRun, usual: RunConfig): void {
    const left = { config: this.#withPrompts(config, own_prompts), own: own_prompts, repeats };
    this.#step("Take up the settings left here", { config: usual, own: false, repeats: 1 }, left);
    this.config = left.config;
    this.#ownPrompts = left.own;
    this.#repeats = left.repeats;
  }

  /** What was wished for takes its place in the form. Where that was filled in, it is said, and a step back leads to it. */
  #grant(wish: Wish, usual: RunConfig): void {
    const config = this.config ?? usual;
    const before: Filled = { config, own: this.#ownPrompts, repeats: this.#repeats };
    const filledIn = this.history.toUndo !== null;
    const otherPrompts = { ...config, ...promptsOf(usual), parent: null };
    const after: Filled =
      wish.kind === "settings"
        ? { config: { ...wish.config, name: config.name }, own: true, repeats: 1 }
        : wish.kind === "version"
          ? {
              config: { ...otherPrompts, prompt: wish.prompt, locked: lockedWith(otherPrompts.locked, wish.locked) },
              own: true,
            }
          : { config: otherPrompts, own: false };
    if (before.own === after.own && JSON.stringify(config) === JSON.stringify(after.config)) return;
    this.#show(after);
    const edit = this.#step(wishName(wish), before, after);
    // What is usual is nobody's work: nothing of it is missed.
    if (!(before.own || (wish.kind === "settings" && filledIn))) return;
    app.notify({
      kind: "info",
      message: this.#madeWay(wish, before),
      action: { name: "Undo", run: () => void this.history.take(edit), possible: () => this.history.has(edit) },
    });
  }

  /** What is not in the form any more, and what is instead. */
  #madeWay(wish: Wish, { config, own }: Filled): string {
    const parent = config.parent;
    const run = parent ? app.project?.runs.find(({ id }) => id === parent.run)?.name : undefined;
    const of = run === undefined ? "" : ` from “${oneLine(run, LONGEST_NAME)}”`;
    if (wish.kind === "settings") {
      return `The form has the settings of “${oneLine(wish.of, LONGEST_NAME)}” now, in place of those that were filled in${own ? of : ""}.`;
    }
    const source = wish.kind === "draft" ? "the prompts being edited" : `version ${wish.number}`;
    return `The form starts from ${source} now, not from the prompts it had${of}. Its other settings stay.`;
  }

  /** Prompts of its own stay; otherwise a run starts from those that are being edited by now. */
  #withPrompts(config: RunConfig, own: boolean): RunConfig {
    return own || !this.#usual ? config : { ...config, ...promptsOf(this.#usual) };
  }

  /** Begins anew with the project's own draft and settings. */
  beginAnew(): void {
    if (!this.config || !this.#usual) return;
    const before = { config: this.config, own: this.#ownPrompts, repeats: this.#repeats };
    const after = { config: { ...this.#usual, name: this.config.name }, own: false, repeats: 1 };
    this.#show(after);
    this.#step("Start from the draft", before, after);
  }

  change(part: Partial<RunConfig>, name = "Change a setting"): void {
    if (!this.config) return;
    const before = { config: this.config, own: this.#ownPrompts };
    const to = { ...before, config: { ...before.config, ...part } };
    this.#show(to);
    const fields = Object.keys(part).join();
    const goesOn = fields === this.#burst.fields && Date.now() - this.#burst.at < BURST_MS;
    if (goesOn) this.history.dropLast();
    const from = goesOn && this.#burst.before ? this.#burst.before : before;
    this.#step(name, from, to);
    this.#burst = { fields, at: Date.now(), before: from };
  }

  /** Takes note of a change of what is filled in. */
  #step(name: string, from: Filled, to: Filled): Edit {
    const edit = { name, undo: () => this.#show(from), redo: () => this.#show(to) };
    this.history.record(edit);
    // What is typed next is a change of its own.
    this.#burst = { fields: "", at: 0, before: null };
    return edit;
  }

  /** Takes the settings of a preset; prompts and the name of the run stay as they are. */
  usePreset({ name, config }: RunPreset): void {
    if (!this.config) return;
    const { name: runName, prompt, locked, optimizer_system_prompt, repeat, parent } = this.config;
    const own = { name: runName, prompt, locked, optimizer_system_prompt, repeat, parent };
    this.change({ ...config, ...own }, `Use the preset “${name}”`);
  }

  #show({ config, own, repeats }: Filled): void {
    // A step back must not bring back prompts that were changed elsewhere.
    this.config = this.#withPrompts(config, own);
    this.#ownPrompts = own;
    this.#repeats = repeats ?? this.#repeats;
    this.startProblem = null;
    this.#estimateSoon(ESTIMATE_MS);
    this.#keepSoon();
  }

  #keepSoon(): void {
    if (this.#keeping !== null) clearTimeout(this.#keeping);
    this.#keeping = setTimeout(() => void this.keep(), KEEP_MS);
  }

  /** Keeps what is filled in and not kept yet, also past the end of the window; false when that failed. */
  keep(): Promise<boolean> {
    if (this.#keeping === null || !this.config) return this.#kept;
    this.#forgetKeeping();
    const prepared = { config: this.config, own_prompts: this.#ownPrompts, repeats: this.#repeats };
    this.#kept = call("save_prepared_run", { project: this.project, prepared }).then(
      () => true,
      (error: unknown) => {
        app.fail(error);
        return false;
      },
    );
    return this.#kept;
  }

  #forgetKeeping(): void {
    if (this.#keeping !== null) clearTimeout(this.#keeping);
    this.#keeping = null;
  }

  /** Puts a metric in place; the judge gets a model as soon as one is needed. */
  setMetric(index: number, metric: MetricKind): void {
    if (!this.config) return;
    const metrics = this.config.metrics.map((spec, i) => (i === index ? { ...spec, metric } : spec));
    this.change({ metrics, judge: this.#judgeFor(metrics.map((spec) => spec.metric)) });
  }

  /** Measures exactly this. */
  setMetrics(metrics: RunConfig["metrics"]): void {
    this.change({ metrics, judge: this.#judgeFor(metrics.map((spec) => spec.metric)) });
  }

  addMetric(metric: MetricKind): void {
    if (this.config) this.change({ metrics: [...this.config.metrics, { metric, weight: 1 }] });
  }

  removeMetric(index: number): void {
    if (!this.config) return;
    const metrics = this.config.metrics.filter((_, i) => i !== index);
    this.change({ metrics, judge: this.#judgeFor(metrics.map((spec) => spec.metric)) });
  }

  setWeight(index: number, weight: number): void {
    if (!this.config) return;
    this.change({ metrics: this.config.metrics.map((spec, i) => (i === index ? { ...spec, weight } : spec)) });
  }

  #judgeFor(metrics: MetricKind[]): RunConfig["judge"] {
    if (!this.config || !metrics.some((metric) => metric.kind === "judge")) return null;
    return this.config.judge ?? { ...this.config.optimizer };
  }

  /** Starts the run and shows it. False when something has to be changed first. */
  async start(): Promise<boolean> {
    if (!this.config || this.starting) return false;
    this.tried = true;
    if (Object.keys(this.problems).length > 0) return false;
    this.starting = true;
    this.startProblem = null;
    void this.keep();
    try {
      const request = { project: this.project, config: this.config };
      const started =
        this.repeats > 1
          ? await call("start_repeats", { ...request, repeats: this.repeats })
          : [await call("start_run", request)];
      this.#forgetKeeping();
      place.forgetForm(this.project);
      // Known before it is shown: else the run that was shown before would be, for a moment.
      await Promise.allSettled(started.map((run) => runs.watch(run.id)));
      if (started[0]) place.show(this.project, started[0].id);
      await app.refreshProject();
      return true;
    } catch (error) {
      this.startProblem = ApiFailure.from(error).message;
      return false;
    } finally {
      this.starting = false;
    }
  }

  /** Connections or prices may be others: what it would use is asked for anew. */
  estimateAgain(): void {
    if (!this.config) return;
    this.#estimateSoon(0);
    void this.preflight.again();
  }

  /** Ends what is still under way. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#question.forget();
    void this.keep();
  }

  #estimateSoon(wait: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.estimating = true;
    this.#timer = setTimeout(() => void this.#ask(), wait);
  }

  async #ask(): Promise<void> {
    if (!this.config) return;
    const shown = (estimate: Estimate | null, problem: string | null) => {
      this.estimate = estimate;
      this.estimateProblem = problem;
      this.estimating = false;
    };
    await this.#question.ask(
      call("estimate_run", { project: this.project, config: this.config }),
      (estimate) => shown(estimate, null),
      (problem) => shown(null, problem),
    );
  }
}
