import { untrack } from "svelte";
import { ApiFailure, call, client, NOTHING, type Unsubscribe } from "../api/client";
import type { EpochMark } from "../api/bindings/EpochMark";
import type { NumberedEvent } from "../api/bindings/NumberedEvent";
import type { RunStatus } from "../api/bindings/RunStatus";
import type { RunSummary } from "../api/bindings/RunSummary";
import { applyEvent, hasEnded, isMoving, liveFrom, type LiveRun } from "./liveRun";
import { app } from "./state.svelte";

export type { LiveRun } from "./liveRun";

const ACTIVE: readonly RunStatus[] = ["queued", "running", "paused"];

/** At most five paints a second. */
const PAINT_MS = 200;
/** The project is read again so long after an epoch brought a version, with all that come until then. */
const VERSION_MS = 1_000;
/** A run that told nothing for so long is looked after. */
const SILENT_MS = 5_000;
/** So many times as long as an answer of its usually takes, where that is more; no longer than a minute. */
const SLOW = 5;
const LONGEST_SILENCE_MS = 60_000;
/** A run whose following broke off is read and followed anew so long after it, and again until that works. */
const LOST_MS = 2_000;

/** All runs the window knows. What happens to them is gathered and shown a few times a second. */
class Runs {
  #shown = $state.raw<ReadonlyMap<number, LiveRun>>(new Map());
  /** The newest state of each run, ahead of what is shown. */
  #fresh = new Map<number, LiveRun>();
  #watched = new Map<number, Unsubscribe>();
  /** When each of them was last heard of. */
  #heard = new Map<number, number>();
  /** Runs that could not be read, and why. */
  #problems = $state.raw<ReadonlyMap<number, string>>(new Map());
  #loading = new Map<number, Promise<LiveRun | null>>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #painted = 0;
  /** So many callers wait for runs of theirs together. */
  #gathering = 0;
  /** The project is about to be read again for a version of its. */
  #reading: ReturnType<typeof setTimeout> | null = null;
  /** How often everything was let go of: what was asked before that is no answer any more. */
  #resets = 0;

  /** Runs that go on or wait for a word, newest first. */
  get active(): LiveRun[] {
    return [...this.#shown.values()]
      .filter((run) => ACTIVE.includes(run.summary.status))
      .sort((a, b) => b.summary.id - a.summary.id);
  }

  /** All of them. */
  get known(): Iterable<LiveRun> {
    return this.#shown.values();
  }

  get(id: number): LiveRun | undefined {
    return this.#shown.get(id);
  }

  /** Why a run could not be read; null while it can, or while nobody tried. */
  problem(id: number): string | null {
    return this.#problems.get(id) ?? null;
  }

  /** The newest summary of a run that came with a list. */
  summary(listed: RunSummary): RunSummary {
    return this.#shown.get(listed.id)?.summary ?? listed;
  }

  /** Whether what happens to a run is told here as it happens. */
  isFollowed(id: number): boolean {
    const known = this.#fresh.get(id);
    return known !== undefined && this.#watched.has(id) && isMoving(known.summary.status) && !known.silent;
  }

  /** Loads a run and follows it while it moves. A run that is followed already only goes on being followed. */
  async watch(id: number): Promise<void> {
    const known = this.#fresh.get(id);
    if (known && this.#watched.has(id) && isMoving(known.summary.status)) return;
    const live = await this.reload(id);
    // One that waits tells nothing until it is resumed, and then it is read and followed anew.
    if (live && isMoving(live.summary.status)) this.#follow(id, live.lastSeq);
  }

  /** Makes sure a run is there, without reading it twice. */
  async load(id: number): Promise<void> {
    if (!this.#fresh.has(id)) await this.watch(id);
  }

  /** Loads runs that are looked at together. They are shown at once: each showing lays out anew what is said of all of them. */
  async loadAll(ids: readonly number[]): Promise<void> {
    this.#gathering += 1;
    await Promise.all(ids.map((id) => this.load(id)));
    this.#gathering -= 1;
    if (this.#timer !== null) this.#paint();
  }

  /** Reads a run again, and says what is wrong when it can not be read. */
  async reload(id: number, says = true): Promise<LiveRun | null> {
    const under = this.#loading.get(id);
    if (under) return under;
    const reading = this.#read(id, says);
    this.#loading.set(id, reading);
    try {
      return await reading;
    } finally {
      this.#loading.delete(id);
    }
  }

  /** Follows every run of a list that goes on, waits or was interrupted, and reads those anew of which another program made something else. */
  pickUp(listed: readonly RunSummary[]): void {
    for (const run of listed) {
      if (this.#isBehind(run)) {
        this.#unfollow(run.id);
        void this.watch(run.id);
      } else if (!hasEnded(run.status)) void this.load(run.id);
    }
  }

  /** Whether a list knows better how a run stands than what was read of it: one that is followed is ahead of every list. */
  #isBehind({ id, status, ended_at: endedAt }: RunSummary): boolean {
    const known = this.#fresh.get(id)?.summary;
    if (!known || this.isFollowed(id)) return false;
    return known.status !== status || known.ended_at !== endedAt;
  }

  /** Looks after runs that are followed and silent: when the program that drove one is gone, nobody tells of its end. */
  async lookAfterSilent(): Promise<void> {
    const silent = [...this.#heard].filter(([id, at]) => Date.now() - at > this.#patience(id)).map(([id]) => id);
    if (silent.length === 0) return;
    for (const id of silent) {
      const known = this.#fresh.get(id);
      // The time it had left stood still meanwhile.
      if (known && !known.silent) this.#fresh.set(id, { ...known, silent: true, etaMs: null });
    }
    this.#paint();
    const interrupted = new Set((await call("list_interrupted", NOTHING)).map(({ id }) => id));
    await Promise.all(silent.filter((id) => interrupted.has(id) && this.#watched.has(id)).map((id) => this.#end(id)));
  }

  /** How long a run may tell nothing: one whose answers are slow is not silent between two of them. */
  #patience(id: number): number {
    const { calls, ms } = this.#fresh.get(id)?.pace ?? { calls: 0, ms: 0 };
    return calls > 0 ? Math.min(Math.max(SILENT_MS, (SLOW * ms) / calls), LONGEST_SILENCE_MS) : SILENT_MS;
  }

  /** Puts a run in place that a command has just given back. */
  replace(summary: RunSummary): void {
    const known = this.#fresh.get(summary.id);
    if (!known) return;
    this.#fresh.set(summary.id, { ...known, summary });
    this.#paint();
  }

  /** Stars an epoch, or notes something beside it. */
  async mark(id: number, mark: EpochMark): Promise<void> {
    const kept = await call("mark_epoch", { run: id, ...mark });
    const known = this.#fresh.get(id);
    if (!known) return;
    const others = known.marks.filter(({ epoch }) => epoch !== kept.epoch);
    const marks = kept.starred || kept.note !== "" ? [...others, kept] : others;
    this.#fresh.set(id, { ...known, marks: marks.sort((a, b) => a.epoch - b.epoch) });
    this.#paint();
  }

  /** Lets go of a run that was deleted. */
  forget(id: number): void {
    this.#unfollow(id);
    this.#fresh.delete(id);
    this.#paint();
  }

  /** Lets go of the runs of a project that was deleted. */
  forgetProject(project: number): void {
    for (const { summary } of this.#fresh.values()) if (summary.project === project) this.forget(summary.id);
  }

  /** Lets go of everything; for tests, which share this module. */
  reset(): void {
    for (const id of [...this.#watched.keys()]) this.#unfollow(id);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#reading !== null) clearTimeout(this.#reading);
    this.#reading = null;
    this.#fresh.clear();
    this.#loading.clear();
    this.#problems = new Map();
    this.#painted = 0;
    this.#resets += 1;
    this.#shown = new Map();
  }

  async #read(id: number, says: boolean): Promise<LiveRun | null> {
    const asked = this.#resets;
    try {
      const view = await call("get_run", { run: id });
      if (asked !== this.#resets) return null;
      const known = this.#fresh.get(id);
      // An event may have come in while the run was read.
      const live = known && known.lastSeq > view.last_seq ? known : liveFrom(view);
      this.#fresh.set(id, live);
      this.#note(id, null);
      if (this.#gathering > 0) this.#paintIn(PAINT_MS);
      else this.#paint();
      return live;
    } catch (error) {
      if (!says) return null;
      const { message } = ApiFailure.from(error);
      app.fail(error);
      this.#note(id, message);
      return null;
    }
  }

  #note(id: number, problem: string | null): void {
    if (this.problem(id) === problem) return;
    const problems = new Map(this.#problems);
    if (problem === null) problems.delete(id);
    else problems.set(id, problem);
    this.#problems = problems;
  }

  #follow(id: number, afterSeq: number): void {
    this.#unfollow(id);
    this.#heard.set(id, Date.now());
    const receive = (event: NumberedEvent) => this.#receive(id, event);
    this.#watched.set(
      id,
      client().watchRun(id, afterSeq, receive, () => this.#followSoon(id)),
    );
  }

  /** Nothing more is told of a run that may well go on. Until it is followed again it is silent, which says enough. */
  #followSoon(id: number): void {
    const timer = setTimeout(() => void this.#followAnew(id), LOST_MS);
    this.#watched.set(id, () => clearTimeout(timer));
  }

  async #followAnew(id: number): Promise<void> {
    const mine = this.#watched.get(id);
    const live = await this.reload(id, false);
    // Let go of meanwhile, or followed by who else wanted it.
    if (this.#watched.get(id) !== mine) return;
    if (!live) this.#followSoon(id);
    else if (isMoving(live.summary.status)) this.#follow(id, live.lastSeq);
    else {
      this.#unfollow(id);
      await this.#readProjectOf(id);
    }
  }

  #unfollow(id: number): void {
    this.#watched.get(id)?.();
    this.#watched.delete(id);
    this.#heard.delete(id);
  }

  #receive(id: number, { seq, event }: NumberedEvent): void {
    const known = this.#fresh.get(id);
    if (!known) return;
    this.#heard.set(id, Date.now());
    this.#fresh.set(id, applyEvent(known, seq, event));
    this.#paintSoon();
    if (event.event === "epoch" && event.decision === "accepted") this.#readVersionSoon(known.summary.project);
    // The engine tells nothing after them; who resumes a run watches it again.
    if (event.event === "finished" || event.event === "paused") void this.#end(id);
  }

  /** What an epoch accepted is a version of the project, which every screen counts. */
  #readVersionSoon(project: number): void {
    if (this.#reading !== null || project !== app.projectId) return;
    this.#reading = setTimeout(() => {
      this.#reading = null;
      if (project === app.projectId) void app.refreshProject();
    }, VERSION_MS);
  }

  async #end(id: number): Promise<void> {
    this.#unfollow(id);
    // What it used until it stood still, the verdict and the scores of the test come with the run, not with the event.
    const live = await this.reload(id);
    // Another program let it go on in the same moment.
    if (live && isMoving(live.summary.status) && !this.#watched.has(id)) this.#follow(id, live.lastSeq);
    await this.#readProjectOf(id);
  }

  async #readProjectOf(id: number): Promise<void> {
    if (this.#shown.get(id)?.summary.project === app.projectId) await app.refreshProject();
  }

  #paintSoon(): void {
    this.#paintIn(Math.max(0, this.#painted + PAINT_MS - Date.now()));
  }

  #paintIn(wait: number): void {
    this.#timer ??= setTimeout(() => this.#paint(), wait);
  }

  #paint(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#painted = Date.now();
    this.#shown = new Map(this.#fresh);
  }
}

export const runs = new Runs();

// The open project brings its runs along, whichever screen shows it.
$effect.root(() => {
  $effect(() => {
    const listed = app.project?.runs;
    if (listed) untrack(() => runs.pickUp(listed));
  });
});
