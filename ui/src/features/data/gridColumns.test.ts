import { describe, expect, it } from "vitest";
import type { DatasetInfo } from "../../api/bindings/DatasetInfo";
import { gridColumns } from "./gridColumns";

const dataset = {
  rows: 276,
  columns: ["message", "queue", "channel", "received"],
  roles: { input: "message", truth: "queue" },
} as unknown as DatasetInfo;

function widths(room: number, chosen: Record<string, number> = {}) {
  const columns = gridColumns(dataset, room, (column) => chosen[column], null);
  return Object.fromEntries(columns.map(({ name, width }) => [name, width]));
}

function sum(all: Record<string, number>): number {
  return Object.values(all).reduce((total, width) => total + width, 0);
}

describe("the columns of the examples", () => {
  it("give the input what the others leave, and never ask for a scroll bar where there is room", () => {
    const usual = widths(60);
    expect([usual["queue"], usual["channel"], usual["received"]]).toEqual([12, 7, 7]);
    expect(usual["message"]).toBeGreaterThan(20);
    expect(sum(usual)).toBeLessThanOrEqual(60);
  });

  it("fill a large display together", () => {
    const large = widths(205);
    expect(sum(large)).toBeGreaterThan(204);
    expect(sum(large)).toBeLessThanOrEqual(205);
    expect(large["received"]).toBeGreaterThan(12);
    expect(large["message"]).toBeGreaterThan(90);
  });

  it("leave a width alone that the user gave", () => {
    const large = widths(205, { received: 9, message: 40 });
    expect([large["received"], large["message"]]).toEqual([9, 40]);
    expect(sum(large)).toBeGreaterThan(204);
  });
});
