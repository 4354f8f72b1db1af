import { fireEvent, render, screen } from "@testing-library/svelte";
import { beforeEach, describe, expect, it } from "vitest";
import { PaneSize } from "../app/panes.svelte";
import Divider from "./Divider.svelte";

const RANGE = { usual: 20, min: 10, max: 50 };

function open(name: string, after = false) {
  const size = new PaneSize(name, RANGE);
  render(Divider, { label: "Width of the list", axis: "x", size, pixels: () => 10, after });
  return { size, divider: screen.getByRole("separator", { name: "Width of the list" }) };
}

beforeEach(() => localStorage.clear());

describe("Divider", () => {
  it("follows the pointer, within its bounds, and the size is there after a restart", async () => {
    const { size, divider } = open("a");
    divider.setPointerCapture = () => undefined;
    await fireEvent.pointerDown(divider, { pointerId: 1, clientX: 200 });
    await fireEvent.pointerMove(divider, { clientX: 250 });
    expect(size.value).toBe(25);
    await fireEvent.pointerMove(divider, { clientX: 5000 });
    await fireEvent.pointerUp(divider);
    await fireEvent.pointerMove(divider, { clientX: 100 });
    expect(size.value).toBe(50);
    expect(new PaneSize("a", RANGE).value).toBe(50);
  });

  it("moves with the arrow keys and goes back to the usual size with Enter", async () => {
    const { size, divider } = open("b");
    await fireEvent.keyDown(divider, { key: "ArrowRight" });
    expect(size.value).toBe(21);
    await fireEvent.keyDown(divider, { key: "End" });
    expect(size.value).toBe(50);
    expect(divider.getAttribute("aria-valuenow")).toBe("100");
    await fireEvent.keyDown(divider, { key: "Enter" });
    expect(size.value).toBe(20);
  });

  it("makes a pane behind it smaller when it moves towards it", async () => {
    const { size, divider } = open("c", true);
    await fireEvent.keyDown(divider, { key: "ArrowRight" });
    expect(size.value).toBe(19);
  });

  it("does not believe a kept size that is out of bounds", () => {
    localStorage.setItem("mlprompt.kept.pane.d", "9000");
    expect(new PaneSize("d", RANGE).value).toBe(20);
  });
});
