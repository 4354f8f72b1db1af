import css from "./styles/tokens.css?raw";

import { describe, expect, it } from "vitest";

type Tokens = Record<string, string>;

function tokens(selector: string): Tokens {
  const start = css.indexOf(`${selector} {`);
  const block = css.slice(start, css.indexOf("}", start));
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [match[1], match[2]]));
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const SURFACES = ["bg", "panel", "sunken"];
const TEXTS = ["ink", "ink-2", "ink-3", "good", "bad", "warn", "accent-text"];
const PAIRS = [
  ...TEXTS.flatMap((text) => SURFACES.map((surface) => [text, surface])),
  ["accent-ink", "accent"],
  ["panel", "bad"],
  ["accent-text", "accent-soft"],
  ["good", "good-soft"],
  ["bad", "bad-soft"],
  ["warn", "warn-soft"],
  ["ink", "warn-soft"],
  ["ink-2", "warn-soft"],
  ["ink-2", "train-soft"],
  ["ink-3", "accent-soft"],
  ["ink", "good-soft"],
  ["ink", "bad-soft"],
  ["accent-text", "val-soft"],
  ["test", "test-soft"],
  ["on-split", "train"],
  ["on-split", "val"],
  ["on-split", "test"],
] as [string, string][];
const MARKS = ["control", "accent", "train", "val", "test", "good", "bad"];

const CHOSEN = {
  light: { ...tokens(":root"), ...tokens('[data-contrast="more"]') },
  dark: {
    ...tokens('[data-theme="dark"]'),
    ...tokens('[data-contrast="more"]'),
    ...tokens('[data-theme="dark"][data-contrast="more"]'),
  },
};

describe.each(Object.entries(CHOSEN))("high contrast, %s", (_name, theme) => {
  it.each(TEXTS.flatMap((text) => SURFACES.map((surface): [string, string] => [text, surface])))(
    "text %s on %s reads at 7:1",
    (text, surface) => {
      expect(contrast(theme[text] ?? "", theme[surface] ?? "")).toBeGreaterThanOrEqual(7);
    },
  );

  it.each(PAIRS)("text %s on %s reads at 4.5:1", (text, surface) => {
    expect(contrast(theme[text] ?? "", theme[surface] ?? "")).toBeGreaterThanOrEqual(4.5);
  });

  it("draws lines that are seen", () => {
    for (const surface of SURFACES)
      for (const line of ["line", "line-strong", "control"])
        expect(contrast(theme[line] ?? "", theme[surface] ?? "")).toBeGreaterThanOrEqual(3);
  });
});

describe.each([
  ["light", ":root"],
  ["dark", '[data-theme="dark"]'],
])("%s theme", (_name, selector) => {
  const theme = tokens(selector);

  it.each(PAIRS)("text %s on %s reads at 4.5:1", (text, surface) => {
    expect(contrast(theme[text] ?? "", theme[surface] ?? "")).toBeGreaterThanOrEqual(4.5);
  });

  it.each(MARKS)("mark %s stands out from every surface at 3:1", (mark) => {
    for (const surface of SURFACES) {
      expect(contrast(theme[mark] ?? "", theme[surface] ?? "")).toBeGreaterThanOrEqual(3);
    }
  });
});
