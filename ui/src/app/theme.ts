import type { Settings } from "../api/bindings/Settings";

const dark = typeof matchMedia === "function" ? matchMedia("(prefers-color-scheme: dark)") : null;
let followed: Settings["theme"] = "system";

function apply(): void {
  const theme = followed === "system" ? (dark?.matches ? "dark" : "light") : followed;
  const root = document.documentElement;
  if (root.dataset.theme === theme) return;
  root.dataset.theme = theme;
  // Charts read the custom properties once; they listen for this.
  window.dispatchEvent(new CustomEvent("themechange"));
}

dark?.addEventListener("change", apply);

/** Sets the theme and the text size of the whole window. */
export function applySettings(settings: Settings): void {
  followed = settings.theme;
  document.documentElement.style.fontSize = settings.text_size === 100 ? "" : `${settings.text_size}%`;
  apply();
}
