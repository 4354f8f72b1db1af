import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import App from "./App.svelte";
import type { MemoryClient } from "./api/memory";
import LabelMatrix from "./components/LabelMatrix.svelte";
import { inspector } from "./app/inspector.svelte";
import { runs } from "./app/runs.svelte";
import { app, type Sheet } from "./app/state.svelte";
import { place } from "./features/train/place.svelte";
import { freshWindow } from "./testing/window";

const MARKUP = '<img src="x" onerror="window.harmed=1"><script>window.harmed=1</script><b class="harm">bold</b>';
const TEXTS = [
  MARKUP,
  "\u001b[31mred\u001b[0m",
  "\u202egnp.exe\u202c \u2066\u200f",
  "{{constructor}} ${alert(1)}",
  "z".repeat(100_000),
];
const NAME = MARKUP.padEnd(300, "x");
/** Turns round what stands behind it, and what stands in front of it. */
const TURNED = "\u202egninnuR\u202c \u2067\u200f";
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

let client: MemoryClient;

beforeEach(() => {
  client = freshWindow();
});

/** A project in which every text of a file, a model or a user means harm; all names are this one. */
function hostileProject(name = NAME) {
  const { engine } = client;
  const prompt = { system_prompt: TEXTS.slice(0, 4).join("\n"), output_prompt: MARKUP.repeat(20) };
  const project = engine.addProject(name, prompt);
  const rows = Array.from({ length: 240 }, (_, row) => [
    `${TEXTS[row % TEXTS.length]} ${row}`,
    `${TEXTS[row % 4]} ${row % 12}`,
    TEXTS[(row + 1) % 4]!,
  ]);
  engine.addDataset(project, { columns: [name, `${name} truth`, `${name} more`], rows }, `${name}.csv`);
  engine.addVersion(project, prompt, MARKUP.repeat(5));
  for (const strategy of ["pareto", "greedy"] as const) {
    const model = { ...engine.defaultConfig(project).primary, model: name };
    const config = {
      ...engine.defaultConfig(project),
      name: `${name} ${strategy}`,
      strategy,
      epochs: 4,
      primary: model,
    };
    const run = engine.startRun(project, config);
    run.finishNow();
    run.mark({ epoch: 1, starred: true, note: MARKUP });
  }
  engine.connections.list = [
    ...engine.connections.list,
    {
      ...engine.connections.list[0]!,
      id: 77,
      kind: "openai",
      name,
      base_url: "https://x.example/<b>",
      default_model: name,
    },
  ];
  engine.keeping.presets = [{ name, config: engine.defaultConfig(project) }];
  engine.keeping.backups = [{ path: `/home/you/${MARKUP}.db`, made_at: 0, bytes: 1 }];
  engine.keeping.prices = [{ model: name, input: 1, output: 1, cached_input: null }];
  return project;
}

function unharmed(where: string) {
  expect((window as unknown as { harmed?: number }).harmed, where).toBeUndefined();
  // The editors put empty pictures of their own beside a sign for a character that cannot be seen.
  const made = document.querySelectorAll("img:not(.cm-widgetBuffer), script:not([src]), iframe, .harm");
  expect(made.length, where).toBe(0);
  expect(document.title, where).not.toContain("<");
}

/** Every place where a mark of direction could turn round words and figures of our own. */
function turned(where: string): string[] {
  const found: string[] = [];
  const say = (element: Element, what: string) => {
    const place = `${element.tagName.toLowerCase()}.${element.className.toString().split(" ").join(".")}`;
    found.push(`${where}: ${place} ${what}`);
  };
  for (const element of document.querySelectorAll("body *")) {
    // What is typed into stays as it is, and a text that stands alone turns nothing but itself.
    if (element.closest("input, textarea, [contenteditable], pre, style, [data-verbatim]")) continue;
    for (const node of element.childNodes) {
      if (node.nodeType === Node.TEXT_NODE && TURNS.test(node.nodeValue ?? ""))
        say(element, JSON.stringify(node.nodeValue));
    }
    for (const { name, value } of element.attributes) {
      const shown = name.startsWith("aria-") || ["title", "placeholder", "alt"].includes(name);
      if (shown && TURNS.test(value)) say(element, `${name}=${JSON.stringify(value)}`);
    }
  }
  if (TURNS.test(document.title)) found.push(`${where}: title ${JSON.stringify(document.title)}`);
  const menu = JSON.stringify(client.menu);
  if (TURNS.test(menu)) found.push(`${where}: menu bar ${menu.slice(Math.max(0, menu.search(TURNS) - 40))}`);
  return found.map((line) => line.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "⚠").slice(0, 200));
}

describe("names with marks of direction", () => {
  it("turn round none of our own words and figures, on no screen", async () => {
    const project = hostileProject(TURNED);
    const found: string[] = [];
    const look = async (where: string) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      found.push(...turned(where));
    };
    render(App);
    await screen.findByRole("heading", { name: "Projects" });
    await look("home");

    await app.openProject(project.id, "train");
    const [run] = client.engine.runs.filter((known) => known.project === project.id);
    place.show(project.id, run!.id, 1);
    await runs.load(run!.id);
    await screen.findByRole("heading", { name: "Epoch 1" });
    await look("train");
    for (const tab of screen.queryAllByRole("tab")) {
      await userEvent.click(tab);
      await look(`train, ${tab.textContent}`);
    }
    for (const button of screen.queryAllByRole("button")) {
      if (!button.isConnected || button.getAttribute("aria-haspopup") === null) continue;
      await userEvent.click(button);
      await look(`train, menu ${button.textContent}`);
      await userEvent.keyboard("{Escape}");
    }

    const going = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: TURNED });
    going.interrupt();
    await app.refreshProject();
    const config = { ...run!.config, parent: { run: run!.id, epoch: 1, kind: "branch" as const } };
    place.startNew(project.id, { kind: "settings", config, of: run!.name });
    await screen.findByLabelText("After epochs");
    await look("start form");
    for (const name of ["data", "prompts", "compare"] as const) {
      app.navigate(name);
      await screen.findByRole("heading", { level: 1, name: new RegExp(name, "i") });
      await look(name);
      for (const tab of screen.queryAllByRole("tab")) {
        await userEvent.click(tab);
        await look(`${name}, ${tab.textContent}`);
      }
    }
    for (const sheet of ["connections", "settings", "palette"] as Sheet[]) {
      app.sheet = sheet;
      await screen.findByRole("dialog");
      await look(sheet);
      app.sheet = null;
      await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    }
    app.notify({ kind: "bad", message: `${TURNED} is 36 %.` });
    await look("toast");
    expect([...new Set(found)]).toEqual([]);
  }, 60_000);
});

describe("texts that mean harm", () => {
  it("stay texts on every screen and in every tab", async () => {
    const project = hostileProject();
    render(App);
    await screen.findByRole("heading", { name: "Projects" });
    expect((await screen.findAllByText(new RegExp("img src"))).length).toBeGreaterThan(0);
    unharmed("home");

    await app.openProject(project.id, "train");
    const [run] = client.engine.runs.filter((known) => known.project === project.id);
    place.show(project.id, run!.id, 1);
    await runs.load(run!.id);
    await screen.findByRole("heading", { name: "Epoch 1" });
    unharmed("train");
    for (const tab of ["Changes", "Learning map", "Failures", "Examples shown", "Confusion", "Calls", "Cost"]) {
      const button = screen.queryByRole("tab", { name: new RegExp(`^${tab}`) });
      if (button) await userEvent.click(button);
      unharmed(`train, ${tab}`);
    }

    place.startNew(project.id);
    await screen.findByLabelText("After epochs");
    await userEvent.click(screen.getByRole("button", { name: "Presets" }));
    await screen.findByRole("button", { name: /^Use/ });
    unharmed("presets");
    await userEvent.click(screen.getByRole("button", { name: "Done" }));

    for (const name of ["data", "prompts", "compare"] as const) {
      app.navigate(name);
      await screen.findByRole("heading", { level: 1, name: new RegExp(name, "i") });
      await new Promise((resolve) => setTimeout(resolve, 300));
      unharmed(name);
    }
    const [example] = project.dataset!.examples;
    inspector.show({ example: example!, columns: project.dataset!.info.columns, sides: [] });
    await screen.findByRole("complementary", { name: "Row inspector" });
    unharmed("inspector");
    inspector.close();

    for (const sheet of ["connections", "settings", "palette"] as Sheet[]) {
      app.sheet = sheet;
      await screen.findByRole("dialog");
      await waitFor(() => unharmed(sheet));
      app.sheet = null;
      await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    }
    app.notify({ kind: "bad", message: MARKUP });
    await screen.findByText(MARKUP);
    unharmed("toast");
  }, 60_000);

  it("put only a part of a text of 100,000 characters on the page until it is asked for", async () => {
    const project = hostileProject();
    render(App);
    await app.openProject(project.id, "data");
    const long = project.dataset!.examples.find((example) => example.user_input.length > 90_000)!;
    inspector.show({ example: long, columns: project.dataset!.info.columns, sides: [] });
    const drawer = await screen.findByRole("complementary", { name: "Row inspector" });
    expect(drawer.textContent!.length).toBeLessThan(60_000);
  });
});

describe("ten thousand labels", () => {
  it("are a table of the few that matter, drawn at once, and a file of all", async () => {
    const labels = Array.from({ length: 10_000 }, (_, at) => `${MARKUP} ${at}`);
    const cells = labels.map((_, at) => (at === 4321 ? [5, 7] : []));
    const began = performance.now();
    const { container } = render(LabelMatrix, {
      title: "Labels",
      labels,
      cells,
      write: String,
      shade: () => 0,
      good: () => false,
      file: "labels",
      caption: { title: "Labels", note: "" },
    });
    expect(performance.now() - began).toBeLessThan(5000);
    expect(container.querySelectorAll("tbody tr")).toHaveLength(60);
    expect(container.textContent).toContain(`${MARKUP} 4321`);
    expect(container.textContent).toMatch(/60 labels .* of 10000/);
    expect(container.querySelector("img, .harm")).toBeNull();

    await userEvent.click(screen.getByRole("button", { name: "Save labels as CSV" }));
    await waitFor(() => expect(client.saved.has("labels.csv")).toBe(true));
    const lines = client.saved.get("labels.csv")!.trimEnd().split("\r\n");
    expect(lines).toHaveLength(labels.length + 1);
    expect(lines[0]).toMatch(/ 9999",no label$/);
    expect(lines[4322]).toMatch(/ 4321",5,7$/);
  });
});
