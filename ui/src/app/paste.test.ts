import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freshWindow } from "../testing/window";
import { watchPaste } from "./paste";
import { app } from "./state.svelte";

let stop: () => void;

beforeEach(() => {
  freshWindow();
  stop = watchPaste();
});
afterEach(() => {
  stop();
  document.body.innerHTML = "";
});

/** Ctrl V as a browser sends it: the key, then the paste where the focus is, then the key let go. */
function paste(text: string): Event {
  const key = { key: "v", ctrlKey: true, bubbles: true };
  document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", key));
  const event = new Event("paste", { bubbles: true, cancelable: true });
  Object.assign(event, { clipboardData: { getData: () => text } });
  (document.activeElement ?? document.body).dispatchEvent(event);
  document.activeElement?.dispatchEvent(new KeyboardEvent("keyup", key));
  return event;
}

function focused(html: string): HTMLElement {
  const box = document.createElement("div");
  box.innerHTML = html;
  document.body.append(box);
  const element = box.firstElementChild as HTMLElement;
  element.focus();
  expect(document.activeElement).toBe(element);
  return element;
}

const CELLS = "message\tqueue\n007\tbilling\n";

describe("pasting cells", () => {
  it("opens the import sheet on them, byte for byte, and gives the focus back", () => {
    const cell = focused(`<div tabindex="0">a cell</div>`);
    expect(paste(CELLS).defaultPrevented).toBe(true);
    expect(app.importing).toEqual({ paths: [], pasted: CELLS });
    expect(document.activeElement).toBe(cell);
  });

  it("leaves nothing with the focus where nothing had it", () => {
    (document.activeElement as HTMLElement | null)?.blur();
    expect(paste(CELLS).defaultPrevented).toBe(true);
    expect(document.activeElement).toBe(document.body);
  });

  it("leaves a text field its own paste", () => {
    for (const html of ["<textarea></textarea>", "<input type=search>"]) {
      focused(html);
      expect(paste(CELLS).defaultPrevented).toBe(false);
    }
    expect(app.importing).toBeNull();
  });

  it("stays out of an open dialog", () => {
    focused(`<dialog open><button>x</button></dialog>`.replace("<dialog open>", `<dialog open tabindex="0">`));
    expect(paste(CELLS).defaultPrevented).toBe(false);
    expect(app.importing).toBeNull();
  });

  it("says what to copy when the clipboard holds no table", () => {
    paste("https://example.org");
    expect(app.importing).toBeNull();
    expect(app.toasts.at(-1)?.message).toContain("no table");
  });
});
