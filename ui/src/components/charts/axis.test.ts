import { describe, expect, it } from "vitest";
import { countAxis, labelledSlots, roomyScoreAxis, scoreAxis, slotCount, timeAxis } from "./axis";

describe("scoreAxis", () => {
  it("covers the values with at most five steps inside 0 and 1", () => {
    const axis = scoreAxis([0.372, 0.984]);
    expect(axis.min).toBeLessThanOrEqual(0.372);
    expect(axis.max).toBe(1);
    expect(axis.ticks.length).toBeLessThanOrEqual(6);
  });

  it("ends at exactly 100 %, however fine its steps", () => {
    expect(scoreAxis([0.93, 1]).ticks.at(-1)).toBe(1);
    expect(scoreAxis([0, 1]).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  });

  it("gives one value an axis around it, also at the ends", () => {
    for (const value of [0, 0.5, 1]) {
      const axis = scoreAxis([value]);
      expect(axis.max).toBeGreaterThan(axis.min);
      expect(value).toBeGreaterThanOrEqual(axis.min);
      expect(value).toBeLessThanOrEqual(axis.max);
    }
  });

  it("makes no mountain of a point: it shows ten points at least", () => {
    const { min, max } = scoreAxis([0.32, 0.33]);
    expect(max - min).toBeGreaterThanOrEqual(0.1 - 1e-9);
  });

  it("leaves room around what would lie on its frame", () => {
    const { min, max } = roomyScoreAxis([0.7, 0.9]);
    expect(min).toBeLessThan(0.7);
    expect(max).toBeGreaterThan(0.9);
    expect(roomyScoreAxis([0.9, 1]).max).toBe(1);
  });

  it("shows the whole range while nothing is known", () => {
    expect(scoreAxis([])).toMatchObject({ min: 0, max: 1 });
  });
});

describe("axes of amounts", () => {
  it("count in whole numbers", () => {
    expect(countAxis([0, 3]).ticks).toEqual([0, 1, 2, 3]);
    expect(countAxis([5531]).ticks).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000]);
    expect(countAxis([])).toMatchObject({ min: 0, max: 1 });
  });

  it("tell time in steps of a clock", () => {
    expect(timeAxis([75_000]).ticks).toEqual([0, 15_000, 30_000, 45_000, 60_000, 75_000]);
    // A run of the demo model is over in less than a second.
    expect(timeAxis([644]).ticks).toEqual([0, 200, 400, 600, 800]);
  });
});

describe("slotCount", () => {
  it("keeps still while a short run goes on", () => {
    expect([1, 5, 11].map((known) => slotCount(known, 10, false))).toEqual([11, 11, 11]);
  });

  it("grows a long run in blocks and never beyond what is planned", () => {
    expect(slotCount(3, 100, false)).toBe(13);
    expect(slotCount(11, 100, false)).toBe(13);
    expect(slotCount(12, 100, false)).toBe(25);
    expect(slotCount(101, 100, false)).toBe(101);
  });

  it("moves the points of a run of thousands of epochs a dozen times, not hundreds, and leaves little empty", () => {
    let [moves, before] = [0, 0];
    for (let known = 500; known <= 4000; known++) {
      const slots = slotCount(known, 10_000, false);
      if (slots !== before) moves++;
      expect(slots - known).toBeLessThanOrEqual(known / 8 + 1);
      before = slots;
    }
    expect(moves).toBeLessThan(30);
  });

  it("shows what an ended run has", () => {
    expect(slotCount(9, 100, true)).toBe(9);
    expect(slotCount(3, 100, true)).toBe(3);
    expect(slotCount(0, 100, true)).toBe(1);
  });
});

describe("labelledSlots", () => {
  it("leaves out numbers that would not fit", () => {
    expect(labelledSlots(4, 10)).toEqual([0, 1, 2, 3]);
    expect(labelledSlots(100, 10).length).toBeLessThanOrEqual(10);
  });
});
