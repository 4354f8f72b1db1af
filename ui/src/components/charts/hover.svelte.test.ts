import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { mount, tick, unmount } from "svelte";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { CurvePoint } from "./curve";
import type { RunLine } from "./runLines";
import { RUN_LOOKS } from "./runColours";
import RunLinesChart from "./RunLinesChart.svelte";
import ScoreChart from "./ScoreChart.svelte";

const setOption = vi.fn();
vi.doMock("./engine", () => ({
  onPage: () => ({ setOption, resize: () => {}, dispose: () => {}, getWidth: () => 600, getHeight: () => 240 }),
}));
afterAll(() => void vi.doUnmock("./engine"));

beforeEach(() => {
  setOption.mockClear();
  // The window the tests run in lays nothing out.
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "getBoundingClientRect").mockReturnValue(new DOMRect(0, 0, 600, 240));
});

function line(run: number, scores: readonly number[]): RunLine {
  const points = scores.map((score, epoch) => {
    const decision = epoch === 0 ? ("baseline" as const) : ("accepted" as const);
    const measured = { score, low: score - 0.05, high: score + 0.05, n: 100, missing: 0 };
    return { epoch, x: epoch, kind: "scored" as const, score, measured, decision, best: score };
  });
  return { run, name: `Run ${run}`, look: RUN_LOOKS[run]!, points, best: scores.length - 1 };
}

async function drawn() {
  await waitFor(() => expect(setOption).toHaveBeenCalled());
  // At once: nothing has to end where motion is to be reduced.
  for (const [option] of setOption.mock.calls) expect(option).toMatchObject({ animation: false });
  setOption.mockClear();
}

/** What a screen hands over, each on its own, as a screen does. */
let strong = $state<number | null>(null);
let cursor = $state<number | null>(null);
let pinnedAt = $state<number | null>(null);

describe("curves that are still being read", () => {
  it("are drawn once they are there, and their axes not before", async () => {
    let read = $state(false);
    const props = { by: "epoch" as const, fontSize: 13, strong: null, onhover: () => {}, onpin: () => {} };
    const chart = mount(RunLinesChart, {
      target: document.body,
      props: {
        ...props,
        get lines() {
          return read ? [line(0, [0.4, 0.6])] : [];
        },
        get reading() {
          return !read;
        },
      },
    });
    await new Promise((done) => setTimeout(done, 60));
    expect(setOption).not.toHaveBeenCalled();
    read = true;
    await drawn();
    void unmount(chart);
  });
});

describe("the pointer over a chart", () => {
  it("makes a run stand out without drawing the chart again", async () => {
    strong = null;
    const onhover = vi.fn();
    const props = {
      lines: [line(0, [0.4, 0.6]), line(1, [0.5, 0.9])],
      by: "epoch" as const,
      fontSize: 13,
      get strong() {
        return strong;
      },
      onhover,
      onpin: () => {},
    };
    const mounted = mount(RunLinesChart, { target: document.body, props });
    await drawn();
    await fireEvent.pointerEnter(screen.getByRole("slider"));
    const slider = screen.getByRole("slider");
    await fireEvent.pointerMove(slider, { clientX: 580, clientY: 30 });
    // The cursor is there at once, the run that stands out with a later frame, and none once the pointer is gone.
    expect(slider.getAttribute("aria-valuenow")).toBe("1");
    await new Promise(requestAnimationFrame);
    expect(onhover, "the cursor's frame is painted first").not.toHaveBeenCalled();
    await waitFor(() => expect(onhover).toHaveBeenCalledExactlyOnceWith(1));
    await fireEvent.pointerMove(slider, { clientX: 580, clientY: 239 });
    await fireEvent.pointerLeave(slider);
    await new Promise((after) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(after))));
    expect(onhover.mock.calls).toEqual([[1], [null]]);
    const over = () => [...document.querySelectorAll(".chart > svg")];
    strong = 1;
    await tick();
    expect(over()).toHaveLength(1);
    // Each mark is a part of one of two paths, however many there are.
    const marks = [...over()[0]!.querySelectorAll("path.marks")].map((path) => path.getAttribute("d")!);
    expect(marks.map((d) => d.match(/M/g)?.length ?? 0)).toEqual([2, 0]);
    strong = null;
    await tick();
    expect(over()).toHaveLength(0);
    expect(setOption).not.toHaveBeenCalled();
    await unmount(mounted);
  });

  it("is read where a click has pinned it once the pointer is gone", async () => {
    strong = 1;
    pinnedAt = null;
    const props = {
      lines: [line(0, [0.4, 0.6, 0.7]), line(1, [0.5, 0.9, 0.8])],
      by: "epoch" as const,
      fontSize: 13,
      get strong() {
        return strong;
      },
      get pinnedAt() {
        return pinnedAt;
      },
      onhover: () => {},
      onpin: () => {},
      onpinat: (_: number | null, x: number | null) => (pinnedAt = x),
    };
    const mounted = mount(RunLinesChart, { target: document.body, props });
    await drawn();
    const slider = screen.getByRole("slider");
    await fireEvent.pointerMove(slider, { clientX: 320, clientY: 30 });
    await fireEvent.click(slider);
    await fireEvent.pointerLeave(slider);
    expect(pinnedAt).toBe(1);
    expect(slider.getAttribute("aria-valuenow")).toBe("1");
    expect(slider.getAttribute("aria-valuetext")).toBe("Run 1 chosen; Run 0 60.0% in epoch 1; Run 1 90.0% in epoch 1");
    pinnedAt = null;
    await tick();
    expect(slider.getAttribute("aria-valuetext")).toContain("Run 0 70.0% in epoch 2");
    expect(setOption).not.toHaveBeenCalled();
    await unmount(mounted);
  });

  it("comes to and leaves the curve of a run without drawing it again", async () => {
    const point = (epoch: number): CurvePoint => ({
      epoch,
      decision: "accepted",
      validation: { score: 0.5, n: 100, missing: 0, low: 0.4, high: 0.6 },
      bound: null,
      train: null,
      best: 0.5,
    });
    const props = {
      points: [point(0), point(1)],
      slots: 6,
      by: "epoch" as const,
      values: [0, 1],
      fontSize: 13,
      selected: null,
      get cursor() {
        return cursor;
      },
      onselect: () => {},
      oncursor: (epoch: number | null) => (cursor = epoch),
    };
    const mounted = mount(ScoreChart, { target: document.body, props });
    await drawn();
    await fireEvent.pointerMove(screen.getByRole("slider"), { clientX: 100, clientY: 100 });
    expect(cursor).toBe(0);
    await fireEvent.pointerLeave(screen.getByRole("slider"));
    expect(cursor).toBeNull();
    expect(setOption).not.toHaveBeenCalled();
    await unmount(mounted);
  });
});
