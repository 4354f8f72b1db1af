import { describe, expect, it } from "vitest";
import type { Prediction } from "../../api/bindings/Prediction";
import { answerLine, samplesWords } from "./answers";

const one: Prediction = {
  example: 1,
  sample: 0,
  response: "billing",
  answer: "billing",
  score: 1,
  scores: [1],
  outcome: "match",
  missing: null,
  cut: false,
  feedback: null,
  samples: [],
};

describe("an answer in a line", () => {
  it("says how many of several are right, since the text is only one of them", () => {
    const { outcome } = one;
    const wrong = { answer: "account", score: 0, outcome: "no_match" as const };
    const several: Prediction = {
      ...one,
      score: 1 / 3,
      outcome: "no_match",
      samples: [{ answer: "billing", score: 1, outcome }, wrong, wrong],
    };
    expect(samplesWords(several)).toBe("1 of 3 answers match");
    expect(answerLine(several)).toEqual({
      sign: "×",
      tone: "bad",
      text: "1 of 3 answers match: billing",
      lead: "1 of 3 answers match: ",
      spoken: "no match",
    });
  });

  it("is the answer alone where there is one", () => {
    expect(answerLine(one)).toEqual({ sign: "✓", tone: "good", text: "billing", lead: "", spoken: "match" });
  });
});
