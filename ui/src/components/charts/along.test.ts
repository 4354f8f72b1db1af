import { describe, expect, it } from "vitest";
import { epochOf } from "../../testing/epochs";
import { along, byEpochWords, tellsApart } from "./along";
import { runLinesOption } from "./runLinesOption";
import { timeAxis } from "./axis";

describe("an axis", () => {
  it("tells epochs apart where one of them differs and all are known", () => {
    const epochs = [epochOf(0, "baseline", 0.5), epochOf(1, "rejected", 0.4)];
    expect(along(epochs, "calls")).toEqual([100, 200]);
    expect([[100, 200], [0, 0, 5], [100]].map(tellsApart)).toEqual([true, true, true]);
    expect([[], [0], [0, 0], [7, 7], [null, 3]].map(tellsApart)).toEqual([false, false, false, false, false]);
  });

  it("says why it does not", () => {
    expect(byEpochWords([[0, 0], [0]], "calls")).toBe("By epoch: no call was counted.");
    expect(byEpochWords([[0, 0], [null]], "cost")).toBe("By epoch: nothing was paid.");
    expect(byEpochWords([[null, null]], "cost")).toBe("By epoch: dollars are not known.");
    expect(byEpochWords([[7, 7]], "calls")).toBe("By epoch: the epochs do not differ in calls.");
  });

  it("names no two of its ticks the same, however short the run was", () => {
    const x = timeAxis([110]);
    const frame = { left: 40, right: 10, top: 10, bottom: 20 };
    const colours = {} as Parameters<typeof runLinesOption>[0]["colours"];
    const option = runLinesOption({ lines: [], close: false, by: "time", x, y: x, frame, fontSize: 13, colours });
    const { axisLabel } = option["xAxis"] as { axisLabel: { formatter: (value: number) => string } };
    const names = x.ticks.map((tick) => axisLabel.formatter(tick));
    expect(new Set(names).size).toBe(names.length);
  });
});
