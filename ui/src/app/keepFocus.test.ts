import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addWorkedProject } from "../api/memory/scenario";
import CompareScreen from "../features/compare/CompareScreen.svelte";
import ConnectionsSheet from "../features/connections/ConnectionsSheet.svelte";
import { fromPreset, PRESETS } from "../features/connections/presets";
import SettingsSheet from "../features/settings/SettingsSheet.svelte";
import { freshWindow } from "../testing/window";
import { keepFocus } from "./keepFocus";
import { app } from "./state.svelte";

let end: () => void;
beforeEach(() => {
  end = keepFocus();
});
afterEach(() => {
  end();
  document.body.replaceChildren();
});

const focused = () => document.activeElement;
const named = (name: string) => screen.getByRole("button", { name });
/** Longer than anything waits. */
const later = () => new Promise((done) => setTimeout(done, 400));

function page(html: string) {
  document.body.innerHTML = html;
}

const SCREEN = `<main><h1>Data</h1><ul>
  <li><button>A</button></li><li><button>B</button></li><li><button>C</button></li>
</ul></main>`;

describe("the focus of a control that goes", () => {
  it("goes to the next one, and to the one before where none follows", async () => {
    page(SCREEN);
    named("B").focus();
    named("B").parentElement!.remove();
    await waitFor(() => expect(focused()).toBe(named("C")));
    named("C").parentElement!.remove();
    await waitFor(() => expect(focused()).toBe(named("A")));
  });

  it("passes over a line between two parts", async () => {
    page(
      "<main><h1>Compare</h1><div><button>A</button></div><div role='separator' tabindex='0'></div><button>B</button></main>",
    );
    named("A").focus();
    named("A").remove();
    await waitFor(() => expect(focused()).toBe(named("B")));
  });

  it("goes to what came in its place", async () => {
    page(SCREEN);
    named("B").focus();
    const instead = document.createElement("button");
    instead.textContent = "Edit B";
    named("B").replaceWith(instead);
    await waitFor(() => expect(focused()).toBe(instead));
  });

  it("goes to the heading of a screen that is another one", async () => {
    page(SCREEN);
    named("B").focus();
    document.querySelector("main")!.innerHTML = "<h1>Prompts</h1><button>Save</button>";
    await waitFor(() => expect(focused()).toBe(screen.getByRole("heading", { name: "Prompts" })));
  });

  it("goes to that heading also where the keys came from the sidebar", async () => {
    page(`<nav><button>Search</button></nav>${SCREEN}`);
    named("Search").focus();
    named("B").focus();
    document.querySelector("main")!.innerHTML = "<h1>Prompts</h1><button>Save</button>";
    await waitFor(() => expect(focused()).toBe(document.querySelector("h1")));
  });

  it("stays inside of an open dialog, and is that dialog's own where nothing else in it takes it", async () => {
    page(`${SCREEN}<dialog open><button>Use</button><button>Done</button></dialog>`);
    named("Use").focus();
    named("Use").remove();
    await waitFor(() => expect(focused()).toBe(named("Done")));
    named("Done").remove();
    await waitFor(() => expect(focused()).toBe(screen.getByRole("dialog")));
  });

  it("goes back to where a dialog was opened from, or to what stands there now", async () => {
    page(SCREEN);
    named("B").focus();
    const dialog = document.createElement("dialog");
    dialog.open = true;
    dialog.innerHTML = "<input aria-label='Name'>";
    document.body.append(dialog);
    screen.getByLabelText("Name").focus();
    named("B").parentElement!.remove();
    dialog.remove();
    await waitFor(() => expect(focused()).toBe(named("C")));
  });

  it("comes back to what was disabled only while it worked", async () => {
    page(SCREEN);
    const button = named("B") as HTMLButtonElement;
    button.focus();
    button.disabled = true;
    await waitFor(() => expect(focused()).toBe(named("C")));
    button.disabled = false;
    await waitFor(() => expect(focused()).toBe(button));
  });

  it("is left alone where somebody clicked beside it, or where something else took it", async () => {
    page(SCREEN);
    named("B").focus();
    named("B").blur();
    await later();
    named("B").remove();
    await later();
    expect(focused()).toBe(document.body);
    named("A").focus();
    named("A").remove();
    screen.getByRole("heading").tabIndex = -1;
    await Promise.resolve();
    screen.getByRole("heading").focus();
    await later();
    expect(focused()).toBe(screen.getByRole("heading"));
  });
});

describe("the focus in the window", () => {
  it("stays in Connections when a found server is used and taken back", async () => {
    const client = freshWindow();
    const ollama = PRESETS.find(({ kind }) => kind === "ollama")!;
    client.engine.connections.localServers = [
      { connection: fromPreset(ollama), models: ["llama3"], wants_key: false, known: null },
    ];
    await app.start();
    render(ConnectionsSheet);
    await userEvent.click(named("Find local servers"));
    await userEvent.click(await screen.findByRole("button", { name: /^Use Ollama/ }));
    await screen.findByText(/is added\./);
    await waitFor(() => expect(focused()?.tagName).toBe("BUTTON"));
    expect(screen.getByRole("dialog").contains(focused())).toBe(true);
    named("Undo").focus();
    await userEvent.keyboard("{Control>}z{/Control}");
    await screen.findByText(/Undone/);
    await waitFor(() => expect(focused()).toBe(named("Find local servers")));
  });

  it("stays in Settings when the price that it stood in is taken back", async () => {
    freshWindow();
    await app.start();
    render(SettingsSheet);
    await userEvent.click(screen.getByRole("tab", { name: "Prices" }));
    await userEvent.click(await screen.findByRole("button", { name: /^Add a price/ }));
    await userEvent.type(await screen.findByLabelText("Model of price 1"), "mine");
    for (const way of ["in", "out"]) {
      await userEvent.type(screen.getByLabelText(`Dollars per million tokens ${way}, price 1`), "1{Tab}");
    }
    named("Remove the price of mine").focus();
    await screen.findByRole("button", { name: "Undo" });
    await userEvent.keyboard("{Control>}z{/Control}");
    await waitFor(() => expect(screen.queryByLabelText("Model of price 1")).toBeNull());
    await waitFor(() => expect(focused()).toBe(screen.getByRole("button", { name: /^Add a price/ })));
  });

  it("stays in Compare when a run is taken out", async () => {
    vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
    const client = freshWindow();
    const project = addWorkedProject(client.engine, "Tickets", 120, 3);
    await app.start();
    await app.openProject(project.id, "compare");
    render(CompareScreen, { target: document.body.appendChild(document.createElement("main")) });
    const tokens = () => within(screen.getByRole("list", { name: "Compared runs" })).getAllByRole("listitem");
    const [first, second] = tokens();
    await userEvent.click(within(first!).getByRole("button", { name: /^Take/ }));
    await waitFor(() => expect(tokens()).toHaveLength(2));
    await waitFor(() => expect(second!.contains(focused())).toBe(true));
  });
});
