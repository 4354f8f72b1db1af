/** Pixels of a picture per pixel of the chart: sharp on paper and on dense displays. */
const SCALE = 2;

function sizeOf(svg: string): { width: number; height: number } {
  const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  const box = (root.getAttribute("viewBox") ?? "").split(/[ ,]+/).map(Number);
  const side = (name: string, fallback: number | undefined) =>
    Number.parseFloat(root.getAttribute(name) ?? "") || fallback || 800;
  return { width: side("width", box[2]), height: side("height", box[3]) };
}

/** A chart on the colour of its card, wherever it ends up: light letters need it, and hollow marks are filled with it. */
export function grounded(svg: string, colour: string): string {
  const ground = `<rect width="100%" height="100%" fill="${colour.replaceAll('"', "")}"/>`;
  return svg.replace(/<svg\b[^>]*>/, (root) => root + ground);
}

/**
 * A chart with the letters it was laid out in: a picture has no other way to the fonts of the window, and names that were cut to their
 * room would be cut once more by wider letters.
 */
export async function lettered(svg: string): Promise<string> {
  const { default: font } = await import("@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?inline");
  const face = `@font-face{font-family:"Inter Variable";font-weight:100 900;src:url(${font}) format("woff2")}`;
  return svg.replace(/<svg\b[^>]*>/, (root) => `${root}<style>${face}</style>`);
}

/** A chart as PNG. The picture is drawn by the window itself; nothing leaves it. */
export async function pngOf(chart: string): Promise<Blob> {
  const svg = await lettered(chart);
  const { width, height } = sizeOf(svg);
  const image = new Image();
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    await new Promise<void>((resolve, reject) => {
      image.onload = () => resolve();
      image.onerror = () => reject(new Error("The chart could not be drawn as a picture. Save it as SVG instead."));
      image.src = address;
    });
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil(width * SCALE);
    canvas.height = Math.ceil(height * SCALE);
    const brush = canvas.getContext("2d");
    if (!brush) throw new Error("This window cannot draw pictures. Save the chart as SVG instead.");
    brush.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise<Blob>((resolve, reject) =>
      canvas.toBlob(
        (blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be made. Save the chart as SVG."))),
        "image/png",
      ),
    );
  } finally {
    URL.revokeObjectURL(address);
  }
}
