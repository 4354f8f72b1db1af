import { render } from "@testing-library/svelte";
import { tick } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import { addWorkedProject } from "../../../api/memory/scenario";
import { runs } from "../../../app/runs.svelte";
import { app } from "../../../app/state.svelte";
import { freshClient } from "../../../testing/client";
import RunPanel from "./RunPanel.svelte";

afterEach(() => vi.useRealTimers());

async function worked() {
  const client = freshClient();
  const project = addWorkedProject(client.engine, "Tickets", 240, 1);
  await app.openProject(project.id, "train");
  const { id } = client.engine.runs[0]!;
  await runs.load(id);
  const whole = runs.get(id)!;
  expect(whole.epochs.length).toBeGreaterThan(4);
  const after = (count: number) => ({
    live: {
      ...whole,
      summary: { ...whole.summary, status: "running" as const },
      epochs: whole.epochs.slice(0, count),
    },
    fontSize: 13,
  });
  return { id, whole, after };
}

const announced = () => document.querySelector(".run > [aria-live=polite]")!.textContent!.trim();

it("announces the newest of fast epochs every few seconds, and none behind the end of the run", async () => {
  const { id, whole, after } = await worked();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const { rerender } = render(RunPanel, after(1));
  await tick();
  expect(announced(), "what stood there is no news").toBe("");
  await rerender(after(2));
  expect(announced()).toBe(`Epoch 1 ${whole.epochs[1]!.decision}.`);
  await rerender(after(3));
  await rerender(after(4));
  expect(announced(), "it can be listened to").toMatch(/^Epoch 1 /);
  vi.advanceTimersByTime(5_000);
  await tick();
  expect(announced()).toBe(`Epoch 3 ${whole.epochs[3]!.decision}.`);
  await rerender({ live: whole, fontSize: 13 });
  vi.advanceTimersByTime(5_000);
  await tick();
  expect(announced(), "the card of its state says how it ended").toBe("");
  // Another run takes its place: nothing of the one before is said of it.
  const next = { ...after(1).live, summary: { ...after(1).live.summary, id: id + 1 } };
  await rerender({ live: next, fontSize: 13 });
  expect(announced()).toBe("");
});

it("begins anew with another run, and with one that goes on after its end", async () => {
  const { id, whole, after } = await worked();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const { rerender } = render(RunPanel, after(1));
  await tick();
  await rerender(after(2));
  expect(announced()).toMatch(/^Epoch 1 /);
  // While that is still listened to.
  const other = (count: number) => {
    const { live, fontSize } = after(count);
    return { live: { ...live, summary: { ...live.summary, id: id + 1 } }, fontSize };
  };
  await rerender(other(3));
  expect(announced(), "nothing of the run before").toBe("");
  await rerender(other(4));
  expect(announced(), "nor its rest").toBe(`Epoch 3 ${whole.epochs[3]!.decision}.`);

  await rerender({ live: { ...whole, summary: { ...whole.summary, id: id + 1 } }, fontSize: 13 });
  vi.advanceTimersByTime(5_000);
  await rerender(other(whole.epochs.length));
  expect(announced(), "what it had at its end is no news").toBe("");
});
