/** Nothing is on its way any more when no key has come for this long. */
const QUIET_MS = 300;
const LONGEST_MS = 3000;

/**
 * Waits for the keys that were pressed before the window was asked to close: they come to the page one by one, the question overtakes
 * them.
 */
export function lastKeys(): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      window.removeEventListener("keydown", again, true);
      clearTimeout(quiet);
      clearTimeout(longest);
      resolve();
    };
    const again = () => {
      clearTimeout(quiet);
      quiet = setTimeout(end, QUIET_MS);
    };
    let quiet = setTimeout(end, QUIET_MS);
    const longest = setTimeout(end, LONGEST_MS);
    window.addEventListener("keydown", again, true);
  });
}
