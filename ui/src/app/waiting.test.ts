import { describe, expect, it } from "vitest";
import { waitingWords } from "./waiting.svelte";

describe("a wait in words", () => {
  it("says how long and why, and nothing once it is over", () => {
    expect(waitingWords({ until: 12_000, reason: "provider_limit" }, 300)).toBe("waiting 12 s, the provider's limit");
    expect(waitingWords({ until: 600_000, reason: "failures" }, 0)).toBe("waiting 10 min, the server failed");
    expect(waitingWords({ until: 4_000, reason: "unreachable" }, 0)).toBe("waiting 4 s, the server can't be reached");
    expect(waitingWords({ until: 12_000, reason: "own_limit" }, 12_000)).toBeNull();
    expect(waitingWords(null, 0)).toBeNull();
  });
});
