import { cleanup, configure } from "@testing-library/svelte";
import { afterEach } from "vitest";

// Screens load lazily; the first test that opens one waits for its modules on a busy machine.
configure({ asyncUtilTimeout: 12_000 });

afterEach(() => {
  cleanup();
  localStorage.clear();
});
