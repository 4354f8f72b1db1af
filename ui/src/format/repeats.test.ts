import { expect, it } from "vitest";
import { linesOnce, repeats } from "./repeats";

it("tells the first of several alike, and empty ones are none", () => {
  expect(repeats(["a", "b", "a", "", "", "a"])).toEqual([false, false, true, false, false, true]);
  expect(linesOnce("one\ntwo\none\n\nthree")).toBe("one\ntwo\n\nthree");
});
