import { describe, expect, it } from "vitest";
import type { Budget } from "../api/bindings/Budget";
import { usageOf } from "../testing/epochs";
import type { LiveRun } from "./liveRun";
import { spentOfLimit } from "./spentWords";

const NONE: Budget = { max_calls: null, max_tokens: null, max_cost: null, max_seconds: null };

/** What is said of a run that has sent 100 calls of 105 tokens for half a dollar, in so many seconds. */
function said(budget: Partial<Budget>, seconds = 200, cost: number | null = 0.5) {
  const summary = { config: { budget: { ...NONE, ...budget } } } as LiveRun["summary"];
  return spentOfLimit({ summary, usage: { ...usageOf(100), cost }, activeMs: seconds * 1000 });
}

describe("what is spent of the budget", () => {
  it("is told of the limit of which the largest share is spent", () => {
    expect(said({})).toBeNull();
    expect(said({ max_calls: 1_000 })).toBe("100 of 1,000 calls");
    expect(said({ max_cost: 10, max_calls: 1_000 })).toBe("100 of 1,000 calls");
    expect(said({ max_cost: 1, max_calls: 1_000 })).toBe("$0.50 of $1.00");
    expect(said({ max_cost: 1, max_calls: 1_000, max_tokens: 12_000 })).toBe("10,500 of 12,000 tokens");
    expect(said({ max_calls: 1_000, max_tokens: 50_000, max_seconds: 600 })).toBe("3 min of 10 min");
    expect(said({ max_cost: 1, max_calls: 1_000 }, 200, null)).toBe("100 of 1,000 calls");
  });

  it("tells time in minutes where the limit is some, and says of neither more than there is", () => {
    expect(said({ max_seconds: 600 }, 45)).toBe("45 s of 10 min");
    expect(said({ max_seconds: 600 }, 599)).toBe("9 min of 10 min");
    expect(said({ max_seconds: 5_400 }, 3_600)).toBe("60 min of 90 min");
    expect(said({ max_seconds: 100 }, 62)).toBe("62 s of 100 s");
    expect(said({ max_seconds: 3_601 }, 1_200)).toBe("1,200 s of 3,601 s");
  });
});
