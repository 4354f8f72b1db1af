import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { app } from "../../app/state.svelte";
import { freshClient } from "../../testing/client";
import ChartButtons from "./ChartButtons.svelte";

const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="120.5" viewBox="0 0 300 120.5"><rect width="9"/></svg>';
const GROUNDED = SVG.replace('<rect width="9"', '<rect width="100%" height="100%" fill="#123456"/><rect width="9"');
const PNG = [0x89, 0x50, 0x4e, 0x47];

let client: MemoryClient;
/** What was drawn on the canvas, in order. */
let strokes: unknown[];
/** Why the window cannot draw; null while it can. */
let trouble: "picture" | "canvas" | "encoder" | null;
let copied: unknown[];

/** Stands for the pictures of a browser: happy-dom draws none. It gives the pixels that it was asked for. */
function pretendToDraw() {
  class FakeImage {
    decode = async () => {};
    onload = () => {};
    onerror = () => {};
    set src(address: string) {
      strokes.push({ address });
      queueMicrotask(() => (trouble === "picture" ? this.onerror() : this.onload()));
    }
  }
  vi.stubGlobal("Image", FakeImage);
  vi.stubGlobal(
    "ClipboardItem",
    class {
      constructor(readonly items: Record<string, Promise<Blob>>) {}
    },
  );
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(function (this: HTMLCanvasElement) {
    if (trouble === "canvas") return null;
    const size = [this.width, this.height];
    let fillStyle = "";
    return {
      get fillStyle() {
        return fillStyle;
      },
      set fillStyle(colour: string) {
        fillStyle = colour;
      },
      fillRect: (...box: number[]) => strokes.push({ fill: fillStyle, box }),
      drawImage: (_: unknown, ...box: number[]) => strokes.push({ size, drawn: box }),
    } as unknown as CanvasRenderingContext2D;
  } as never);
  vi.spyOn(HTMLCanvasElement.prototype, "toBlob").mockImplementation((done, type) =>
    done(trouble === "encoder" ? null : new Blob([new Uint8Array(PNG)], { type: type ?? "" })),
  );
  Object.defineProperty(navigator, "clipboard", {
    configurable: true,
    value: {
      // As browsers do, it waits for the pictures, and fails with them.
      write: async (items: { items: Record<string, Promise<Blob>> }[]) => {
        for (const { items: promised } of items) for (const blob of Object.values(promised)) copied.push(await blob);
      },
      writeText: async (text: string) => void copied.push(text),
    },
  });
}

beforeEach(() => {
  client = freshClient();
  [strokes, copied, trouble] = [[], [], null];
  pretendToDraw();
  return () => vi.unstubAllGlobals();
});

async function choose(item: string, picture: (() => string | null) | null = () => SVG) {
  const shown = render(ChartButtons, { picture, name: "run-steady", asTable: false });
  shown.container.querySelector<HTMLElement>(".buttons")!.style.setProperty("--panel", "#123456");
  await userEvent.click(screen.getByRole("button", { name: "Save or copy the chart" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: item }));
}

const said = () => app.toasts.at(-1)?.message;

describe("a chart", () => {
  it("is copied as PNG: at twice its size, on the colour of its card", async () => {
    await choose("Copy as PNG");
    await waitFor(() => expect(said()).toBe("The chart is on the clipboard."));
    const [blob] = copied as Blob[];
    expect(blob!.type).toBe("image/png");
    expect([...new Uint8Array(await blob!.arrayBuffer())]).toEqual(PNG);
    // The colour of the card is in the picture that is drawn.
    expect(strokes.slice(1)).toEqual([{ size: [600, 241], drawn: [0, 0, 600, 241] }]);
  });

  it("is saved as PNG under its name, byte by byte", async () => {
    await choose("Save as PNG");
    await waitFor(() => expect(said()).toBe("Saved run-steady.png."));
    expect([...client.pictures.get("run-steady.png")!]).toEqual(PNG);
  });

  it("is saved and copied as the SVG it is, on the colour of its card", async () => {
    await choose("Save as SVG");
    await waitFor(() => expect(said()).toBe("Saved run-steady.svg."));
    const saved = client.saved.get("run-steady.svg")!;
    // The letters it was laid out in go with it.
    const style =
      /<style>@font-face\{font-family:"Inter Variable";[^<]*url\(data:font\/woff2;base64,[^<]{1000,}<\/style>/;
    expect(saved).toMatch(style);
    expect(saved.replace(style, "")).toBe(GROUNDED);
    await userEvent.click(screen.getByRole("button", { name: "Save or copy the chart" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Copy as SVG" }));
    await waitFor(() => expect(said()).toBe("The chart is on the clipboard as SVG."));
    expect(copied).toEqual([GROUNDED]);
  });

  it("carries into its picture what must be known of its figures, and shows marks of direction by their signs", async () => {
    const caption = { title: "\u202elive: score", keys: [{ name: "\u2067evil", tone: "train" as const, dash: [] }] };
    const picture = () => SVG.replace("<rect", "<text>\u202elabel</text><rect");
    render(ChartButtons, { picture, caption, warnings: ["Simulated: a & b."], name: "run", asTable: false });
    await userEvent.click(screen.getByRole("button", { name: "Save or copy the chart" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Save as SVG" }));
    await waitFor(() => expect(client.saved.has("run.svg")).toBe(true));
    const saved = client.saved.get("run.svg")!;
    for (const text of ["⟨RLO⟩live: score", "⟨RLI⟩evil", "⟨RLO⟩label", "Simulated: a &amp; b."]) {
      expect(saved).toContain(`>${text}</text>`);
    }
    expect(saved).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    // What was added has room: below the chart, within the picture.
    const figure = (pattern: RegExp) => Number(pattern.exec(saved)![1]);
    const y = figure(/<text x="12" y="([\d.]+)"[^>]*>Simulated/);
    expect(y).toBeGreaterThan(figure(/<svg y="([\d.]+)"/) + 120.5);
    expect(figure(/ height="([\d.]+)"/)).toBeGreaterThan(y);
  });

  it("leaves no picture behind in memory, whether it was drawn or not", async () => {
    const freed = vi.spyOn(URL, "revokeObjectURL");
    trouble = "picture";
    await choose("Copy as PNG");
    await waitFor(() => expect(freed).toHaveBeenCalledTimes(1));
    expect(freed.mock.calls[0]).toEqual([(strokes[0] as { address: string }).address]);
    await waitFor(() => expect(said()).toContain("Save it as SVG instead."));
  });

  it.each([
    ["picture", "The chart could not be drawn as a picture. Save it as SVG instead."],
    ["canvas", "This window cannot draw pictures. Save the chart as SVG instead."],
    ["encoder", "The picture could not be made. Save the chart as SVG."],
  ] as const)("says what to do instead when there is trouble with the %s", async (what, words) => {
    trouble = what;
    await choose("Save as PNG");
    await waitFor(() => expect(said()).toBe(words));
    expect(client.pictures.size).toBe(0);
  });

  it("has nothing to save before it is drawn, and nothing as a table", async () => {
    await choose("Save as SVG", () => null);
    expect(client.saved.size).toBe(0);
    await userEvent.click(screen.getByRole("button", { name: "Show as table" }));
    expect(screen.queryByRole("button", { name: "Save or copy the chart" })).toBeNull();
  });
});
