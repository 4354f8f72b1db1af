import { render, waitFor } from "@testing-library/svelte";
import { beforeEach, describe, expect, it } from "vitest";
import App from "../App.svelte";
import { freshWindow } from "../testing/window";
import { app } from "./state.svelte";

beforeEach(() => void freshWindow());

function press(key: string, target: EventTarget = window): boolean {
  return target.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey: true, bubbles: true, cancelable: true }));
}

describe("The size of the text", () => {
  it("follows Ctrl with plus, equals, minus and nought, wherever the focus is", async () => {
    render(App);
    await waitFor(() => expect(app.info).not.toBeNull());
    const field = document.createElement("input");
    document.body.append(field);
    expect([press("+"), press("=", field)]).toEqual([false, false]);
    expect(app.settings.text_size).toBe(120);
    press("-");
    expect(app.settings.text_size).toBe(110);
    press("0");
    expect(app.settings.text_size).toBe(100);
    for (let times = 0; times < 20; times += 1) press("-");
    expect(app.settings.text_size).toBe(80);
    for (let times = 0; times < 20; times += 1) press("+");
    expect(app.settings.text_size).toBe(200);
    field.remove();
  });
});
