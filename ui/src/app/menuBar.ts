import { showInvisible } from "../format/marks";
import type { MenuBar, MenuBarItem } from "../api/client";
import { menuCommands, type PaletteCommand } from "./commands";
import { EDITING, edit, isEditing } from "./editing";
import { samples } from "./samples.svelte";
import { app, PROJECT_SCREENS } from "./state.svelte";

const LINE: MenuBarItem = { id: "", name: "", keys: null, said: null, enabled: false };
/** What a line says while its command can not be given. */
type Line = readonly [id: string, name: string];

/** The palette's commands, menu by menu; a dash is a line between them. */
const LAYOUT: readonly { name: string; lines: readonly (Line | "-")[] }[] = [
  {
    name: "File",
    lines: [
      ["new-project", "New project…"],
      "-",
      ["import", "Import files…"],
      ["export-examples", "Export examples…"],
      ["copy", "Save a copy of the database…"],
      ["back-up", "Back up now"],
      "-",
      ["connections", "Connections…"],
      ["settings", "Settings…"],
      "-",
      ["quit", "Quit"],
    ],
  },
  { name: "Edit", lines: EDITING.map((line) => (line === "-" ? line : ([line.id, line.name] as const))) },
  {
    name: "View",
    lines: [
      ["palette", "Search or run…"],
      "-",
      ["home", "Go to all projects"],
      ["data", "Go to Data"],
      ["prompts", "Go to Prompts"],
      ["train", "Go to Train"],
      ["compare", "Go to Compare"],
      "-",
      ["larger", "Make text larger"],
      ["smaller", "Make text smaller"],
      ["usual-size", "Text as usual"],
      "-",
      ["theme-light", "Use the light theme"],
      ["theme-dark", "Use the dark theme"],
      ["theme-contrast", "Use high contrast"],
      ["theme-system", "Use the system's theme"],
    ],
  },
  {
    name: "Run",
    lines: [
      ["new-run", "New run…"],
      ["start-training", "Start training"],
      "-",
      ["save-version", "Save a version of the prompts…"],
      ["try", "Try the prompts on the example"],
      "-",
      ["steer", "Pause the run"],
      ["stop", "Stop the run…"],
      "-",
      ["ship", "Ship the best prompts…"],
      ["report", "Save report (HTML page)"],
    ],
  },
];

/** The last menu; the samples are known a moment after the window. */
function help(): { name: string; lines: readonly (Line | "-")[] } {
  const known = samples.list.map((sample): Line => [`sample-${sample.id}`, `Open the sample “${sample.name}”`]);
  const lines: (Line | "-")[] = known.length > 0 ? [...known, "-"] : [];
  return { name: "Help", lines: [...lines, ["shortcuts", "Show the shortcuts"], "-", ["about", "About MLprompt"]] };
}

/** Keys of lines that have no command as the window stands: a line does not lose its key with its use. */
const KEYS = new Map([
  ["palette", "Ctrl K"],
  ["quit", "Ctrl Q"],
  ["start-training", "Ctrl Enter"],
  ["save-version", "Ctrl S"],
  ["try", "Ctrl Enter"],
  ...PROJECT_SCREENS.map(({ screen }, index) => [screen, String(index + 1)] as const),
]);

/** Keys that the menu itself may take: no text field and no editor needs them. */
const TAKEN = new Map([
  ["Ctrl O", "CmdOrCtrl+O"],
  ["Ctrl K", "CmdOrCtrl+K"],
  ["Ctrl Q", "CmdOrCtrl+Q"],
]);

function commandsById(): Map<string, PaletteCommand> {
  return new Map(menuCommands().map((command) => [command.id, command]));
}

function keysOf(id: string, command: PaletteCommand | undefined): string | undefined {
  const line = EDITING.find((known) => known !== "-" && known.id === id);
  return command?.keys ?? KEYS.get(id) ?? (line === "-" ? undefined : line?.keys);
}

/** The menu bar as it stands now. */
export function menuBar(): MenuBar {
  const commands = commandsById();
  const item = ([id, fallback]: Line): MenuBarItem => {
    const command = commands.get(id);
    const keys = keysOf(id, command);
    const taken = keys === undefined ? undefined : TAKEN.get(keys);
    const name = command?.name ?? fallback;
    return {
      id,
      name: showInvisible(name),
      keys: taken ?? null,
      // A key of the page is said, not taken: it must reach the field that is typed in.
      said: taken === undefined ? (keys ?? null) : null,
      enabled: command !== undefined || id === "palette" || id === "quit" || isEditing(id),
    };
  };
  return {
    menus: [...LAYOUT, help()].map(({ name, lines }) => ({
      name,
      items: lines.map((line) => (line === "-" ? LINE : item(line))),
    })),
  };
}

/** Does what was chosen from the menu bar, as the palette or a key would. */
export function choose(id: string): void {
  if (isEditing(id)) {
    edit(id);
    return;
  }
  // A modal dialog is one deep: nothing opens above it.
  if (document.querySelector("dialog[open]") && app.sheet !== "palette") return;
  if (id === "palette") {
    app.sheet = app.sheet === "palette" ? null : "palette";
    return;
  }
  app.sheet = null;
  commandsById().get(id)?.run();
}
