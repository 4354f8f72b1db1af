import { afterAll, vi } from "vitest";

/**
 * Leaves the prompt editors of a file of tests at the plain text area they begin with, which is a full editor too; CodeMirror has
 * tests of its own.
 */
export function usePlainEditor(): void {
  vi.doMock("../components/editor/codemirror", () => {
    throw new Error("not loaded");
  });
  afterAll(() => void vi.doUnmock("../components/editor/codemirror"));
}
