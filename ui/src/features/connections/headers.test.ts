import { describe, expect, it } from "vitest";
import { headerLines, readHeaders } from "./headers";

describe("extra headers", () => {
  it("are read line by line and written back the same", () => {
    const text = "X-Team: red\nX-Trace: a:b";
    const { headers, problem } = readHeaders(`\n${text}\n`);
    expect(problem).toBeNull();
    expect(headers).toEqual([
      { name: "X-Team", value: "red" },
      { name: "X-Trace", value: "a:b" },
    ]);
    expect(headerLines(headers)).toBe(text);
  });

  it("are no place for a key", () => {
    for (const name of ["authorization", "Authorization", "X-API-Key", "x-goog-api-key", "API-key", "Cookie"])
      expect(readHeaders(`${name}: sk`), name).toMatchObject({
        headers: [],
        problem: expect.stringContaining("key field"),
      });
    expect(readHeaders("no header").problem).toContain("Name: value");
  });
});
