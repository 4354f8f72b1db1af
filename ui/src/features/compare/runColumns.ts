import type { RunSummary } from "../../api/bindings/RunSummary";
import type { Score } from "../../api/bindings/Score";
import { count, counted } from "../../format/count";
import { elapsed } from "../../format/duration";
import { interval } from "../../format/interval";
import { money } from "../../format/money";
import { percent, points } from "../../format/percent";
import { STATUS_WORDS } from "../../format/words";
import { beginning } from "./answers";
import { shortMoment } from "../../format/moment";
import { differs, RUN_SETTINGS, type RunSetting } from "./settings";
import { gapBeside, gapOf } from "./training";

/** One column of the runs table. */
export interface RunColumn {
  name: string;
  /** Figures stand on the right and sort from the highest. */
  figure: boolean;
  /** Said by a setting, not by what came out: what "group by" and "differences only" look at. */
  setting: boolean;
  /** What it sorts by and what a file gets; null was not measured. */
  value: (run: RunSummary) => number | string | null;
  text: (run: RunSummary) => string;
  /** Of a score: its interval, which stands beside it, and the score itself for a file. */
  beside?: (run: RunSummary) => string;
  measured?: (run: RunSummary) => Score | null;
  /** What a reader of the figure has to know beside it; a mark in the cell. */
  caution?: (run: RunSummary) => string | null;
  /** What it is called in a file, where it needs its unit. */
  inFile?: string;
  /** Away until somebody wants it. */
  usuallyHidden?: boolean;
}

/** What stands beside the best validation score: its interval, and the epoch that reached it. */
function bestBeside({ best }: RunSummary): string {
  if (!best.validation) return "";
  return `${interval(best.validation)}, ${best.epoch === 0 ? "baseline" : `epoch ${best.epoch}`}`;
}

/** Test examples that were opened before tell less of a prompt. */
function testCaution({ best, test_opened_before: before }: RunSummary): string | null {
  return best.test && before > 0 ? `${counted(before, "test example")} opened by an earlier run` : null;
}

function figure(
  name: string,
  value: (run: RunSummary) => number | null,
  write: (value: number) => string,
  none = "–",
): RunColumn {
  const text = (run: RunSummary) => {
    const known = value(run);
    return known === null ? none : write(known);
  };
  return { name, figure: true, setting: false, value, text };
}

/** A score with its interval beside it. */
function score(name: string, measured: (run: RunSummary) => Score | null): RunColumn {
  const beside = (run: RunSummary) => {
    const known = measured(run);
    return known ? interval(known) : "";
  };
  return { ...figure(name, (run) => measured(run)?.score ?? null, percent), measured, beside };
}

/** Texts are cut: a prompt in a cell is told by its beginning. */
const MOST = 120;

function setting({ name, value, text }: RunSetting): RunColumn {
  return { name, figure: false, setting: true, value, text: (run) => beginning(text(run), MOST), usuallyHidden: true };
}

export function models({ config }: RunSummary): string {
  const { primary, optimizer } = config;
  return primary.model === optimizer.model ? primary.model : `${primary.model}, ${optimizer.model}`;
}

/** The column that runs are told by. */
export const BEST = "best validation";

/** The column that needs the epochs of a run. */
export const GAP = "train − validation";

/** Every column beside the name, in the order in which they stand: what came out before what was told, since it is looked for first. */
export const RUN_COLUMNS: readonly RunColumn[] = [
  { ...score(BEST, ({ best }) => best.validation), beside: bestBeside },
  { ...score("test", ({ best }) => best.test), caution: testCaution },
  score("baseline", ({ baseline }) => baseline.validation),
  { ...figure(GAP, gapOf, points), beside: gapBeside, usuallyHidden: true },
  figure("calls", ({ usage }) => usage.calls, count),
  figure("cost", ({ usage }) => usage.cost, money, "unknown"),
  { ...figure("time", ({ active_ms }) => active_ms, elapsed), inFile: "time in ms" },
  {
    name: "status",
    figure: false,
    setting: false,
    value: ({ status }) => status,
    text: ({ status }) => STATUS_WORDS[status],
  },
  {
    ...figure("started", ({ created_at }) => created_at, shortMoment),
    value: ({ created_at }) => new Date(created_at).toISOString(),
  },
  figure("number", ({ id }) => id, String),
  { name: "models", figure: false, setting: true, value: models, text: models },
  ...RUN_SETTINGS.map(setting),
];

/** Names of those that stand there until somebody chooses. */
export const USUALLY_SHOWN = RUN_COLUMNS.filter((column) => !column.usuallyHidden).map(({ name }) => name);

/** The longest of some texts; characters are near enough to tell which column is how wide. */
function longest(texts: readonly string[]): string {
  return texts.reduce((long, text) => (text.length > long.length ? text : long), "");
}

/** By column the text that asks for most room in any row, so that columns keep their width whichever rows are drawn. */
export function widestTexts(runs: readonly RunSummary[], columns: readonly RunColumn[]): string[] {
  return columns.map((column) => {
    const { beside, caution } = column;
    const mark = caution && runs.some(caution) ? " ⚠" : "";
    return longest(runs.map((run) => column.text(run))) + (beside ? ` ${longest(runs.map(beside))}` : "") + mark;
  });
}

/** With differences only the settings stand behind so many columns of what came out, before all others: they are what is asked for. */
const FIRST = [BEST, "test"];

/** The columns that are shown. With differences only, every setting in which the runs differ, and of what came out what differs. */
export function shownColumns(
  runs: readonly RunSummary[],
  wanted: readonly string[],
  differencesOnly: boolean,
): RunColumn[] {
  if (!differencesOnly) return RUN_COLUMNS.filter(({ name }) => wanted.includes(name));
  const tells = (column: RunColumn) => column.name === BEST || runs.length < 2 || differs(runs, column);
  const results = RUN_COLUMNS.filter((column) => !column.setting && wanted.includes(column.name) && tells(column));
  // "models" says in one column what two others say apart, and is not among them.
  // By what they are, not by the beginning of a text that a cell shows.
  const differing = new Set(RUN_SETTINGS.filter((setting) => differs(runs, setting)).map(({ name }) => name));
  const settings = RUN_COLUMNS.filter(({ setting, name }) => setting && differing.has(name));
  const first = results.filter(({ name }) => FIRST.includes(name));
  return [...first, ...settings, ...results.filter((column) => !first.includes(column))];
}
