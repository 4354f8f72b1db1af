/** Calls when the user turns away from the window, or it ends: the last moment for what is not kept yet. Gives what stops it. */
export function onLeaving(keep: () => void): () => void {
  const hidden = () => {
    if (document.visibilityState === "hidden") keep();
  };
  window.addEventListener("blur", keep);
  window.addEventListener("pagehide", keep);
  document.addEventListener("visibilitychange", hidden);
  return () => {
    window.removeEventListener("blur", keep);
    window.removeEventListener("pagehide", keep);
    document.removeEventListener("visibilitychange", hidden);
  };
}
