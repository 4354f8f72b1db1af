import { client } from "../api/client";
import type { PaletteCommand } from "./commands";
import { importFiles } from "./importing";
import { recalled } from "./recalled.svelte";
import { backUpNow, saveCopy } from "./saving";
import { app, type SheetPlace } from "./state.svelte";
import { resizeText } from "./textSize";

/** What tables come in and go out as. */
export const TABLES = "csv tsv jsonl json excel xlsx parquet promptfoo openai evals files";

/** Does something and says what went wrong with it. */
export function attempt(work: Promise<unknown>): void {
  work.catch((error: unknown) => app.fail(error));
}

const THEMES = [
  { theme: "light", words: "Use the light theme" },
  { theme: "dark", words: "Use the dark theme" },
  { theme: "contrast", words: "Use high contrast" },
  { theme: "system", words: "Use the system's theme" },
];

/** What belongs to the window and its sheets, whatever project is open. */
export function windowCommands(): PaletteCommand[] {
  const { settings } = app;
  const percents = `${settings.text_size} percent`;
  const openSettings = (page: string, at: SheetPlace | null = null) => {
    recalled("settings.page", page).value = page;
    app.wantedPlace = at;
    app.sheet = "settings";
  };
  return [
    { id: "home", name: "Go to all projects", run: () => app.navigate("home") },
    { id: "import", name: "Import files…", keys: "Ctrl O", also: TABLES, run: () => void importFiles() },
    { id: "connections", name: "Connections…", run: () => (app.sheet = "connections") },
    {
      id: "local-servers",
      name: "Find local servers…",
      detail: "Connections",
      also: "ollama lm studio llama.cpp vllm model server this machine",
      run: () => {
        app.wantedPlace = "local-servers";
        app.sheet = "connections";
      },
    },
    {
      id: "add-connection",
      name: "Add a connection…",
      also: "new provider key model server",
      run: () => {
        app.addingConnection = true;
        app.sheet = "connections";
      },
    },
    { id: "settings", name: "Settings…", run: () => (app.sheet = "settings") },
    ...THEMES.map(({ theme, words }) => ({
      id: `theme-${theme}`,
      name: words,
      ...(theme === settings.theme ? { detail: "in use" } : {}),
      run: () => void app.saveSettings({ ...settings, theme }),
    })),
    {
      id: "larger",
      name: "Make text larger",
      detail: percents,
      keys: "Ctrl +",
      also: "zoom in font size",
      run: () => resizeText("larger"),
    },
    {
      id: "smaller",
      name: "Make text smaller",
      detail: percents,
      keys: "Ctrl -",
      also: "zoom out font size",
      run: () => resizeText("smaller"),
    },
    {
      id: "usual-size",
      name: "Text as usual",
      detail: percents,
      keys: "Ctrl 0",
      also: "zoom reset 100 font size",
      run: () => resizeText("usual"),
    },
    { id: "copy", name: "Save a copy of the database…", also: "backup export", run: () => attempt(saveCopy()) },
    {
      id: "back-up",
      name: "Back up now",
      detail: "in the folder beside the database",
      run: () => attempt(backUpNow()),
    },
    {
      id: "integrity",
      name: "Check integrity of the database…",
      detail: "Settings, Data and backups",
      also: "sound damaged file",
      run: () => openSettings("data", "integrity"),
    },
    {
      id: "data-folder",
      name: "Data folder…",
      detail: "Settings, Data and backups",
      also: "where database file path",
      run: () => openSettings("data", "data-folder"),
    },
    {
      id: "keys-kept",
      name: "Where keys are kept…",
      detail: "Settings, Data and backups",
      also: "keychain secret api",
      run: () => openSettings("data", "keys"),
    },
    {
      id: "notifications",
      name: "Notifications…",
      detail: "Settings, General",
      also: "tell on the desktop when a run ends",
      run: () => openSettings("general", "notifications"),
    },
    {
      id: "single-keys",
      name: "Single-key shortcuts…",
      detail: "Settings, General",
      also: "turn off keys speech accessibility",
      run: () => openSettings("general", "single-keys"),
    },
    { id: "backups", name: "Backups…", also: "restore copy data folder", run: () => openSettings("data", "backups") },
    { id: "prices", name: "Prices of models…", also: "cost dollars", run: () => openSettings("prices") },
    { id: "shortcuts", name: "Show the shortcuts", keys: "?", also: "keys", run: () => (app.sheet = "shortcuts") },
    { id: "about", name: "About MLprompt", also: "version licences", run: () => openSettings("about") },
    { id: "quit", name: "Quit", keys: "Ctrl Q", also: "exit close", run: () => attempt(client().quit()) },
  ];
}

/** What of it stands in the palette before anything was typed. */
export const FIRST_OF_WINDOW = new Set(["home", "import", "connections", "settings", "shortcuts", "quit"]);
