import { afterEach, expect, it } from "vitest";
import { captioned } from "./captioned";
import { readColours } from "./colours";
import { asSvg } from "./engine";
import { heatmapSvg } from "./heatmap";
import { layoutOf } from "./layout";
import { scoreAxis } from "./axis";
import { RUN_LOOKS } from "./runColours";
import { SCORE_LINES, scoreOption } from "./scoreOption";

/** Every tag as XML writes it: names and values between double quotes, and nothing of one inside another. */
const TAG = /^<\/?[A-Za-z][\w:-]*(\s+[\w:-]+="[^"<]*")*\s*\/?>$/;

function expectXml(svg: string) {
  const tags = svg.replace(/<!\[CDATA\[[^]*?\]\]>/g, "").match(/<[^>]*>/g) ?? [];
  expect(tags.length).toBeGreaterThan(5);
  expect(tags.filter((tag) => !TAG.test(tag))).toEqual([]);
  expect(svg).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
}

afterEach(() => document.documentElement.style.removeProperty("--font"));

it("is a document that other programs can read, whatever the fonts are called", () => {
  document.documentElement.style.setProperty("--font", '"Inter Variable", Inter, sans-serif');
  const layout = layoutOf({ by: "epoch", width: 600, fontSize: 13, slots: 2, values: [] });
  const axis = scoreAxis([0.2, 0.9]);
  const colours = readColours(document.documentElement);
  const svg = asSvg(
    {
      animation: false,
      ...scoreOption({ points: [], layout, labelled: [0, 1], axis, fontSize: 13, colours }),
    },
    { width: 600, height: 200 },
  );
  expect(svg).toContain("Inter Variable");
  expectXml(svg);

  // Alone it says what it shows: the names of users as text, what its lines mean, and what its axis counts.
  const hostile = `<img src=x onerror="alert(1)">\u001b[31m & co`;
  const keys = [...Object.values(SCORE_LINES), { name: hostile, look: RUN_LOOKS[1]! }];
  const alone = captioned(svg, { title: hostile, keys, note: "Filled: accepted.", x: "epoch" }, [], colours);
  expectXml(alone);
  for (const words of ["validation with its 95 % interval", "best so far", "Filled: accepted.", ">epoch<"]) {
    expect(alone).toContain(words);
  }
  expect(alone.match(/&lt;img src=x onerror=&quot;alert\(1\)&quot;&gt;␛\[31m &amp; co/g)).toHaveLength(2);
  expect(alone).toContain('stroke-dasharray="8 3"');
  // In a narrow chart a long note goes on in the next line.
  const narrow = captioned(
    asSvg({ animation: false }, { width: 220, height: 100 }),
    { title: "t", keys: [], note: "Filled: no run is cheaper and better. Bars: 95 % interval." },
    [],
    colours,
  );
  expectXml(`${narrow}${svg}`);
  expect(narrow).toContain("interval.</text>");
  // No name is chopped at the edge of the picture, and repeats are told apart.
  const keys3 = [1, 2, 3].map((at) => ({
    name: `the longest name that anybody gave a run in all these years, repeat ${at} of 3`,
    look: RUN_LOOKS[at]!,
  }));
  const legend = captioned(
    asSvg({ animation: false }, { width: 300, height: 100 }),
    { title: "t", keys: keys3 },
    [],
    colours,
  );
  const width = Number(/width="([\d.]+)"/.exec(legend)![1]);
  const named = [...legend.matchAll(/<text x="([\d.]+)"[^>]*>([^<]*repeat \d of 3)<\/text>/g)];
  expect(new Set(named.map(([, , name]) => name)).size).toBe(3);
  for (const [, x, name] of named) expect(Number(x) + name!.length * 13 * 0.58).toBeLessThanOrEqual(width);
  const height = Number(/height="([\d.]+)"/.exec(alone)![1]);
  expect(height).toBeGreaterThan(250);
});

it("holds no character that no document may hold", () => {
  const svg = heatmapSvg({
    corner: "truth",
    rows: ["\u001b[31mred\u0000", "half \ud83d"],
    columns: ["a \ud83d\ude00", "c"],
    cell: (row, column) => ({ text: `${row}${column}`, fill: null, ink: "#000" }),
    names: 40,
    wide: 6,
    ink: "#111",
    panel: "#fff",
    font: "Inter",
  });
  expectXml(svg);
  expect(svg).toContain("␛[31mred␀");
  expect(svg).toContain("half \ufffd");
  expect(svg).toContain("\ud83d\ude00");
});
