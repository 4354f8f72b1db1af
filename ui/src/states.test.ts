import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import App from "./App.svelte";
import type { CommandName } from "./api/client";
import type { MemoryClient } from "./api/memory";
import { addWorkedProject } from "./api/memory/scenario";
import { runs } from "./app/runs.svelte";
import { app, type Screen, type Sheet } from "./app/state.svelte";
import { forgetRunSet } from "./features/compare/runSet.svelte";
import { forgetDrafts } from "./features/prompts/draft.svelte";
import { place } from "./features/train/place.svelte";
import { freshWindow } from "./testing/window";

// The plain text area, which is a full editor too; CodeMirror has tests of its own.
vi.mock("./components/editor/codemirror", () => {
  throw new Error("not loaded");
});

const OFFLINE = "The database is busy with another program. Close it and try again.";

let client: MemoryClient;

beforeEach(() => {
  localStorage.clear();
  client = freshWindow();
  forgetRunSet();
  forgetDrafts();
  place.reset();
  runs.reset();
});

/** Somewhere in the window, what is read there, and what the window says meanwhile. */
interface Place {
  where: string;
  command: CommandName;
  words: string | RegExp;
  screen?: Screen;
  sheet?: Sheet;
  /** Tabs and buttons on the way, by name. */
  way?: (string | RegExp)[];
}

const PLACES: Place[] = [
  { where: "Prompts, its versions", screen: "prompts", command: "list_prompt_versions", words: /Loading|Reading/ },
  {
    where: "Prompts, origins",
    screen: "prompts",
    way: ["Origins"],
    command: "blame",
    words: "Looking through the versions.",
  },
  { where: "Train", screen: "train", command: "get_run", words: "Reading the run." },
  { where: "an epoch", screen: "train", command: "get_epoch", words: /^Reading epoch \d+\.$/ },
  {
    where: "its examples",
    screen: "train",
    way: [/^Still right/],
    command: "list_compared",
    words: "Reading examples.",
  },
  { where: "its failures", screen: "train", way: [/^Failures/], command: "list_failures", words: "Reading failures." },
  { where: "its calls", screen: "train", way: ["Calls"], command: "list_calls", words: "Reading the log." },
  { where: "the learning map", screen: "train", way: ["Learning map"], command: "learning_map", words: /Reading/ },
  {
    where: "a new run",
    screen: "train",
    way: ["New run"],
    command: "default_run_config",
    words: "Reading the settings of this project.",
  },
  { where: "its estimate", screen: "train", way: ["New run"], command: "estimate_run", words: "Estimating." },
  {
    where: "its presets",
    screen: "train",
    way: ["New run", "Presets"],
    command: "list_presets",
    words: "Reading the presets.",
  },
  { where: "Compare, side by side", screen: "compare", command: "compare", words: "Comparing." },
  { where: "Connections", sheet: "connections", command: "list_connections", words: "Reading the connections." },
  {
    where: "the backups",
    sheet: "settings",
    way: ["Data and backups"],
    command: "list_backups",
    words: "Reading the folder.",
  },
  { where: "the prices", sheet: "settings", way: ["Prices"], command: "get_prices", words: "Reading the prices." },
];

async function go({ screen: wanted, sheet, way = [] }: Place) {
  const project = addWorkedProject(client.engine, "Tickets", 240, 2);
  render(App);
  await screen.findByRole("heading", { name: "Projects" });
  if (wanted) await app.openProject(project.id, wanted);
  if (sheet) app.sheet = sheet;
  for (const name of way) {
    const found = await waitFor(() => {
      const step = screen.queryAllByRole("tab", { name }).at(-1) ?? screen.queryAllByRole("button", { name }).at(-1);
      expect(step).toBeTruthy();
      return step!;
    });
    await userEvent.click(found);
  }
}

describe("while it is read", () => {
  it.each(PLACES)("$where says so, and shows it once it is there", async (wanted) => {
    const letGo = client.hold(wanted.command);
    await go(wanted);
    expect((await screen.findAllByText(wanted.words)).length).toBeGreaterThan(0);
    letGo();
    await waitFor(() => expect(screen.queryByText(wanted.words)).toBeNull());
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("when it cannot be read", () => {
  it.each(PLACES)("$where says why", async (wanted) => {
    client.fail(wanted.command, OFFLINE);
    await go(wanted);
    expect((await screen.findAllByText(new RegExp(OFFLINE))).length).toBeGreaterThan(0);
    await waitFor(() => expect(screen.queryByText(wanted.words)).toBeNull());
  });
});
