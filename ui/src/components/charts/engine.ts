import { CustomChart } from "echarts/charts";
import { GridComponent } from "echarts/components";
import { graphic, init, use, type EChartsCoreOption, type EChartsType } from "echarts/core";
import { CanvasRenderer, SVGRenderer } from "echarts/renderers";
import { outlineMarks, outlineSegments, type Marks, type Segments } from "./marks";
import { forXml } from "./xml";

// Only what our charts draw with. On the page a canvas: what is painted over it, as a cursor, does not make hundreds of marks be drawn
// again. To save and copy an SVG: sharp at every size.
use([CustomChart, GridComponent, CanvasRenderer, SVGRenderer]);
graphic.registerShape(
  "marks",
  graphic.extendShape({
    type: "marks",
    shape: { form: "circle", size: 0, at: [] },
    buildPath: (pen: CanvasRenderingContext2D, shape: Marks) => outlineMarks(pen, shape),
  }),
);
graphic.registerShape(
  "segments",
  graphic.extendShape({
    type: "segments",
    shape: { from: [] },
    buildPath: (pen: CanvasRenderingContext2D, shape: Segments) => outlineSegments(pen, shape),
  }),
);

export interface Size {
  width: number;
  height: number;
}

/** A chart in a box of the page. */
export function onPage(box: HTMLElement, { width, height }: Size): EChartsType {
  return init(box, null, { renderer: "canvas", width: Math.max(1, width), height: Math.max(1, height) });
}

/** A chart as an SVG document. */
export function asSvg(option: EChartsCoreOption, { width, height }: Size): string {
  const chart = init(null, null, {
    renderer: "svg",
    ssr: true,
    width: Math.max(1, width),
    height: Math.max(1, height),
  });
  try {
    chart.setOption(option);
    return forXml(chart.renderToSVGString());
  } finally {
    chart.dispose();
  }
}
