import { describe, expect, it } from "vitest";
import { csvOf } from "./csv";

describe("csvOf", () => {
  it("quotes what has to be quoted and changes no cell", () => {
    expect(
      csvOf([
        ["a", "b"],
        ['say "hi"', "1,5"],
        ["line\nbreak", " kept "],
        [null, 0.915],
        ["=1+1", "007"],
      ]),
    ).toBe('a,b\r\n"say ""hi""","1,5"\r\n"line\nbreak"," kept "\r\n,0.915\r\n=1+1,007\r\n');
  });
});
