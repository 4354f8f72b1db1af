import { expect, it } from "vitest";
import { firstPlaces, linesOnce, repeats } from "./repeats";

it("tells the first of several alike, and empty ones are none", () => {
  expect(repeats(["a", "b", "a", "", "", "a"])).toEqual([false, false, true, false, false, true]);
  expect(linesOnce("one\ntwo\none\n\nthree")).toBe("one\ntwo\n\nthree");
});

it("tells where a text stood first", () => {
  expect(firstPlaces(["a", "b", "a", "", "", "a"])).toEqual([null, null, 0, null, null, 0]);
});
