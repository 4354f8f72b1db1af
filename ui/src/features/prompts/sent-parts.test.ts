import { describe, expect, it } from "vitest";
import { sentParts } from "./sent-parts";

describe("sentParts", () => {
  it("finds the output prompt after the blank line", () => {
    expect(sentParts("Hi\n\nOne word.", "Hi")).toEqual({ input: "Hi", separator: "\n\n", output: "One word." });
  });

  it("finds it after an input that ends in blank lines of its own", () => {
    expect(sentParts("Hi\n\n\n\nOne word.", "Hi\n\n")).toEqual({
      input: "Hi\n\n",
      separator: "\n\n",
      output: "One word.",
    });
  });

  it("knows the halves without a separator", () => {
    expect(sentParts("Hi", "Hi")).toEqual({ input: "Hi", separator: "", output: "" });
    expect(sentParts("One word.", "")).toEqual({ input: "", separator: "", output: "One word." });
  });

  it("gives up on a message it does not recognise", () => {
    expect(sentParts("Something else", "Hi")).toBeNull();
    expect(sentParts("Hither", "Hi")).toBeNull();
  });
});
