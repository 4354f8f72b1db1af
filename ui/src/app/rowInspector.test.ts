import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import type { Prediction } from "../api/bindings/Prediction";
import type { Example } from "../api/bindings/Example";
import RowInspector from "./RowInspector.svelte";

const example: Example = {
  id: 1,
  number: 1,
  split: "validation",
  user_input: "Where is my card?",
  ground_truth_output: "cards",
  variables: [],
  excluded: false,
};

describe("the row inspector", () => {
  it("lists every answer where an example was asked several times, as text", () => {
    const prediction: Prediction = {
      example: 1,
      sample: 0,
      response: "cards",
      answer: "cards",
      score: 0.5,
      scores: [0.5],
      outcome: "no_match",
      missing: null,
      cut: false,
      feedback: null,
      samples: [
        { answer: "cards", score: 1, outcome: "match" },
        { answer: "<b>billing</b>", score: 0, outcome: "no_match" },
        { answer: "", score: null, outcome: "missing" },
      ],
    };
    render(RowInspector, { shown: { example, columns: [], sides: [{ title: "Epoch 1", prediction }] } });
    expect(screen.getByText(/1 of 3 answers match/)).toBeTruthy();
    const listed = within(screen.getByRole("list")).getAllByRole("listitem");
    expect(listed.map((item) => item.textContent?.replace(/\s+/g, " ").trim())).toEqual([
      "match cards",
      "no match <b>billing</b>",
      "missing",
    ]);
  });

  it("says that marks of direction turn an answer round, which stands letter by letter", () => {
    const answer = "abc\u202edef";
    const prediction: Prediction = {
      example: 1,
      sample: 0,
      response: answer,
      answer,
      score: 0,
      scores: [0],
      outcome: "no_match",
      missing: null,
      cut: false,
      feedback: null,
      samples: [],
    };
    render(RowInspector, { shown: { example, columns: [], sides: [{ title: "Answer", prediction }] } });
    expect(screen.getByRole("region", { name: "Response, Answer" }).textContent).toBe(answer);
    expect(screen.getByText("Marks of direction (⟨RLO⟩) turn letters round here.")).toBeTruthy();
  });

  it("marks what differs from the ground truth, or between the answers", async () => {
    const truth = '{"colour":"blue","urgent":false}';
    const side = (title: string, answer: string) => ({
      title,
      prediction: {
        example: 1,
        sample: 0,
        response: answer,
        answer,
        score: answer === truth ? 1 : 0,
        scores: [0],
        outcome: answer === truth ? ("match" as const) : ("no_match" as const),
        missing: null,
        cut: false,
        feedback: null,
        samples: [],
      },
    });
    const sides = [side("Before", truth.replace("blue", "black")), side("After", truth)];
    render(RowInspector, { shown: { example: { ...example, ground_truth_output: truth }, columns: [], sides } });
    const marked = (label: string) =>
      [...screen.getByRole("region", { name: label }).querySelectorAll("mark")].map((mark) => mark.textContent);
    expect(marked("Ground truth")).toEqual(["blue"]);
    expect(marked("Response, Before")).toEqual(["black"]);
    expect(marked("Response, After")).toEqual([]);
    await userEvent.click(screen.getByRole("radio", { name: "each other" }));
    expect(marked("Ground truth")).toEqual([]);
    expect(marked("Response, Before")).toEqual(["black"]);
    expect(marked("Response, After")).toEqual(["blue"]);
    expect(screen.getByRole("region", { name: "Response, After" }).textContent).toBe(truth);
  });
});
