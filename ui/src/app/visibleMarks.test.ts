import { describe, expect, it, vi } from "vitest";
import { keepMarksVisible } from "./visibleMarks";

const MARKED = "\u202eabc";
const SHOWN = "⟨RLO⟩abc";

async function watched(html: string) {
  const root = document.createElement("div");
  root.innerHTML = html;
  const end = keepMarksVisible(root);
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  await settle();
  return { root, end, settle };
}

describe("marks of direction", () => {
  it("are shown by their signs where they stand already, in texts and in what is read out", async () => {
    const { root, end } = await watched(`<p title="${MARKED}" data-raw="${MARKED}">${MARKED}</p>`);
    const [line] = root.querySelectorAll("p");
    expect([line!.textContent, line!.title, line!.dataset["raw"]]).toEqual([SHOWN, SHOWN, MARKED]);
    end();
  });

  it("stay letter by letter where a text stands alone and can be copied", async () => {
    const { root, end } = await watched(`<pre>${MARKED}</pre><p data-verbatim><b>${MARKED}</b></p>`);
    expect([...root.children].map((part) => part.textContent)).toEqual([MARKED, MARKED]);
    end();
  });

  it("are shown however they come, until nobody looks any more", async () => {
    const { root, end, settle } = await watched("<p>one</p>");
    const [line] = root.querySelectorAll("p");
    line!.firstChild!.nodeValue = MARKED;
    line!.setAttribute("aria-label", MARKED);
    root.append(MARKED);
    await settle();
    expect([line!.textContent, line!.getAttribute("aria-label"), root.lastChild!.nodeValue]).toEqual([
      SHOWN,
      SHOWN,
      SHOWN,
    ]);
    end();
    root.append(MARKED);
    await settle();
    expect(root.lastChild!.nodeValue).toBe(MARKED);
  });
});

describe("a long tooltip", () => {
  it("gets lines that fit a display, once", async () => {
    const { root, end, settle } = await watched(
      `<p title="${"x".repeat(300)}" aria-label="${"x".repeat(300)}">one</p>`,
    );
    const [line] = root.querySelectorAll("p");
    const lines = () => line!.title.split("\n").map(({ length }) => length);
    expect(lines()).toEqual([80, 80, 80, 60]);
    expect(line!.getAttribute("aria-label")).toHaveLength(300);
    line!.title = "y".repeat(2000);
    const set = vi.spyOn(line!, "setAttribute");
    await settle();
    await settle();
    expect([lines().length, set.mock.calls.length]).toEqual([7, 1]);
    end();
  });
});
