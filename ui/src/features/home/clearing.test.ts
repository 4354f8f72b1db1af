import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { addWorkedProject } from "../../api/memory/scenario";
import { asked } from "../../testing/client";
import { freshWindow } from "../../testing/window";
import HomeScreen from "./HomeScreen.svelte";

it("says, before kept answers are cleared, that it is final", async () => {
  const client = freshWindow();
  const project = addWorkedProject(client.engine, "Tickets", 60, 1);
  render(HomeScreen);
  const user = userEvent.setup({ pointerEventsCheck: 0 });
  await user.click(await screen.findByRole("button", { name: /^More for/ }));
  await user.click(await screen.findByRole("menuitem", { name: "Clear kept answers…" }));
  const question = await screen.findByRole("dialog", { name: "Clear the kept answers of “Tickets”?" });
  expect(question.textContent?.replace(/\s+/g, " ")).toContain(
    "Answers that are cleared are bought again when they are needed; this cannot be undone.",
  );
  expect(asked(client, "clear_cache")).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Clear" }));
  await waitFor(() => expect(asked(client, "clear_cache")).toEqual([{ project: project.id }]));
});
