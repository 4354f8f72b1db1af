import { describe, expect, it } from "vitest";
import { tooltip } from "./tooltip";

const widest = (text: string) => Math.max(...text.split("\n").map((line) => [...line].length));

describe("a text as a tooltip", () => {
  it("stays as it is while it is short, and keeps its own lines", () => {
    expect(tooltip("billing, run 7")).toBe("billing, run 7");
    expect(tooltip(`${"a".repeat(70)}\n\n${"b".repeat(30)}`)).toBe(`${"a".repeat(70)}\n\n${"b".repeat(30)}`);
  });

  it("is broken between words, and inside of what has no blank", () => {
    const words = tooltip("the note of a version ".repeat(8).trim());
    expect(widest(words)).toBeLessThanOrEqual(80);
    expect(words.replaceAll("\n", " ")).toBe("the note of a version ".repeat(8).trim());
    expect(tooltip("x".repeat(300)).split("\n")).toEqual([80, 80, 80, 60].map((length) => "x".repeat(length)));
  });

  it("ends after some lines, never in the middle of a character", () => {
    const shown = tooltip("😀".repeat(900));
    expect([widest(shown), [...shown.replaceAll("\n", "")].length]).toEqual([80, 500]);
    expect(shown.endsWith("😀…")).toBe(true);
    expect(tooltip("row\n".repeat(400)).split("\n").length).toBeLessThan(30);
  });

  it("changes nothing the second time", () => {
    const texts = [
      "x".repeat(300),
      "word ".repeat(300),
      "a\n".repeat(300),
      " ".repeat(400),
      `${"y".repeat(81)}\r\n z `,
    ];
    for (const text of texts) expect(tooltip(tooltip(text))).toBe(tooltip(text));
  });
});
