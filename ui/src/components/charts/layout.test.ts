import { describe, expect, it } from "vitest";
import { epochAt, layoutOf } from "./layout";

const input = { width: 1000, fontSize: 10, slots: 4 };

describe("layoutOf", () => {
  it("gives every epoch a column, those to come as well", () => {
    const { places, axis } = layoutOf({ ...input, by: "epoch", values: [0, 1] });
    expect(axis).toBeNull();
    expect(places).toHaveLength(4);
    expect(places[1]!.from).toBeCloseTo(places[0]!.to);
    expect(places[1]!.at).toBeCloseTo((places[1]!.from + places[1]!.to) / 2);
  });

  it("makes an epoch as wide as what it took, its point at the end", () => {
    const layout = layoutOf({ ...input, by: "calls", values: [100, 150, 350] });
    const wide = layout.places.map((place) => place.to - place.from);
    expect(wide[1]! * 4).toBeCloseTo(wide[2]!);
    expect(wide[1]! * 2).toBeCloseTo(wide[0]!);
    expect(layout.places[2]!.at).toBe(layout.places[2]!.to);
    expect(epochAt(layout, layout.places[1]!.from + 1)).toBe(1);
    expect(epochAt(layout, layout.places[2]!.to + 1)).toBeNull();
  });

  it("gives epochs that took nothing at the start a width left of the axis, their points on it", () => {
    const { places, frame } = layoutOf({ ...input, by: "calls", values: [0, 0, 100, 100, 200] });
    const [first, second, third, fourth] = places;
    expect(first!.to - first!.from).toBeGreaterThan(10);
    expect(second!.from).toBeCloseTo(first!.to);
    expect(second!.to).toBeCloseTo(frame.left);
    expect([first!.at, second!.at]).toEqual([frame.left, frame.left]);
    expect(third!.from).toBe(frame.left);
    // One that takes nothing later stands where the one before it ends.
    expect(fourth!.from).toBe(third!.to);
    expect(epochAt({ places } as ReturnType<typeof layoutOf>, first!.from + 1)).toBe(0);
  });

  it("stays finite when nothing was spent", () => {
    const { places } = layoutOf({ ...input, by: "cost", values: [0, 0] });
    expect(places.every((place) => Number.isFinite(place.at) && place.to >= place.from)).toBe(true);
  });
});
