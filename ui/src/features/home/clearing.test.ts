import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { addWorkedProject } from "../../api/memory/scenario";
import { asked } from "../../testing/client";
import { freshWindow } from "../../testing/window";
import { app } from "../../app/state.svelte";
import { paletteCommands } from "../../app/commands";
import App from "../../App.svelte";

it("says, before kept answers are cleared, that it is final", async () => {
  const client = freshWindow();
  const project = addWorkedProject(client.engine, "Tickets", 60, 1);
  render(App);
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

  // From inside of the project by the palette; Cancel clears nothing.
  await app.openProject(project.id, "train");
  const [command] = paletteCommands("clear kept", { projects: [], versions: [] });
  expect(command?.name).toBe("Clear kept answers…");
  command?.run();
  await screen.findByRole("dialog", { name: "Clear the kept answers of “Tickets”?" });
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(asked(client, "clear_cache")).toHaveLength(1);
});
