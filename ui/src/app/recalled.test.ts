import { describe, expect, it } from "vitest";
import { recalled } from "./recalled.svelte";

describe("recalled", () => {
  it("survives a restart, and what it cannot read does no harm", () => {
    const first = recalled("test.x", "epoch");
    expect(first.value).toBe("epoch");
    first.value = "calls";
    expect(recalled("test.x", "epoch").value).toBe("calls");
    localStorage.setItem("mlprompt.kept.test.x", "{broken");
    expect(recalled("test.x", "epoch").value).toBe("epoch");
    localStorage.setItem("mlprompt.kept.test.x", "7");
    expect(recalled("test.x", "epoch").value).toBe("epoch");
    expect(recalled<string>("test.x", "epoch", (value) => value === 7).value).toBe(7);
  });
});
