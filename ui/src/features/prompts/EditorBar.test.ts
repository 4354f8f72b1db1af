import { render, screen } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import EditorBar from "./EditorBar.svelte";

const text = "x".repeat(400);

describe("the bar below an editor", () => {
  it("says what a text costs with every call, and what changed since the newest version", () => {
    const price = { model: "gpt-4.1-mini", input: 0.4 };
    const { container } = render(EditorBar, { value: text, tokens: 100, base: { tokens: 60, name: "v3" }, price });
    expect(container.textContent).toMatch(/400 characters\s+100 tokens/);
    expect(container.textContent).toMatch(/\$0\.000040 a call of gpt-4\.1-mini, \$0\.04 per 1,000/);
    expect(container.textContent).toContain("+40 tokens, +$0.000016 a call since v3");
  });

  it("never shows an unknown price as nothing, and nothing as unknown", () => {
    const bar = { value: text, tokens: 100, base: null };
    const unknown = render(EditorBar, { ...bar, price: { model: "mine", input: null } });
    expect(screen.getByText("price of mine unknown")).toBeTruthy();
    unknown.unmount();
    render(EditorBar, { ...bar, price: { model: "demo", input: 0 } });
    expect(screen.getByText("costs nothing with demo")).toBeTruthy();
  });

  it("cuts a long name of a model inside, where its end tells it apart", () => {
    const price = { model: `${"provider/".repeat(30)}small-2026-11-01`, input: 0 };
    render(EditorBar, { value: text, tokens: 100, base: null, price });
    const said = screen.getByText(/^costs nothing with provider\/.*….*2026-11-01$/);
    expect(said.textContent!.length).toBeLessThan(60);
    expect(said.title).toBe(price.model);
  });

  it("keeps a name with markup as text", () => {
    const { container } = render(EditorBar, {
      value: text,
      tokens: 1,
      base: null,
      price: { model: "<img src=x>", input: null },
    });
    expect(container.querySelector("img")).toBeNull();
  });
});
