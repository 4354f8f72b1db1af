import { describe, expect, it } from "vitest";
import { headerLines, readHeaders, secretHeader } from "./headers";

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

  it("are told of where they look like a secret that a gateway wants", () => {
    const named = (text: string) => secretHeader(readHeaders(text).headers);
    expect(named("X-Team: red\nX-Api-Token: abc")).toBe("X-Api-Token");
    expect(named("cf-aig-authorization: abc")).toBe("cf-aig-authorization");
    expect(named("X-Team: red\nHTTP-Referer: https://a.example")).toBeNull();
  });
});
