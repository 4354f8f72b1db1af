import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { epochOf } from "../../../testing/epochs";
import EpochTimeline from "./EpochTimeline.svelte";

const MANY = 2000;
const WIDTH = 1000;

const epochs = Array.from({ length: MANY }, (_, epoch) =>
  epoch === 0
    ? epochOf(0, "baseline", 0.5)
    : epochOf(epoch, epoch % 100 === 0 ? "accepted" : "rejected", 0.5 + epoch / 10_000),
);

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(WIDTH);
});

function show(selected: number | null) {
  const onselect = vi.fn();
  const mark = { epoch: 777, starred: true, note: "" };
  const shown = render(EpochTimeline, {
    epochs,
    progress: null,
    moving: false,
    slots: MANY,
    by: "epoch",
    values: [],
    marks: [mark],
    fontSize: 13,
    selected,
    cursor: null,
    onselect,
    oncursor: () => {},
  });
  return { onselect, ...shown };
}

const drawn = () => screen.getAllByRole("option").map((card) => Number(card.dataset["epoch"]));

describe("the line below the cards", () => {
  it("has the reason of the selected epoch, and of the one under the pointer a frame later than the cards", async () => {
    const { rerender } = show(1234);
    const line = () => document.querySelector(".why")!.textContent!.trim();
    await waitFor(() => expect(line()).toBe("Epoch 1234 because of 1234"));
    await rerender({ cursor: 7 });
    await new Promise(requestAnimationFrame);
    expect(line()).toBe("Epoch 1234 because of 1234");
    await waitFor(() => expect(line()).toBe("Epoch 7 because of 7"));
    await rerender({ cursor: null, selected: null });
    await waitFor(() => expect(line()).toBe(`Epoch ${MANY - 1} because of ${MANY - 1}`));
  });
});

describe("the card under the pointer", () => {
  it("stands out and says all it knows, for as long as the pointer is there", async () => {
    const { rerender } = show(1234);
    const card = (epoch: number) => document.querySelector<HTMLElement>(`[data-epoch="${epoch}"]`);
    await rerender({ cursor: 7 });
    expect(card(7)!.classList.contains("hovered")).toBe(true);
    expect(card(7)!.title).toContain("because of 7");
    await rerender({ cursor: 777 });
    expect(document.querySelectorAll(".hovered")).toHaveLength(1);
    expect(card(777)!.classList.contains("hovered")).toBe(true);
    await rerender({ cursor: null });
    expect(document.querySelector(".hovered")).toBeNull();
    expect(card(777)!.title, "no title is left behind").toBe("");
    expect(card(1234)!.title, "the selected one keeps its own").toContain("because of 1234");
  });
});

describe("the timeline of a run of usual length in a window of usual width", () => {
  it.each([
    ["to a tenth", 13, "74\\.5%"],
    ["in whole percents with larger text, so that its mark is not cut", 15, "75%"],
  ])(
    "tells score %s, change, fixed and broken, cost, decision and the beginning of the reason",
    (_, fontSize, score) => {
      vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1040);
      const told = {
        ...epochOf(1, "accepted", 0.745),
        delta: 0.455,
        p: 0.001,
        fixed: 26,
        broken: 1,
        reason: "Better than the best before it: +45.5 points.",
      };
      render(EpochTimeline, {
        epochs: [epochOf(0, "baseline", 0.29), told],
        progress: null,
        moving: true,
        slots: 11,
        by: "epoch",
        values: [],
        marks: [{ epoch: 1, starred: true, note: "" }],
        fontSize,
        selected: null,
        cursor: null,
        onselect: () => {},
        oncursor: () => {},
      });
      const words = screen.getAllByRole("option")[1]!.textContent!.replace(/\s+/g, " ");
      const rest = "★.*\\+45\\.5.*\\+26 fixed −1 broken.*100 calls.*accepted.*Better than the best before it";
      expect(words).toMatch(new RegExp(`${score}.*${rest}`));
    },
  );
});

describe("a timeline of two thousand epochs", () => {
  it("draws next to none before it is known how many fit", () => {
    vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(0);
    show(1234);
    expect(drawn()).toEqual([1234, MANY - 1]);
  });

  it("draws as many as fit, of several on one place the one that tells most", () => {
    show(null);
    expect(drawn().length).toBeLessThan(WIDTH / 3);
    // Where epochs share a place, an accepted or starred one stands for the others.
    for (let epoch = 0; epoch < MANY; epoch += 100) expect(drawn()).toContain(epoch);
    expect(drawn()).toContain(777);
    expect(drawn()).toContain(MANY - 1);
    expect(screen.getAllByRole("option")[0]!.getAttribute("aria-setsize")).toBe(String(MANY));
  });

  it("keeps its cards where its axis grows, as all of them made anew would hold the window up", async () => {
    const { rerender } = show(null);
    const before = drawn();
    await rerender({ slots: MANY + 192 });
    expect(drawn()).toEqual(before);
  });

  it("draws the selected one whatever is beside it, and keys reach every single one", async () => {
    const { onselect, rerender } = show(1234);
    const card = () => document.querySelector<HTMLElement>('[tabindex="0"]');
    expect(card()?.dataset["epoch"]).toBe("1234");
    card()!.focus();
    await userEvent.keyboard("{ArrowRight}");
    expect(onselect).toHaveBeenLastCalledWith(1235);
    await rerender({ selected: 1235 });
    expect(card()?.dataset["epoch"]).toBe("1235");
    card()!.focus();
    await userEvent.keyboard("{End}");
    expect(onselect).toHaveBeenLastCalledWith(MANY - 1);
    await userEvent.keyboard("{Home}");
    expect(onselect).toHaveBeenLastCalledWith(0);
  });
});
