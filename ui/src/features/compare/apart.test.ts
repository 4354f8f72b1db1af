import { expect, it } from "vitest";
import { apart } from "./apart";

it("shows long texts that begin alike from near where they part", () => {
  const [one, other] = ["Classify the message of a bank.", "Classify the message of a banker, in one word."];
  expect(apart([one!, other!])).toEqual(["…of a bank.", "…of a banker, in one word."]);
  expect(apart([one!, one!, `${one} Answer in lower case.`])).toEqual([
    "…a bank.",
    "…a bank.",
    "…a bank. Answer in lower case.",
  ]);
  const signs = "😀".repeat(20);
  // They part within a sign, by its second half.
  const [shown] = apart([`${signs}😁`, `${signs}😂`]);
  expect(shown).not.toMatch(/(?<![\ud800-\udbff])[\udc00-\udfff]/);
  const unbroken = "x".repeat(40);
  expect(apart([`${unbroken}1`, `${unbroken}2`])).toEqual([`…${"x".repeat(8)}1`, `…${"x".repeat(8)}2`]);
});

it("leaves alone what is told apart by its beginning, or is all the same", () => {
  expect(apart(["dataset's", "1"])).toEqual(["dataset's", "1"]);
  expect(apart(["label accuracy", "label accuracy × 1, contains × 1"])).toEqual([
    "label accuracy",
    "label accuracy × 1, contains × 1",
  ]);
  const long = "The same instructions for both of them.";
  expect(apart([long, long])).toEqual([long, long]);
});
