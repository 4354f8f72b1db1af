import { RUN_LOOKS } from "./components/charts/runColours";
import css from "./styles/tokens.css?raw";

import { describe, expect, it } from "vitest";

type Tokens = Record<string, string>;

function tokens(selector: string): Tokens {
  const start = css.indexOf(`${selector} {`);
  const block = css.slice(start, css.indexOf("}", start));
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [match[1], match[2]]));
}

type Three = [number, number, number];

function linear(hex: string): Three {
  return [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  }) as Three;
}

function luminance(hex: string): number {
  const [r, g, b] = linear(hex);
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

/** What eyes see of linear light that lack one kind of cone (Machado, Oliveira, Fernandes 2009), and those that lack none. */
const EYES: Record<string, [Three, Three, Three]> = {
  "with all cones": [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  "without red": [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  "without green": [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  "without blue": [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const times = (rows: readonly Three[], [x, y, z]: Three) => rows.map(([a, b, c]) => a * x + b * y + c * z) as Three;

/** A colour in OKLab, where distances are those that are seen. */
function seen(hex: string, eyes: string): Three {
  const light = times(EYES[eyes] ?? [], linear(hex)).map((part) => Math.min(1, Math.max(0, part))) as Three;
  const cones: [Three, Three, Three] = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
  ];
  const lab: [Three, Three, Three] = [
    [0.2104542553, 0.793617785, -0.0040720468],
    [1.9779984951, -2.428592205, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.808675766],
  ];
  return times(lab, times(cones, light).map(Math.cbrt) as Three);
}

function apart(a: string, b: string, eyes: string): number {
  const [one, other] = [seen(a, eyes), seen(b, eyes)];
  return Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}

describe.each([
  ["light", "light", tokens(":root")],
  ["dark", "dark", tokens('[data-theme="dark"]')],
  ["high contrast, light", "light", CHOSEN.light],
  ["high contrast, dark", "dark", CHOSEN.dark],
] as const)("lines of compared runs, %s", (_name, mode, theme) => {
  const lines = RUN_LOOKS.map((look) => look[mode]);

  it("stand out from every surface at 3:1", () => {
    for (const line of lines)
      for (const surface of SURFACES) expect(contrast(line, theme[surface] ?? "")).toBeGreaterThanOrEqual(3);
  });

  it("are none of them grey, which is a run that is not compared", () => {
    for (const line of lines) {
      const [, a, b] = seen(line, "with all cones");
      expect(Math.hypot(a, b), line).toBeGreaterThan(0.07);
    }
  });

  it.each(Object.keys(EYES))("the sixth is none of the others, nor a grey, to eyes %s", (eyes) => {
    const [sixth = "", ...others] = lines.toReversed();
    for (const other of [...others, theme["train"] ?? "", theme["ink-3"] ?? ""])
      expect(apart(sixth, other, eyes), other).toBeGreaterThan(0.05);
  });
});
