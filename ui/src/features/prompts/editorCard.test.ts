import { render, screen, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import EditorCard from "./EditorCard.svelte";

describe("a lock below an editor", () => {
  it("shows by dots that there is more of it, and its line ends by their sign", () => {
    const long = `- Messages about\n${"refunds ".repeat(20)}go to billing.`;
    render(EditorCard, {
      title: "System prompt",
      value: long,
      locked: [long],
      onlock: () => undefined,
      onunlock: () => undefined,
      onchange: () => undefined,
    });
    const chip = within(screen.getByRole("list", { name: "Locked in the system prompt" })).getByText(/…$/);
    expect(chip.textContent).toMatch(/^- Messages about⏎refunds .*…$/);
  });
});
