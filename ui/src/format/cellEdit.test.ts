import { describe, expect, it } from "vitest";
import { editedCell } from "./cellEdit";

describe("an edited cell", () => {
  it("is the same cell when the field was not touched", () => {
    expect(editedCell("a\r\nb\rc\nd", "a\nb\nc\nd")).toBe("a\r\nb\rc\nd");
  });

  it("keeps the line ends that were not touched", () => {
    expect(editedCell("one\r\ntwo\nthree", "one\n2\nthree")).toBe("one\r\n2\nthree");
    expect(editedCell("one\r\ntwo\r\n", "zero\ntwo\n")).toBe("zero\r\ntwo\r\n");
  });

  it("gives new lines the kind that the cell has most", () => {
    expect(editedCell("a\r\nb\r\nc", "a\nb\nnew\nc")).toBe("a\r\nb\r\nnew\r\nc");
    expect(editedCell("a\rb", "a\nb\nc")).toBe("a\rb\rc");
    expect(editedCell("plain", "plain\nlines")).toBe("plain\nlines");
  });

  it("keeps blanks, leading zeros and repeated letters", () => {
    expect(editedCell("  007 ", "  0077 ")).toBe("  0077 ");
    expect(editedCell("aaaa", "aaa")).toBe("aaa");
    expect(editedCell("x\r\n\r\ny", "x\ny")).toBe("x\r\ny");
    expect(editedCell("x", "")).toBe("");
  });
});
