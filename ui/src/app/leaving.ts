type Keep = () => Promise<boolean> | boolean;

/** What may hold something that is not kept yet. */
const keepers = new Set<Keep>();

/**
 * Names what is to be kept when the user turns away from the window, or it ends. It gives false when that failed. Gives what ends it.
 */
export function onLeaving(keep: Keep): () => void {
  if (keepers.size === 0) watch();
  keepers.add(keep);
  return () => {
    keepers.delete(keep);
    if (keepers.size === 0) unwatch();
  };
}

/** Keeps everything; false when something could not be kept. */
export async function keepAll(): Promise<boolean> {
  const kept = await Promise.all([...keepers].map((keep) => keep()));
  return kept.every(Boolean);
}

function leaving(): void {
  void keepAll();
}

function hidden(): void {
  if (document.visibilityState === "hidden") leaving();
}

function watch(): void {
  window.addEventListener("blur", leaving);
  window.addEventListener("pagehide", leaving);
  document.addEventListener("visibilitychange", hidden);
}

function unwatch(): void {
  window.removeEventListener("blur", leaving);
  window.removeEventListener("pagehide", leaving);
  document.removeEventListener("visibilitychange", hidden);
}
