import { describe, expect, it } from "vitest";
import { openVariable, scanVariables, unknownNames } from "./variables";

const columns = ["text", "queue", "due date"];

function found(text: string, names: string[] = columns): string[] {
  return scanVariables(text, names).places.map((place) => `${text.slice(place.from, place.to)}=${place.column}`);
}

describe("scanVariables", () => {
  it("finds exact names, blanks inside the braces aside", () => {
    expect(found("{{text}} and {{ queue }} by {{due date}}")).toEqual([
      "{{text}}=0",
      "{{ queue }}=1",
      "{{due date}}=2",
    ]);
  });

  it("leaves other spellings literal and flags them", () => {
    const scanned = scanVariables("{{Text}} {{queu}} {{queu}}", columns);
    expect(scanned.places).toEqual([]);
    expect(unknownNames(scanned)).toEqual(["Text", "queu"]);
  });

  it("goes on one brace at a time, so three braces still hold a place", () => {
    expect(found("{{{text}}}")).toEqual(["{{text}}=0"]);
    expect(found("{{a {{text}}")).toEqual(["{{text}}=0"]);
  });

  it("prefers the name as it stands over the trimmed one", () => {
    expect(found("{{ text }}", ["text", " text "])).toEqual(["{{ text }}=1"]);
  });

  it("takes the first of two columns with one name", () => {
    expect(found("{{x}}", ["x", "x"])).toEqual(["{{x}}=0"]);
  });

  it("trims the blanks the engine trims, and no others", () => {
    expect(found("{{\u0085text\u3000}}")).toHaveLength(1);
    expect(found("{{\ufefftext}}")).toEqual([]);
  });

  it("does not call doubled JSON braces a mistyped column", () => {
    expect(scanVariables('{{"a": 1}} {{}} {{ }} {{a\nb}}', columns).unknown).toEqual([]);
  });

  it("ignores what is never closed", () => {
    expect(scanVariables("{{text", columns)).toEqual({ places: [], unknown: [] });
  });

  it("stays fast on a text of nothing but braces", () => {
    const started = performance.now();
    expect(found(`${"{".repeat(100_000)}text}}`)).toEqual(["{{text}}=0"]);
    expect(found("{{ ".repeat(30_000) + "}}".repeat(3))).toEqual([]);
    expect(performance.now() - started).toBeLessThan(4000);
  });
});

describe("openVariable", () => {
  it("sees a name being typed", () => {
    expect(openVariable("Answer {{qu")).toEqual({ from: 9, typed: "qu" });
    expect(openVariable("{{ ")).toEqual({ from: 3, typed: "" });
  });

  it("is silent outside of braces", () => {
    expect(openVariable("Answer {qu")).toBeNull();
    expect(openVariable("{{queue}} is")).toBeNull();
  });
});
