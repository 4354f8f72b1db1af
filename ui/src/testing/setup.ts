import { cleanup, configure } from "@testing-library/svelte";
import { afterEach, beforeEach } from "vitest";
import { blankCanvas } from "./canvas";
import { resetWindow } from "./reset";

// Screens load lazily; the first test that opens one waits for its modules on a busy machine.
configure({ asyncUtilTimeout: 12_000 });

blankCanvas();

beforeEach(resetWindow);

afterEach(() => {
  cleanup();
  localStorage.clear();
});
