import { describe, expect, it } from "vitest";
import { outline, thinned } from "./thin";

const points = Array.from({ length: 2000 }, (_, x) => ({ x, y: x === 1234 ? 9 : x % 2 }));

describe("what is drawn of very many points", () => {
  it("is one for so many pixels, and it is the one that tells most", () => {
    const drawn = thinned(
      points,
      ({ x }) => x / 2,
      4,
      ({ y }) => y,
    );
    expect(drawn).toHaveLength(250);
    expect(drawn).toContain(points[1234]);
    expect(drawn[0]).toBe(points[1]);
  });

  it("is all of them where there is room, and the very same list", () => {
    const few = points.slice(0, 100);
    expect(
      thinned(
        few,
        ({ x }) => x * 8,
        4,
        ({ y }) => y,
      ),
    ).toBe(few);
  });
});

describe("a curve of more points than room", () => {
  it("goes through the lowest and the highest of each place, in their order", () => {
    const drawn = outline(
      points,
      ({ x }) => x / 4,
      2,
      ({ y }) => y,
    );
    expect(drawn).toHaveLength(500);
    expect(drawn).toContain(points[1234]);
    expect(drawn.map(({ x }) => x)).toEqual([...drawn].map(({ x }) => x).sort((a, b) => a - b));
  });

  it("goes through all of them where there is room", () => {
    const few = points.slice(0, 100);
    expect(
      outline(
        few,
        ({ x }) => x,
        2,
        ({ y }) => y,
      ),
    ).toBe(few);
  });
});
