import { describe, expect, it } from "vitest";
import { drawnRows, rowWindow } from "./rows";

const list = { total: 200, rowHeight: 30, room: 300, buffer: 4 };

describe("the rows that are drawn", () => {
  it("are those in sight and a few beyond both ends", () => {
    expect(rowWindow({ ...list, offset: 0 })).toEqual({ first: 0, last: 14 });
    expect(rowWindow({ ...list, offset: 3000 })).toEqual({ first: 96, last: 114 });
    expect(rowWindow({ ...list, offset: 5700 })).toEqual({ first: 186, last: 200 });
  });

  it("are there also where a shorter list has just taken the place of a longer one", () => {
    const { first, last } = rowWindow({ ...list, total: 3, offset: 3000 });
    expect([first, last]).toEqual([0, 3]);
    expect(rowWindow({ ...list, total: 0, offset: 3000 })).toEqual({ first: 0, last: 0 });
  });

  it("leave the room of all others", () => {
    const { rows, after } = drawnRows(200, { first: 96, last: 98 }, null);
    expect(rows).toEqual([
      { row: 96, skipped: 96 },
      { row: 97, skipped: 0 },
    ]);
    expect(after).toBe(102);
  });

  it("keep the row with the focus, above and below", () => {
    expect(drawnRows(200, { first: 96, last: 97 }, 10)).toEqual({
      rows: [
        { row: 10, skipped: 10 },
        { row: 96, skipped: 85 },
      ],
      after: 103,
    });
    expect(drawnRows(200, { first: 96, last: 97 }, 150).rows.at(-1)).toEqual({ row: 150, skipped: 53 });
    expect(drawnRows(200, { first: 96, last: 97 }, 250).rows).toHaveLength(1);
  });
});
