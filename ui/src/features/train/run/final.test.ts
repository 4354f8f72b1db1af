import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { addWorkedProject } from "../../../api/memory/scenario";
import { app } from "../../../app/state.svelte";
import { freshClient } from "../../../testing/client";
import { place } from "../place.svelte";
import TrainScreen from "../TrainScreen.svelte";

it("says once, in the question, that what ends a run is final", async () => {
  const client = freshClient();
  const project = addWorkedProject(client.engine, "Tickets", 120, 0);
  const live = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "live" });
  client.advance(60);
  place.show(project.id, live.id, 0);
  await app.openProject(project.id, "train");
  render(TrainScreen);
  const user = userEvent.setup({ pointerEventsCheck: 0 });
  const final = async (title: RegExp) => {
    const question = (await screen.findByRole("dialog", { name: title })).textContent ?? "";
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    return question.replace(/\s+/g, " ").match(/cannot be undone|can not be resumed/g);
  };

  await user.click(await screen.findByRole("button", { name: "More for run live" }));
  await user.click(await screen.findByRole("menuitem", { name: "Finish now and open the test split" }));
  expect(await final(/^Finish this run now/)).toEqual(["cannot be undone"]);

  await user.click(await screen.findByRole("button", { name: "Go on from here" }));
  await user.click(await screen.findByRole("menuitem", { name: /^Take over/ }));
  expect(await final(/^Take over from a run that goes on/)).toEqual(["can not be resumed"]);

  app.stopping = live.id;
  expect(await final(/^Stop “.*live”/)).toEqual(["can not be resumed"]);
});
