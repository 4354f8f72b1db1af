import type { Settings } from "../api/bindings/Settings";
import { client } from "../api/client";

const dark = typeof matchMedia === "function" ? matchMedia("(prefers-color-scheme: dark)") : null;
let followed: Settings["theme"] = "system";

function apply(): void {
  // High contrast is worn over the system's theme.
  const contrast = followed === "contrast" ? "more" : "";
  const theme = followed === "light" || followed === "dark" ? followed : dark?.matches ? "dark" : "light";
  const root = document.documentElement;
  if (root.dataset.theme === theme && (root.dataset.contrast ?? "") === contrast) return;
  root.dataset.theme = theme;
  if (contrast === "") delete root.dataset.contrast;
  else root.dataset.contrast = contrast;
  // Charts read the custom properties once; they listen for this.
  window.dispatchEvent(new CustomEvent("themechange"));
}

dark?.addEventListener("change", apply);

/** Sets the theme and the text size of the whole window. */
export function applySettings(settings: Settings): void {
  if (followed !== settings.theme) {
    followed = settings.theme;
    const frame = followed === "light" || followed === "dark" ? followed : null;
    // A frame in another theme is a blemish, no failure.
    client()
      .setTheme(frame)
      .catch(() => undefined);
  }
  document.documentElement.style.fontSize = settings.text_size === 100 ? "" : `${settings.text_size}%`;
  apply();
}
