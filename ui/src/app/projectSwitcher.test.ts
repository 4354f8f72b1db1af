import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, expect, it, vi } from "vitest";
import type { MemoryClient } from "../api/memory";
import { freshWindow } from "../testing/window";
import ProjectSwitcher from "./ProjectSwitcher.svelte";

let client: MemoryClient;
beforeEach(() => {
  client = freshWindow();
});

it("opens with every project in its place, since an item that moves is clicked by mistake", async () => {
  client.engine.addProject("Support routing");
  let arrive = () => {};
  const read = client.call.bind(client);
  vi.spyOn(client, "call").mockImplementation(async (command, request) => {
    if (command === "list_projects") await new Promise<void>((resolve) => (arrive = resolve));
    return read(command, request);
  });
  render(ProjectSwitcher);
  const button = screen.getByRole("button", { name: "Projects, switch project" });
  button.focus();
  await fireEvent.keyDown(button, { key: "Enter" });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(screen.queryByRole("menu")).toBeNull();
  arrive();
  await waitFor(() =>
    expect(screen.getAllByRole("menuitem").map((item) => item.textContent?.trim())).toEqual([
      "Support routing",
      "All projects",
    ]),
  );
});

it("offers the latest of very many projects, and the way to all of them", async () => {
  for (let number = 1; number <= 1500; number += 1) client.engine.addProject(`Project ${number}`);
  render(ProjectSwitcher);
  const button = screen.getByRole("button", { name: "Projects, switch project" });
  button.focus();
  await fireEvent.keyDown(button, { key: "Enter" });
  await screen.findByRole("menu");
  const items = screen.getAllByRole("menuitem").map((item) => item.textContent?.trim());
  expect(items).toHaveLength(21);
  expect([items[0], items.at(-1)]).toEqual(["Project 1500", "All 1,500 projects"]);
});

it("gives way to a command that is called by its keys", async () => {
  client.engine.addProject("Support routing");
  render(ProjectSwitcher);
  const button = screen.getByRole("button", { name: "Projects, switch project" });
  button.focus();
  await fireEvent.keyDown(button, { key: "Enter" });
  const menu = await screen.findByRole("menu");
  await fireEvent.keyDown(menu, { key: "Control", ctrlKey: true });
  expect(screen.queryByRole("menu")).not.toBeNull();
  await fireEvent.keyDown(menu, { key: "k", ctrlKey: true });
  await waitFor(() => expect(screen.queryByRole("menu")).toBeNull());
});
