import { ApiFailure, call } from "../../../api/client";
import type { Estimate } from "../../../api/bindings/Estimate";
import type { MetricKind } from "../../../api/bindings/MetricKind";
import type { PreparedRun } from "../../../api/bindings/PreparedRun";
import type { RunConfig } from "../../../api/bindings/RunConfig";
import type { RunPreset } from "../../../api/bindings/RunPreset";
import { EditHistory } from "../../../app/edits.svelte";
import { runs } from "../../../app/runs.svelte";
import { app } from "../../../app/state.svelte";
import { place } from "../place.svelte";
import { PreflightCheck } from "./preflightCheck.svelte";
import { findProblems } from "./problems";

const ESTIMATE_MS = 250;
/** What is filled in is kept this long after the last change. */
const KEEP_MS = 400;
/** Changes of one field that follow one another as fast as this are one, as when a name is typed. */
const BURST_MS = 800;

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

  /** What was found of these settings before a start. */
  readonly preflight: PreflightCheck;

  /** What was changed in the form. */
  readonly history = new EditHistory();

  /** The name that was offered, which another one takes the place of as long as nobody chose one. */
  #offered = "";
  #asked = 0;
  #burst = { fields: "", at: 0, before: null as RunConfig | null };
  #timer: ReturnType<typeof setTimeout> | null = null;
  #keeping: ReturnType<typeof setTimeout> | null = null;
  #kept: Promise<boolean> = Promise.resolve(true);
  /** It starts from prompts of its own, not from what is being edited. */
  #ownPrompts = false;
  #repeats = $state(1);

  /** The first form of a project since the window opened takes up what was left in one before. */
  constructor(project: number, first = false) {
    this.project = project;
    this.preflight = new PreflightCheck(project);
    this.#first = first;
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
   * Begins with the settings of another run, with what was filled in when the window was closed, or with the defaults of the project. What
   * was filled in since the window is open stands.
   */
  async load(again: RunConfig | null = null): Promise<void> {
    this.startProblem = null;
    this.tried = false;
    const request = { project: this.project };
    try {
      const usual = await call("default_run_config", request);
      const left = this.config || again || !this.#first ? null : await call("prepared_run", request);
      if (this.config) this.#comeBack(this.config, usual);
      else if (left) this.#takeUp(left, usual);
      else this.config = again ? { ...again, name: usual.name } : usual;
      this.#ownPrompts ||= again !== null;
      this.#offered = usual.name;
      this.#estimateSoon(0);
    } catch (error) {
      this.startProblem = ApiFailure.from(error).message;
    }
  }

  /** What the project says anew: the next free name, and the prompts of its draft where the run is to start from them. */
  #comeBack(config: RunConfig, usual: RunConfig): void {
    const name = config.name === this.#offered ? usual.name : config.name;
    const now = { ...config, name, ...this.#prompts(config, usual) };
    const same = (["prompt", "locked", "optimizer_system_prompt"] as const).every(
      (field) => JSON.stringify(now[field]) === JSON.stringify(config[field]),
    );
    // A step back must not bring back prompts that were changed elsewhere.
    if (!same) this.history.clear();
    this.config = now;
  }

  /** Goes on with what was left when the window was closed; a step back leads to what is usual. */
  #takeUp({ config, own_prompts, repeats }: PreparedRun, usual: RunConfig): void {
    this.#ownPrompts = own_prompts;
    this.#repeats = repeats;
    const left = { ...config, ...this.#prompts(config, usual) };
    this.config = left;
    this.history.record({
      name: "Take up the settings left here",
      undo: () => this.#show(usual),
      redo: () => this.#show(left),
    });
  }

  /** Prompts of its own stay; otherwise a run starts from those that are being edited. */
  #prompts(own: RunConfig, usual: RunConfig): Pick<RunConfig, "prompt" | "locked" | "optimizer_system_prompt"> {
    const { prompt, locked, optimizer_system_prompt } = this.#ownPrompts ? own : usual;
    return { prompt, locked, optimizer_system_prompt };
  }

  /** Begins anew with the project's own draft and settings. */
  async forgetParent(): Promise<void> {
    this.#forgetKeeping();
    this.config = null;
    this.#ownPrompts = false;
    this.#repeats = 1;
    this.history.clear();
    try {
      await call("save_prepared_run", { project: this.project, prepared: null });
    } catch (error) {
      app.fail(error);
    }
    const replaced = place.again !== null;
    place.forgetForm(this.project);
    place.startNew(this.project);
    // Otherwise this is still the form that is shown.
    if (!replaced) await this.load();
  }

  change(part: Partial<RunConfig>, name = "Change a setting"): void {
    if (!this.config) return;
    const before = this.config;
    this.#show({ ...before, ...part });
    const fields = Object.keys(part).join();
    const goesOn = fields === this.#burst.fields && Date.now() - this.#burst.at < BURST_MS;
    if (goesOn) this.history.dropLast();
    const from = goesOn && this.#burst.before ? this.#burst.before : before;
    const to = this.config;
    this.#burst = { fields, at: Date.now(), before: from };
    this.history.record({ name, undo: () => this.#show(from), redo: () => this.#show(to) });
  }

  /** Takes the settings of a preset; prompts and the name of the run stay as they are. */
  usePreset({ name, config }: RunPreset): void {
    if (!this.config) return;
    const { name: runName, prompt, locked, optimizer_system_prompt, repeat, parent } = this.config;
    const own = { name: runName, prompt, locked, optimizer_system_prompt, repeat, parent };
    this.change({ ...config, ...own }, `Use the preset “${name}”`);
  }

  #show(config: RunConfig): void {
    this.config = config;
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
      if (started[0]) place.show(this.project, started[0].id);
      await Promise.all([...started.map((run) => runs.watch(run.id)), app.refreshProject()]);
      return true;
    } catch (error) {
      this.startProblem = ApiFailure.from(error).message;
      return false;
    } finally {
      this.starting = false;
    }
  }

  /** Ends what is still under way. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#asked += 1;
    void this.keep();
  }

  #estimateSoon(wait: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.estimating = true;
    this.#timer = setTimeout(() => void this.#ask(), wait);
  }

  async #ask(): Promise<void> {
    if (!this.config) return;
    this.#asked += 1;
    const question = this.#asked;
    try {
      const estimate = await call("estimate_run", { project: this.project, config: this.config });
      if (question !== this.#asked) return;
      this.estimate = estimate;
      this.estimateProblem = null;
    } catch (error) {
      if (question !== this.#asked) return;
      this.estimate = null;
      this.estimateProblem = ApiFailure.from(error).message;
    }
    this.estimating = false;
  }
}
