import { describe, expect, it } from "vitest";
import type { Prediction } from "../../api/bindings/Prediction";
import type { ComparedExample } from "../../api/bindings/ComparedExample";
import { answerLine, comparedLine, samplesWords, searched } from "./answers";

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

  it("tells an example that was never asked from one whose answer is missing", () => {
    expect(answerLine(null)).toMatchObject({ sign: "–", text: "not asked", spoken: "not compared" });
    const missing = { ...one, answer: "", score: null, outcome: "missing" as const };
    expect(answerLine(missing)).toMatchObject({ sign: "?", text: "no answer", spoken: "missing" });
  });

  it("is the answer alone where there is one", () => {
    expect(answerLine(one)).toEqual({ sign: "✓", tone: "good", text: "billing", lead: "", spoken: "match" });
  });
});

const JSON_TRUTH = '{"order":"A-1024","quantity":3,"colour":"blue","urgent":false}';

function compared(before: string, after: string, truth = JSON_TRUTH): ComparedExample {
  const side = (answer: string): Prediction => {
    const right = answer === truth;
    return { ...one, response: answer, answer, score: right ? 1 : 0, outcome: right ? "match" : "no_match" };
  };
  const example = {
    id: 1,
    number: 1,
    split: "validation" as const,
    user_input: "Three blue ones",
    ground_truth_output: truth,
    variables: [],
    excluded: false,
  };
  return { example, bucket: "fixed", before: side(before), after: side(after) };
}

function text(segments: { text: string; changed: boolean }[]): string {
  return segments.map((part) => (part.changed ? `[${part.text}]` : part.text)).join("");
}

describe("two answers in a line", () => {
  it("begin where they differ, with the token marked that does", () => {
    const line = comparedLine(compared(JSON_TRUTH.replace("blue", "black"), JSON_TRUTH));
    expect(text(line.before)).toBe('…olour":"[black]","urgent":false}');
    expect(text(line.after)).toBe('…olour":"[blue]","urgent":false}');
    expect(text(line.truth)).toBe('…olour":"[blue]","urgent":false}');
  });

  it("are each held against the ground truth where both are wrong", () => {
    const wrong = [JSON_TRUTH.replace("blue", "black"), JSON_TRUTH.replace('"quantity":3', '"quantity":4')] as const;
    const line = comparedLine(compared(...wrong));
    expect(text(line.before)).toBe('…olour":"[black]","urgent":false}');
    expect(text(line.after)).toBe('…antity":[4],"colour":"blue","urgent":false}');
  });

  it("begin where they differ however late that comes, and lack what is only in the other", () => {
    const long = "word ".repeat(20_000);
    const line = comparedLine(compared(`${long}last`, `${long}final`, `${long}final`));
    expect(text(line.before)).toBe("…rd word [last]");
    expect(text(line.after)).toBe("…rd word [final]");
    expect(text(comparedLine(compared("the beginning of it", "x", "the beginning of it all")).before)).toBe(
      "the beginning of it",
    );
  });

  it("are left unmarked where they have nothing in common, or nothing apart", () => {
    expect(text(comparedLine(compared("account", "billing", "billing")).before)).toBe("account");
    expect(text(comparedLine(compared("billing", "billing", "billing")).after)).toBe("billing");
  });
});

describe("searching compared rows", () => {
  const rows = [compared("x", "y", "billing"), compared("late parcel", "y", "shipping")];

  it("finds all words in any text, and only the wanted label", () => {
    expect(searched(rows, "", "")).toBe(rows);
    expect(searched(rows, "PARCEL blue", "")).toEqual([rows[1]]);
    expect(searched(rows, "parcel", "billing")).toEqual([]);
    expect(searched(rows, "", "Billing")).toEqual([rows[0]]);
  });
});
