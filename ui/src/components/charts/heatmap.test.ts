import { expect, it } from "vitest";
import { heatmapSvg } from "./heatmap";

it("shades its cells over the colour of the card, however a style sheet writes colours", () => {
  const svg = heatmapSvg({
    rows: ["a"],
    columns: ["b"],
    corner: "truth \\ answer",
    cell: () => ({ text: "3", fill: "rgb(10 112 73)", share: 0.2, ink: "#111" }),
    names: 18,
    wide: 8,
    ink: "#111",
    panel: "#fff",
    font: "Inter",
  });
  const [card, cell] = [...new DOMParser().parseFromString(svg, "image/svg+xml").querySelectorAll("rect")];
  expect([card!.getAttribute("fill"), card!.getAttribute("fill-opacity")]).toEqual(["#fff", null]);
  expect([cell!.getAttribute("fill"), cell!.getAttribute("fill-opacity")]).toEqual(["rgb(10 112 73)", "0.2"]);
});

it("cuts long names to the room they have, and says so", () => {
  const named = (wide: number) =>
    heatmapSvg({
      rows: ["r".repeat(50)],
      columns: ["c".repeat(50)],
      corner: "t",
      cell: () => ({ text: "", fill: null, ink: "#000" }),
      names: 10,
      wide,
      ink: "#111",
      panel: "#fff",
      font: "Inter",
    });
  const texts = (svg: string) =>
    [...new DOMParser().parseFromString(svg, "image/svg+xml").querySelectorAll("text")].map((text) => text.textContent);
  expect(texts(named(6)), "turned, a column's name is whole").toEqual(["t", "c".repeat(50), `${"r".repeat(9)}…`]);
  expect(texts(named(60))).toEqual(["t", "c".repeat(50), `${"r".repeat(9)}…`]);
});

it("draws every cell, and names stay text whatever they hold", () => {
  const svg = heatmapSvg({
    rows: ["<script>alert(1)</script>", "b"],
    columns: ["a & b", "c"],
    corner: "truth",
    cell: (row, column) => ({ text: `${row}${column}`, fill: row === column ? "#0a7049" : null, ink: "#000" }),
    names: 40,
    wide: 6,
    ink: "#111",
    panel: "#fff",
    font: "Inter",
  });
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
  expect(parsed.querySelector("script")).toBeNull();
  const texts = [...parsed.querySelectorAll("text")].map((text) => text.textContent);
  expect(texts).toContain("<script>alert(1)</script>");
  expect(texts).toEqual(expect.arrayContaining(["00", "01", "10", "11", "truth"]));
  expect(parsed.querySelectorAll("rect"), "the card and two cells").toHaveLength(3);
});
