import { cleanup, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";
import type { MemoryClient } from "../../api/memory";
import { addWorkedProject } from "../../api/memory/scenario";
import { edits } from "../../app/edits.svelte";
import { app } from "../../app/state.svelte";
import { freshClient } from "../../testing/client";
import { usePlainEditor } from "../../testing/plainEditor";
import { place } from "../train/place.svelte";
import { usePrompts } from "../train/run/usePrompts";
import TrainScreen from "../train/TrainScreen.svelte";
import { draftOf } from "./draft.svelte";
import PromptsScreen from "./PromptsScreen.svelte";

usePlainEditor();

let client: MemoryClient;

beforeEach(() => {
  client = freshClient();
});

const versions = () => within(screen.getByRole("region", { name: "Versions" }));

/** A finished run; v1 is what its last rejected epoch was made from, v2 what is edited. */
async function worked() {
  const project = addWorkedProject(client.engine, "Tickets", 300, 0);
  const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "wide" });
  run.finishNow();
  const { epoch } = run.epochs.findLast(({ decision }) => decision === "rejected")!;
  project.versions.length = 0;
  client.engine.addVersion(project, run.detail(epoch)!.before, "");
  const edited = { system_prompt: "Something\nelse\naltogether.", output_prompt: "One word." };
  client.engine.addVersion(project, edited, "");
  project.draft = { ...project.draft, prompt: edited };
  return { project, run, epoch };
}

it("measures single changes that were taken against the version they were taken onto, and names their epoch as author", async () => {
  const { project, run, epoch } = await worked();
  // The screen was looked at before: the draft began as v2.
  await app.openProject(project.id, "prompts");
  render(PromptsScreen);
  await versions().findByRole("row", { name: /v2/ });
  cleanup();
  place.show(project.id, run.id, epoch);
  app.navigate("train");
  render(TrainScreen);
  await userEvent.click(await screen.findByRole("button", { name: "Take single changes" }));
  await userEvent.click(screen.getAllByRole("checkbox", { name: /Take change/ })[0]!);
  await userEvent.click(screen.getByRole("button", { name: "Use these changes" }));
  await waitFor(() => expect(project.draft.taken).toEqual({ run: run.id, epoch }));
  cleanup();
  app.navigate("prompts");
  render(PromptsScreen);
  expect(await screen.findByRole("button", { name: /lines? changed since v1$/ })).toBeTruthy();
  // A restore keeps what is edited as a version first, and says whose it is.
  await userEvent.click(await versions().findByRole("button", { name: "Restore version 2" }));
  const kept = await versions().findByRole("row", { name: /v3/ });
  expect(kept.textContent).toContain(`edited by hand, with changes taken from epoch ${epoch} of run “wide”`);
  const restored = await versions().findByRole("row", { name: /v4/ });
  expect(restored.textContent).toContain("the text of v2");
  await waitFor(() => expect(project.draft.taken).toBeNull());
});

it("takes a take-over back with what the draft began as, though its text was a version meanwhile", async () => {
  const { project, run, epoch } = await worked();
  await app.openProject(project.id, "prompts");
  render(PromptsScreen);
  await versions().findByRole("row", { name: /v2/ });
  const field = screen.getByRole("textbox", { name: "System prompt" });
  await userEvent.type(field, "{Control>}{End}{/Control} And more.");
  expect(await screen.findByRole("button", { name: /1 line changed since v2$/ })).toBeTruthy();
  const taken = { run: run.id, epoch };
  draftOf(app.project!).replace({ prompt: draftOf(app.project!).draft.prompt, taken });
  // Newer than what is edited, as a run makes them.
  client.engine.addVersion(project, { system_prompt: "A.", output_prompt: "B." }, "");
  await usePrompts(app.project!, run.bestPrompt(), `epoch ${epoch}`);
  const kept = await versions().findByRole("row", { name: /v4/ });
  expect(kept.textContent).toContain("before the prompts of");
  await edits.undo();
  await waitFor(() => expect(versions().queryByRole("row", { name: /v4/ })).toBeNull());
  await waitFor(() => expect(project.draft.taken).toEqual({ run: run.id, epoch }));
  expect(await screen.findByRole("button", { name: /1 line changed since v2$/ })).toBeTruthy();
});

it("restores a version with what was locked in it, and a run that starts from it has that as well", async () => {
  const { project } = await worked();
  const first = project.versions.at(-1)!;
  const locked = [{ half: "output" as const, text: first.prompt.output_prompt.slice(0, 5) }];
  first.locked = locked;
  await app.openProject(project.id, "prompts");
  render(PromptsScreen);
  await userEvent.click(await versions().findByRole("button", { name: "Restore version 1" }));
  await waitFor(() => expect(project.draft.locked).toEqual(locked));
  await waitFor(() => expect(app.toasts.at(-1)?.message).toContain("with what was locked in it"));
  expect(project.versions[0]!.locked).toEqual(locked);
  await edits.undo();
  await waitFor(() => expect(project.draft.locked).toEqual([]));
  await userEvent.click(await versions().findByRole("button", { name: "Train from version 1" }));
  expect(place.wish(project.id)).toMatchObject({ kind: "version", locked, number: 1 });
});

it("locks nothing where a version could not be restored", async () => {
  const { project } = await worked();
  const first = project.versions.at(-1)!;
  first.locked = [{ half: "output" as const, text: first.prompt.output_prompt.slice(0, 5) }];
  await app.openProject(project.id, "prompts");
  render(PromptsScreen);
  const restore = await versions().findByRole("button", { name: "Restore version 1" });
  client.fail("save_prompt_version", "The disk is full.");
  await userEvent.click(restore);
  await waitFor(() => expect(app.toasts.at(-1)?.message).toContain("The disk is full."));
  await waitFor(() => expect(project.draft.locked).toEqual([]));
});

it("takes the taking back, with what the draft began as", async () => {
  const { project, run, epoch } = await worked();
  place.show(project.id, run.id, epoch);
  await app.openProject(project.id, "train");
  render(TrainScreen);
  const before = project.draft;
  await userEvent.click(await screen.findByRole("button", { name: "Take single changes" }));
  await userEvent.click(screen.getAllByRole("checkbox", { name: /Take change/ })[0]!);
  await userEvent.click(screen.getByRole("button", { name: "Use these changes" }));
  await waitFor(() => expect(project.draft.taken).not.toBeNull());
  await edits.undo();
  await waitFor(() => expect(project.draft).toEqual(before));
});

it("writes the note of any version where it stands, takes it back, and shows what was noted on its epoch", async () => {
  const project = addWorkedProject(client.engine, "Tickets", 300, 0);
  const run = client.engine.startRun(project, { ...client.engine.defaultConfig(project), name: "wide" });
  while (run.status === "running") client.advance(1);
  run.mark({ epoch: run.bestPrompt().epoch, starred: true, note: "knows the rule" });
  await app.openProject(project.id, "prompts");
  render(PromptsScreen);
  const row = () => versions().getByRole("row", { name: /^v2/ });
  await versions().findByRole("row", { name: /^v2/ });
  expect(row().textContent).toMatch(/starred,\s*epoch \d+ of wide:\s*knows the rule/);
  await userEvent.click(within(row()).getByRole("button", { name: "Write a note on version 2" }));
  expect(document.activeElement, "it is written at once").toBe(within(row()).getByLabelText("Note of version 2"));
  await userEvent.keyboard("the one to ship{Enter}");
  await waitFor(() => expect(row().textContent).toContain("the one to ship"));
  expect(project.versions[0]?.note).toBe("the one to ship");
  const button = within(row()).getByRole("button", { name: "Change the note of version 2" });
  expect(document.activeElement).toBe(button);
  // Esc leaves it as it was.
  await userEvent.click(button);
  await userEvent.type(within(row()).getByLabelText("Note of version 2"), " or not{Escape}");
  expect(project.versions[0]?.note).toBe("the one to ship");
  await edits.undo();
  await waitFor(() => expect(row().textContent).not.toContain("the one to ship"));
  client.fail("note_version", "The disk is full. Free some space.");
  await userEvent.click(within(row()).getByRole("button", { name: "Write a note on version 2" }));
  await userEvent.type(within(row()).getByLabelText("Note of version 2"), "again{Enter}");
  await waitFor(() => expect(app.toasts.at(-1)?.message).toContain("The disk is full."));
  // What was written is not lost.
  expect(within(row()).getByLabelText<HTMLInputElement>("Note of version 2").value).toBe("again");
});
