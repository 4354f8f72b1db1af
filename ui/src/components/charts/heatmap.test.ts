import { expect, it } from "vitest";
import { heatmapSvg, mixed } from "./heatmap";

it("mixes colours into plain ones", () => {
  expect(mixed("#ff0000", 0.5, "#ffffff")).toBe("#ff8080");
  expect(mixed("#0a7049", 0, "#ffffff")).toBe("#ffffff");
});

it("cuts long names to the room they have, and says so", () => {
  const named = (wide: number) =>
    heatmapSvg({
      title: "t",
      rows: ["r".repeat(50)],
      columns: ["c".repeat(50)],
      cell: () => ({ text: "", fill: null, ink: "#000" }),
      names: 10,
      wide,
      ink: "#111",
      font: "Inter",
    });
  const texts = (svg: string) =>
    [...new DOMParser().parseFromString(svg, "image/svg+xml").querySelectorAll("text")].map((text) => text.textContent);
  expect(texts(named(6))).toEqual(["t", `${"c".repeat(11)}…`, `${"r".repeat(9)}…`]);
  expect(texts(named(60))).toEqual(["t", "c".repeat(50), `${"r".repeat(9)}…`]);
});

it("draws every cell, and names stay text whatever they hold", () => {
  const svg = heatmapSvg({
    title: "Best before",
    rows: ["<script>alert(1)</script>", "b"],
    columns: ["a & b", "c"],
    cell: (row, column) => ({ text: `${row}${column}`, fill: row === column ? "#0a7049" : null, ink: "#000" }),
    names: 40,
    wide: 6,
    ink: "#111",
    font: "Inter",
  });
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
  expect(parsed.querySelector("script")).toBeNull();
  const texts = [...parsed.querySelectorAll("text")].map((text) => text.textContent);
  expect(texts).toContain("<script>alert(1)</script>");
  expect(texts).toEqual(expect.arrayContaining(["00", "01", "10", "11", "Best before"]));
  expect(parsed.querySelectorAll("rect")).toHaveLength(2);
});
