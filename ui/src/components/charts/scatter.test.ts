import { cleanup, render, waitFor } from "@testing-library/svelte";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import RunsScatter from "./RunsScatter.svelte";
import { RUN_LOOKS } from "./runColours";

const setOption = vi.fn();
vi.doMock("./engine", () => ({
  onPage: () => ({ setOption, resize: () => {}, dispose: () => {}, getWidth: () => 600, getHeight: () => 240 }),
}));
afterAll(() => void vi.doUnmock("./engine"));

beforeEach(() => {
  setOption.mockClear();
  // The window the tests run in lays nothing out.
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
});

function shown(against: "calls" | "train", xs: readonly [number, number]) {
  const scores = [0.7, 0.9];
  const points = scores.map((score, run) => ({
    run,
    name: `Run ${run}`,
    look: RUN_LOOKS[run]!,
    x: xs[run]!,
    score,
    low: score,
    high: score,
    unlike: [],
    leftOut: false,
  }));
  const nothing = () => {};
  return { points, against, fontSize: 13, height: 240, strong: null, onhover: nothing, onpin: nothing };
}

/** The axes of two runs, as they are drawn. */
async function axes(against: "calls" | "train", xs: readonly [number, number]) {
  render(RunsScatter, shown(against, xs));
  await waitFor(() => expect(setOption).toHaveBeenCalled());
  const [option] = setOption.mock.lastCall as [{ xAxis: Ends; yAxis: Ends }];
  cleanup();
  return { x: option.xAxis, y: option.yAxis };
}

interface Ends {
  min: number;
  max: number;
}

describe("runs against what they cost", () => {
  it("have no mark on the frame", async () => {
    const { x, y } = await axes("calls", [500, 1000]);
    expect(y.min).toBeLessThan(0.7);
    expect(y.max).toBeGreaterThan(0.9);
    expect(x.max).toBeGreaterThan(1000);
  });

  it("have no gap where validation lies above training, and it is not called one", () => {
    const says = (xs: readonly [number, number]) => {
      const { container } = render(RunsScatter, shown("train", xs));
      const words = container.querySelector(".sr")!.textContent!.trim().replace(/\s+/g, " ");
      cleanup();
      return words;
    };
    expect(says([0.68, 0.8])).toBe(
      "No run scores more in training than in validation. The nearest to it: " +
        "Run 0: 70.0% on validation, 68.0% on training, validation 2.0 points above training.",
    );
    expect(says([0.75, 0.9])).toMatch(/^The widest gap: Run 0: .* a gap of 5\.0 points\.$/);
  });

  it("have one axis for both against training, so that keeping up is a diagonal", async () => {
    const { x, y } = await axes("train", [0.6, 0.9]);
    expect([x.min, x.max]).toEqual([y.min, y.max]);
    expect(x.min).toBeLessThan(0.6);
  });
});
