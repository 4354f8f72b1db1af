import { fireEvent, render, screen } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import ShortcutSheet from "../app/ShortcutSheet.svelte";

function open() {
  const { container } = render(ShortcutSheet);
  const close = screen.getByRole("button", { name: "Close" });
  close.focus();
  const box = (name: string) => container.querySelector<HTMLElement>(`.${name}`)!;
  return { close, frame: box("frame"), content: box("content") };
}

async function scrolledTo(box: HTMLElement, top: number) {
  box.scrollTop = top;
  await fireEvent.scroll(box);
  return box.scrollTop;
}

describe("a sheet", () => {
  it("opens at its beginning, though the button at its end has the focus, and is scrolled by whoever reads it", async () => {
    const { frame } = open();
    expect(await scrolledTo(frame, 400)).toBe(0);
    await fireEvent.wheel(frame);
    expect(await scrolledTo(frame, 400)).toBe(400);
  });

  it("goes where a command leads to, also as it opens", async () => {
    const { content, frame } = open();
    const target = document.createElement("button");
    content.append(target);
    target.focus();
    expect(await scrolledTo(frame, 300)).toBe(300);
  });

  it("is read with the keys from its foot", async () => {
    const { close, content } = open();
    await fireEvent.keyDown(close, { key: "ArrowDown" });
    const line = content.scrollTop;
    expect(line).toBeGreaterThan(0);
    await fireEvent.keyDown(close, { key: "PageDown" });
    expect(content.scrollTop).toBeGreaterThan(line);
    await fireEvent.keyDown(close, { key: "Home" });
    expect(content.scrollTop).toBe(0);
    expect(await scrolledTo(content, 50)).toBe(50);
  });
});
