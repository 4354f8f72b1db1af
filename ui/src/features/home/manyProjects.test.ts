import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { app } from "../../app/state.svelte";
import { freshWindow } from "../../testing/window";
import { homeLists } from "./homeLists.svelte";
import HomeScreen from "./HomeScreen.svelte";

const MANY = 3000;

let client: MemoryClient;

beforeEach(async () => {
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1240);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(600);
  client = freshWindow();
  // The newest project is the first of the list.
  for (let number = MANY; number >= 1; number -= 1) client.engine.addProject(`Project ${number}`);
  render(HomeScreen);
  await screen.findByRole("button", { name: "Project 1" });
});

/** Cards in a row of the screen that is pretended here. */
const columns = () => Number(screen.getByRole("region", { name: "Projects" }).style.getPropertyValue("--columns"));
const cards = () => [...document.querySelectorAll("article")];
const open = (number: number) => screen.getByRole("button", { name: `Project ${number}` });

describe("Home with thousands of projects", () => {
  it("draws those in sight, and others when it is scrolled", async () => {
    expect(cards().length).toBeLessThan(60);
    expect(screen.getByText("3,000 projects")).toBeTruthy();
    expect(screen.queryByRole("button", { name: `Project ${MANY}` })).toBeNull();
    const body = document.querySelector<HTMLElement>(".body")!;
    body.scrollTop = 1_000_000;
    await fireEvent.scroll(body);
    expect(open(MANY)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Project 1" })).toBeNull();
    expect(cards().length).toBeLessThan(60);
    // The room of what is not drawn is left, so that the bar to scroll by keeps its length.
    const [gap] = document.querySelectorAll<HTMLElement>(".gap");
    expect(Number.parseFloat(gap!.style.height)).toBeGreaterThan(100_000);
  });

  it("draws a part of those that were put away, and more when they are asked for", async () => {
    for (const { id } of [...client.engine.projects].slice(0, 250)) {
      client.engine.handle("archive_project", { project: id });
    }
    await homeLists.load();
    const restorable = () => screen.queryAllByRole("button", { name: /^Restore / }).length;
    await waitFor(() => expect(restorable()).toBe(100));
    expect(screen.getByText("100 of 250 are shown.")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Show 100 more" }));
    await userEvent.click(screen.getByRole("button", { name: "Show 50 more" }));
    expect(restorable()).toBe(250);
    expect(screen.queryByText(/are shown/)).toBeNull();
  });

  it("finds any of them, and says how many it found", async () => {
    await userEvent.type(screen.getByRole("searchbox", { name: "Search projects" }), "ject 2999");
    expect(open(2999)).toBeTruthy();
    expect(cards()).toHaveLength(1);
    expect(screen.getByText("1 of 3,000 projects").getAttribute("role")).toBe("status");
    await userEvent.keyboard("{ArrowDown}");
    await waitFor(() => expect(document.activeElement).toBe(open(2999)));
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(app.project?.project.name).toBe("Project 2999"));
  });

  it("is walked through by arrow keys, to both ends and by pages", async () => {
    open(1).focus();
    expect(columns()).toBeGreaterThan(2);
    const pressed = async (keys: string, number: number) => {
      await userEvent.keyboard(keys);
      await waitFor(() => expect(document.activeElement?.textContent).toBe(`Project ${number}`));
    };
    await pressed("{ArrowRight}", 2);
    await pressed("{ArrowDown}", 2 + columns());
    await pressed("{ArrowUp}{ArrowLeft}", 1);
    await pressed("{ArrowLeft}", 1);
    await pressed("{End}", MANY);
    await pressed("{ArrowUp}", MANY - columns());
    await pressed("{Home}", 1);
    await userEvent.keyboard("{PageDown}");
    await waitFor(() => expect(Number(document.activeElement?.textContent?.slice(8))).toBeGreaterThan(columns()));
    await pressed("{PageUp}", 1);
  });

  it("keeps the card with the focus while others are scrolled to", async () => {
    open(2).focus();
    const body = document.querySelector<HTMLElement>(".body")!;
    body.scrollTop = 1_000_000;
    await fireEvent.scroll(body);
    expect(document.activeElement).toBe(open(2));
    await userEvent.keyboard("{Delete}");
    await waitFor(() => expect(client.engine.projects).toHaveLength(MANY - 1));
    await waitFor(() => expect(document.activeElement?.textContent).toBe("Project 3"));
  });
});
