import { describe, expect, it } from "vitest";
import { atMost, atMostWhole, boundWords } from "./bound";
import { bytes } from "./bytes";
import { count, counted, shortCount } from "./count";
import { duration, elapsed, latency } from "./duration";
import { interval, intervalWords } from "./interval";
import { ago, shortMoment } from "./moment";
import { money } from "./money";
import { oneLine } from "./oneLine";
import { percent, points } from "./percent";
import { sentence } from "./sentence";

describe("figures", () => {
  it("groups counts and names one and many", () => {
    expect(count(1842)).toBe("1,842");
    expect(counted(1, "example")).toBe("1 example");
    expect(counted(1842, "example")).toBe("1,842 examples");
    expect(counted(2, "run is", "runs are")).toBe("2 runs are");
  });

  it("tells what took less than a second as well", () => {
    expect([0, 50, 644, 9_900, 9_970, 130_000].map((ms) => elapsed(ms))).toEqual([
      "0",
      "0.05 s",
      "0.6 s",
      "9.9 s",
      "0:10",
      "2:10",
    ]);
  });

  it("tells ticks apart that are less than a tenth of a second or a cent apart", () => {
    expect([0, 20, 80, 100, 120].map((ms) => elapsed(ms, 20))).toEqual(["0", "0.02 s", "0.08 s", "0.10 s", "0.12 s"]);
    expect([0, 0.008, 0.01, 0.012].map((dollars) => money(dollars, 0.002))).toEqual([
      "$0.00",
      "$0.008",
      "$0.010",
      "$0.012",
    ]);
  });

  it("never writes a bound above the best that it cannot beat", () => {
    const bound = (score: number) => ({ score, best: 40 / 55, n: 30, of: 55 });
    expect(percent(40 / 55)).toBe("72.7%");
    expect([atMost(bound(40 / 55)), atMostWhole(bound(40 / 55))]).toEqual(["≤ 72.7%", "≤73"]);
    expect(boundWords(bound(40 / 55))).toBe("validation at most 72.7%, stopped early after 30 of 55");
    for (const score of [0.7269, 0.7, 0.45, 0.29]) expect(atMost(bound(score)) <= "≤ 72.7%").toBe(true);
    expect(atMost(bound(0.45))).toBe("≤ 45.0%");
    expect([0.29, 0.7204, 1].map((score) => atMostWhole(bound(score)))).toEqual(["≤29", "≤72", "≤100"]);
  });

  it("shortens only long counts", () => {
    expect(shortCount(9999)).toBe("9,999");
    expect(shortCount(15394)).toBe("15.4K");
    expect(shortCount(1_900_000)).toBe("1.9M");
  });

  it("writes shares and differences with one decimal and a real minus", () => {
    expect(percent(0.915)).toBe("91.5%");
    expect(percent(1)).toBe("100.0%");
    // As in the engine's sentences: 33 and 207 of 400.
    expect([33 / 400, -33 / 400, 207 / 400].map(points)).toEqual(["+8.3", "−8.3", "+51.8"]);
    // 71 of 80 against 42 of 80: as far apart as 29 of 80.
    expect([71 / 80 - 42 / 80, 42 / 80 - 71 / 80].map(points)).toEqual([29 / 80, -29 / 80].map(points));
    expect(points(0.055)).toBe("+5.5");
    expect(points(-0.015)).toBe("−1.5");
    expect(points(-0.0001)).toBe("0.0");
  });

  it("makes sentences of the engine's clauses, with a capital and a real minus", () => {
    expect(sentence("not distinguishable: -0.9 points (-2 to 1), p = 1; well-known")).toBe(
      "Not distinguishable: −0.9 points (−2 to 1), p = 1; well-known",
    );
    expect(sentence("Already one.")).toBe("Already one.");
  });

  it("says the interval with n and what is missing", () => {
    const score = { score: 0.915, n: 200, missing: 2, low: 0.868, high: 0.946 };
    expect(interval(score)).toBe("(86.8 to 94.6)");
    // No end lies beyond what a score can be, and neither is drawn to the middle.
    expect(interval({ ...score, score: 0.055, low: 0.015, high: 0.145 })).toBe("(1.5 to 14.5)");
    expect(intervalWords(score)).toBe("95 % interval 86.8 to 94.6, n = 200, 2 missing");
    expect(intervalWords({ ...score, missing: 0 })).toBe("95 % interval 86.8 to 94.6, n = 200");
  });

  it("reads clocks", () => {
    expect(duration(130_000)).toBe("2:10");
    expect(duration(3_723_000)).toBe("1:02:03");
    expect(duration(-5)).toBe("0:00");
    expect(latency(412)).toBe("412 ms");
    expect(latency(2300)).toBe("2.3 s");
  });

  it("keeps small amounts of money visible", () => {
    expect(money(0)).toBe("$0.00");
    expect(money(0.0031)).toBe("$0.0031");
    expect(money(5)).toBe("$5.00");
  });

  it("says how long ago", () => {
    const now = Date.UTC(2026, 2, 20, 12);
    expect(ago(now - 20_000, now)).toBe("just now");
    expect(ago(now - 120_000, now)).toBe("2 min ago");
    expect(ago(now - 3 * 3_600_000, now)).toBe("3 h ago");
    expect(ago(now - 30 * 3_600_000, now)).toBe("yesterday");
    expect(ago(now - 9 * 86_400_000, now)).toBe("9 days ago");
    expect(ago(Date.UTC(2026, 0, 3, 12), now)).toBe("Jan 3, 2026");
  });

  it("says the year of another year alone, where room is short", () => {
    const now = Date.UTC(2026, 5, 20, 12);
    expect(shortMoment(Date.UTC(2026, 2, 3, 12), now)).toMatch(/^Mar 3, \d+:\d\d\s[AP]M$/);
    expect(shortMoment(Date.UTC(2025, 2, 3, 12), now)).toMatch(/^Mar 3, 2025, \d+:\d\d\s[AP]M$/);
  });

  it("puts a cell on one line and shows the blanks at its ends", () => {
    expect(oneLine("plain text", 80)).toBe("plain text");
    expect(oneLine("  007 ", 80)).toBe("··007·");
    expect(oneLine("one\r\ntwo\n", 80)).toBe("one⏎two⏎");
    expect(oneLine("\tx", 80)).toBe("⇥x");
    expect(oneLine("abcdef", 3)).toBe("abc…");
  });

  it("names file sizes", () => {
    expect(bytes(640)).toBe("640 bytes");
    expect(bytes(1_200_000)).toBe("1.2 MB");
  });
});
