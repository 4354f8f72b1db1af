import { fireEvent, render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { addWorkedProject } from "../../api/memory/scenario";
import type { MemoryClient } from "../../api/memory";
import { app } from "../../app/state.svelte";
import { freshClient } from "../../testing/client";
import CompareScreen from "./CompareScreen.svelte";
import { forgetRunSet } from "./runSet.svelte";

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
  forgetRunSet();
});

async function curves() {
  const project = addWorkedProject(client.engine, "Tickets", 300, 2);
  await app.openProject(project.id, "compare");
  render(CompareScreen);
  const card = screen.getByRole("heading", { name: "Validation score" }).closest("section")!;
  const slider = within(card).getByRole("slider");
  slider.focus();
  await userEvent.keyboard("{ArrowRight}{ArrowRight}{ArrowRight}");
  const read = () => card.querySelector(".where")!.textContent?.trim();
  expect(read()).toMatch(/^epoch 2/);
  return { card, slider, read };
}

describe("the cursor of the curves", () => {
  it("goes by Esc before what is pinned, and with the focus", async () => {
    const { slider, read } = await curves();
    await userEvent.keyboard("{ArrowDown}{Enter}{ArrowRight}");
    expect(read()).toMatch(/^epoch 3/);
    const pressed = () => screen.queryAllByRole("button", { pressed: true }).filter((key) => key.matches(".key"));
    expect(pressed()).toHaveLength(1);

    await userEvent.keyboard("{Escape}");
    expect(read(), "the pin is read").toMatch(/^epoch 2/);
    expect(pressed()).toHaveLength(1);
    await userEvent.keyboard("{Escape}");
    expect([read()?.startsWith("best"), pressed()]).toEqual([true, []]);

    slider.focus();
    await userEvent.keyboard("{ArrowRight}");
    expect(read()).toMatch(/^epoch 0/);
    await userEvent.tab();
    expect(read()).toMatch(/^best/);
  });

  it("is what is pinned by Enter, of which one Esc lets go", async () => {
    const { read } = await curves();
    await userEvent.keyboard("{ArrowDown}{Enter}");
    expect(read()).toMatch(/^epoch 2/);
    await userEvent.keyboard("{Escape}");
    expect(read()).toMatch(/^best/);
  });

  it("is none on another axis, where the same number is another place", async () => {
    const { card, read } = await curves();
    // As a command does it: the focus stays where it is.
    await fireEvent.click(within(card).getByRole("radio", { name: "by calls" }));
    expect(read()).toMatch(/^best/);
    await fireEvent.click(within(card).getByRole("radio", { name: "by epoch" }));
  });
});
