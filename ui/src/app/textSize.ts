import { app } from "./state.svelte";

/** What can be asked of the size of the text. */
export type TextSizeWish = "larger" | "smaller" | "usual";

/** Sizes of the text, in percent of what is usual. */
export const STEP = 10;
export const SMALLEST = 80;
export const LARGEST = 200;
export const USUAL = 100;

/** What a key asks for that is pressed with Ctrl: plus lies on the key of the equals sign on many keyboards, minus under the underscore. */
export function textSizeWish(key: string): TextSizeWish | null {
  if (key === "+" || key === "=") return "larger";
  if (key === "-" || key === "_") return "smaller";
  return key === "0" ? "usual" : null;
}

/** Makes all text of the window larger or smaller, within what fits. */
export function resizeText(wish: TextSizeWish): void {
  const { settings } = app;
  const by = { larger: STEP, smaller: -STEP, usual: 0 }[wish];
  const text_size = wish === "usual" ? USUAL : Math.min(LARGEST, Math.max(SMALLEST, settings.text_size + by));
  if (text_size !== settings.text_size) void app.saveSettings({ ...settings, text_size });
}
