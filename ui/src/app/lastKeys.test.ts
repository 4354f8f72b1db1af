import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { lastKeys } from "./lastKeys";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the keys pressed last", () => {
  function waiting() {
    const over = vi.fn();
    void lastKeys().then(over);
    return over;
  }

  async function press(after: number) {
    await vi.advanceTimersByTimeAsync(after);
    window.dispatchEvent(new KeyboardEvent("keydown", { key: "a" }));
  }

  it("have come once none has come for a while", async () => {
    const over = waiting();
    await vi.advanceTimersByTimeAsync(250);
    expect(over).not.toHaveBeenCalled();
    await press(0);
    await vi.advanceTimersByTimeAsync(250);
    expect(over).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(100);
    expect(over).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("hold up nothing for ever, and leave nothing behind", async () => {
    const over = waiting();
    for (let key = 0; key < 31; key += 1) await press(100);
    expect(over).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });
});
