// WebKitGTK started under LANG=C reports the language "C". Intl refuses it with a RangeError, and libraries that
// build a formatter at import time would leave the window empty. This runs before the bundle.
(function () {
  function usable(tag) {
    try {
      return Intl.getCanonicalLocales(tag).length === 1;
    } catch {
      return false;
    }
  }
  if (usable(navigator.language)) return;
  Object.defineProperty(navigator, "language", { configurable: true, get: () => "en-US" });
  Object.defineProperty(navigator, "languages", { configurable: true, get: () => ["en-US"] });
})();
