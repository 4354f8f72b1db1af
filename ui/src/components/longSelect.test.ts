import { fireEvent, render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import LongSelect from "./LongSelect.svelte";

const options = Array.from({ length: 200 }, (_, at) => ({
  value: String(at),
  name: at === 150 ? "a long name" : `run ${at}`,
}));

function shown(onchange = vi.fn()) {
  render(LongSelect, { label: "Run", value: "7", options, onchange });
  return { list: screen.getByLabelText<HTMLSelectElement>("Run"), onchange };
}

describe("a choice among hundreds", () => {
  it("shows the chosen one, and is as wide as the longest, before it is reached", () => {
    const { list } = shown();
    expect([...list.options].map(({ text }) => text)).toEqual(["run 7", "a long name"]);
    expect(list.value).toBe("7");
  });

  it("says the whole of a name that has no room, and leaves out its middle", () => {
    const name = "v18: epoch 3 of a run with a name that is longer than any field, 77.8%";
    render(LongSelect, { label: "Version", value: "18", options: [{ value: "18", name }], onchange: vi.fn() });
    const field = screen.getByTitle(name);
    expect(field.querySelector(".beginning")?.textContent).toMatch(/^v18: epoch 3 of a run/);
    expect(field.querySelector(".end")?.textContent).toMatch(/77\.8%$/);
  });

  it("keeps what tells the chosen one from the others before the rest of its name", () => {
    const name = "v21: 77.8%, epoch 3 of run “a name that is longer than any field, 3 of 3”, with a no…";
    const whole = name.replace("no…", "note that is long");
    const options = [{ value: "21", name, whole, lead: "v21: 77.8%, epoch 3" }];
    render(LongSelect, { label: "Version", value: "21", options, onchange: vi.fn() });
    const field = screen.getByTitle(whole);
    expect(field.querySelector(".lead")?.textContent).toBe("v21: 77.8%, epoch 3 ");
    expect(field.querySelector(".rest")?.textContent).toBe(name.slice("v21: 77.8%, epoch 3 ".length));
  });

  it.each([
    ["the keyboard", () => userEvent.tab()],
    ["the pointer", () => fireEvent.pointerDown(screen.getByLabelText("Run"))],
  ])("has all of them once %s reaches it, and stays on the chosen one", async (_, reach) => {
    const { list, onchange } = shown();
    await reach();
    expect(list.options).toHaveLength(200);
    expect(list.value).toBe("7");
    await fireEvent.change(list, { target: { value: "42" } });
    expect(onchange).toHaveBeenCalledWith("42");
  });
});
