import { forXml } from "./xml";

const SVG = "http://www.w3.org/2000/svg";

type Attributes = Record<string, string | number>;

interface Paper {
  width: number;
  height: number;
  font: string;
  size: number;
}

/** An SVG document that is drawn by hand. Whatever a text holds is put in as text. */
export function svgDocument({ width, height, font, size }: Paper) {
  const set = (element: Element, attributes: Attributes) => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  };
  const picture = document.createElementNS(SVG, "svg");
  const viewBox = `0 0 ${width} ${height}`;
  set(picture, { xmlns: SVG, width, height, viewBox, "font-family": font, "font-size": size });
  return {
    add(name: string, attributes: Attributes, text?: string) {
      const element = document.createElementNS(SVG, name);
      set(element, attributes);
      if (text !== undefined) element.textContent = forXml(text);
      picture.append(element);
    },
    written: () => new XMLSerializer().serializeToString(picture),
  };
}
