import { expect, it } from "vitest";
import css from "./cards.css?raw";

it("lets a header keep its lines in a card whose column is too high for it", () => {
  const style = document.createElement("style");
  style.textContent = css;
  document.body.innerHTML = `<section class="card" style="display: flex; flex-direction: column"><header></header></section>`;
  document.body.append(style);
  const header = document.querySelector("header")!;
  // A header has a least height, so without this it shrinks to that and lies on what stands below it.
  expect(getComputedStyle(header).minHeight).not.toBe("");
  expect(getComputedStyle(header).flexShrink).toBe("0");
  style.remove();
});
