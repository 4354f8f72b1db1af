import { beforeEach, describe, expect, it, vi } from "vitest";
import { forgetTurns, giveUpTurn, inTurn, keepTurn } from "./turns";

const later = () => new Promise((done) => setTimeout(done, 60));

describe("drawings that wait for one another", () => {
  beforeEach(forgetTurns);

  it("come one after another, each in its newest form alone", async () => {
    const drawn: string[] = [];
    const [one, two] = [{}, {}];
    inTurn(one, () => drawn.push("old"));
    inTurn(two, () => drawn.push("two"));
    inTurn(one, () => drawn.push("new"));
    expect(drawn).toEqual([]);
    await vi.waitFor(() => expect(drawn).toEqual(["new", "two"]));
  });

  it("keep the place of one that is still being read for", async () => {
    const drawn: string[] = [];
    const [curves, scatter] = [{}, {}];
    keepTurn(curves);
    inTurn(scatter, () => drawn.push("scatter"));
    await later();
    expect(drawn).toEqual([]);
    inTurn(curves, () => drawn.push("curves"));
    // Again without anything to draw: what waits already stays.
    keepTurn(curves);
    await vi.waitFor(() => expect(drawn).toEqual(["curves", "scatter"]));
  });

  it("go on when whoever kept a place is gone", async () => {
    const drawn: string[] = [];
    const [curves, scatter] = [{}, {}];
    keepTurn(curves);
    inTurn(scatter, () => drawn.push("scatter"));
    await later();
    giveUpTurn(curves);
    await vi.waitFor(() => expect(drawn).toEqual(["scatter"]));
  });
});
