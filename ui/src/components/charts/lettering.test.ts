import { describe, expect, it } from "vitest";
import { cutInside, cutTo, inTwo, letters, wrappedTo } from "./lettering";

describe("what is written in a chart", () => {
  it("is cut where there is no room for all of it, and only there", () => {
    expect(cutTo("early stop", 10, letters)).toBe("early stop");
    expect(cutTo("early stop", 9, letters)).toBe("early st…");
    expect(cutTo("early stop", 0, letters)).toBe("e…");
    expect(cutTo("a".repeat(100_000), 5, letters)).toBe("aaaa…");
  });

  it("keeps the end of a long name, in which repeats differ", () => {
    const name = (number: number) => `the longest name that anybody gave a run, repeat ${number} of 3`;
    expect(cutInside(name(2), 30, letters)).toBe("the longest name…repeat 2 of 3");
    expect(cutInside(name(2), 30, letters)).not.toBe(cutInside(name(3), 30, letters));
    expect(cutInside(name(2), 60, letters)).toBe(name(2));
    expect(cutInside("x".repeat(300), 30, letters)).toBe(`${"x".repeat(13)}…${"x".repeat(16)}`);
    expect(cutInside(name(2), 10, letters)).toBe("the longe…");
  });

  it("has an end of its own earlier where room is small", () => {
    expect(inTwo("Search of a pool 12")).toEqual({ beginning: "Search of a pool 12", end: "" });
    expect(inTwo("Search of a pool 12", 14)).toEqual({ beginning: "Search of ", end: "a pool 12" });
    expect(inTwo("a".repeat(15), 14)).toEqual({ beginning: "a".repeat(9), end: "a".repeat(6) });
    expect(inTwo("Search of a po", 14).end).toBe("");
  });

  it("never cuts inside a sign", () => {
    const name = `⟨RLO⟩RUN ${"W".repeat(30)}`;
    expect(cutTo(name, 8, letters)).toBe("⟨RLO⟩RU…");
    expect(cutTo(name, 4, letters), "so narrow that the sign alone has no room").toBe("⟨RLO⟩…");
    expect(inTwo(`${"a".repeat(14)}⟨RLO⟩${"b".repeat(15)}`)).toEqual({
      beginning: "a".repeat(14),
      end: `⟨RLO⟩${"b".repeat(15)}`,
    });
  });

  it("is broken between words, into so many lines at most", () => {
    expect(wrappedTo("early stop of a validation", 13, letters, 2)).toEqual(["early stop of", "a validation"]);
    expect(wrappedTo("early stop of a validation", 10, letters, 2)).toEqual(["early stop", "of a vali…"]);
    expect(wrappedTo("early stop of a validation", 40, letters, 2)).toEqual(["early stop of a validation"]);
    expect(wrappedTo("unbreakable", 5, letters, 2)).toEqual(["unbr…"]);
  });
});
