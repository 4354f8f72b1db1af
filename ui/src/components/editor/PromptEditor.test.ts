import { currentCompletions, startCompletion } from "@codemirror/autocomplete";
import { EditorView } from "@codemirror/view";
import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { edits } from "../../app/edits.svelte";
import { forgetTyping } from "./lastTyped";
import PromptEditor from "./PromptEditor.svelte";

async function loaded(container: HTMLElement): Promise<EditorView> {
  await waitFor(() => expect(container.querySelector(".cm-editor")).not.toBeNull(), { timeout: 20_000 });
  const view = EditorView.findFromDOM(container.querySelector<HTMLElement>(".cm-editor") ?? container);
  if (!view) throw new Error("no editor");
  return view;
}

function type(view: EditorView, text: string): void {
  view.dispatch({ changes: { from: view.state.doc.length, insert: text }, userEvent: "input.type" });
}

describe("PromptEditor", () => {
  it("can be typed into before the editor is loaded", () => {
    const onchange = vi.fn();
    render(PromptEditor, { value: "", label: "System prompt", onchange });
    // At once: from the second editor on its module is there at the next turn.
    void fireEvent.input(screen.getByRole("textbox", { name: "System prompt" }), { target: { value: "x" } });
    expect(onchange).toHaveBeenCalledExactlyOnceWith("x");
  });

  it("hands the caret over when it is loaded while being typed into", async () => {
    const { container } = render(PromptEditor, { value: "one\ntwo", label: "System prompt" });
    const plain = screen.getByRole<HTMLTextAreaElement>("textbox", { name: "System prompt" });
    plain.focus();
    plain.setSelectionRange(4, 4);
    const view = await loaded(container);
    expect(view.hasFocus).toBe(true);
    expect(view.state.selection.main.head).toBe(4);
  });

  it("is reached by the keys inside of what scrolls a long text", async () => {
    const { container } = render(PromptEditor, { value: "line\n".repeat(200), label: "Optimizer instructions" });
    await loaded(container);
    const scroller = container.querySelector<HTMLElement>(".cm-scroller")!;
    expect(scroller.querySelector('[role="textbox"]')!.getAttribute("tabindex")).toBe("0");
  });

  it("reports edits of the user, not texts set from outside", async () => {
    const onchange = vi.fn();
    const { container, rerender } = render(PromptEditor, { value: "one", label: "System prompt", onchange });
    const view = await loaded(container);
    await rerender({ value: "two" });
    expect(view.state.doc.toString()).toBe("two");
    expect(onchange).not.toHaveBeenCalled();
    type(view, "!");
    expect(onchange).toHaveBeenCalledExactlyOnceWith("two!");
  });

  it("hands on what was typed last when it goes, and nothing that another change came after", async () => {
    const onleave = vi.fn();
    const shown = async (value: string) => {
      const { container, unmount, rerender } = render(PromptEditor, { value, label: "System prompt", onleave });
      return { view: await loaded(container), unmount, rerender };
    };
    const first = await shown("one");
    // A text from outside, as of a version that is restored, is no typing.
    await first.rerender({ value: "two" });
    type(first.view, "!");
    type(first.view, "?");
    first.unmount();
    expect(onleave).toHaveBeenCalledExactlyOnceWith("two");
    const second = await shown("three");
    type(second.view, "!");
    forgetTyping();
    second.unmount();
    const third = await shown("four");
    third.unmount();
    expect(onleave).toHaveBeenCalledOnce();
  });

  it("asks for an older change where its own history is empty", async () => {
    const onempty = vi.fn();
    const { container } = render(PromptEditor, { value: "one", label: "System prompt", onempty });
    const view = await loaded(container);
    const key = (more: object) => fireEvent.keyDown(view.contentDOM, { key: "z", keyCode: 90, ctrlKey: true, ...more });
    type(view, "!");
    await key({});
    expect([view.state.doc.toString(), onempty.mock.calls]).toEqual(["one", []]);
    await key({});
    expect(onempty).toHaveBeenCalledExactlyOnceWith("undo");
  });

  it("hands on what was typed when another change is made after it, and then has no history of its own of that", async () => {
    const [onempty, onleave] = [vi.fn(), vi.fn()];
    const { container, unmount } = render(PromptEditor, { value: "one", label: "System prompt", onempty, onleave });
    const view = await loaded(container);
    type(view, "!");
    edits.record({ name: "Save version 2", undo: () => undefined, redo: () => undefined });
    expect(onleave).toHaveBeenCalledExactlyOnceWith("one");
    await fireEvent.keyDown(view.contentDOM, { key: "z", keyCode: 90, ctrlKey: true });
    expect([view.state.doc.toString(), onempty.mock.calls]).toEqual(["one!", [["undo"]]]);
    type(view, "?");
    unmount();
    expect(onleave.mock.calls).toEqual([["one"], ["one!"]]);
  });

  it("is made again after the change that was made before it, and not at all once something new is typed", async () => {
    edits.clear();
    const done: string[] = [];
    const onempty = vi.fn((way: "undo" | "redo") => void edits[way]());
    const onundone = (typed: string) =>
      edits.recordUndone({ name: "typing", undo: () => done.push("untyped"), redo: () => done.push(typed) });
    const { container } = render(PromptEditor, { value: "one", label: "System prompt", onempty, onundone });
    const view = await loaded(container);
    const key = (more: object) => fireEvent.keyDown(view.contentDOM, { key: "z", keyCode: 90, ctrlKey: true, ...more });
    const again = () => key({ key: "y", keyCode: 89 });
    edits.record({ name: "Lock", undo: () => done.push("unlocked"), redo: () => done.push("locked") });
    type(view, "!");
    type(view, "?");
    await key({});
    expect(view.state.doc.toString()).toBe("one");
    await key({});
    await waitFor(() => expect(done).toEqual(["unlocked"]));
    await again();
    await waitFor(() => expect(done).toEqual(["unlocked", "locked"]));
    expect(view.state.doc.toString()).toBe("one");
    await again();
    await waitFor(() => expect(done).toEqual(["unlocked", "locked", "one!?"]));
    await edits.undo();
    type(view, " more");
    expect([edits.toUndo, edits.toRedo]).toEqual(["Lock", null]);
  });

  it("hands on what was typed when something is typed in another editor after it", async () => {
    const left: string[] = [];
    const shown = async (label: string) => {
      const onleave = (before: string) => left.push(`${label}: ${before}`);
      return loaded(render(PromptEditor, { value: "one", label, onleave }).container);
    };
    const [system, output] = [await shown("System prompt"), await shown("Output prompt")];
    type(system, "a");
    type(output, "b");
    expect(left).toEqual(["System prompt: one"]);
    type(output, "c");
    type(system, "d");
    expect(left).toEqual(["System prompt: one", "Output prompt: one"]);
  });

  it("has no text in its history that was set from outside, and hands on what was typed before it", async () => {
    const [onempty, onleave] = [vi.fn(), vi.fn()];
    const props = { value: "one", label: "System prompt", onempty, onleave };
    const { container, rerender } = render(PromptEditor, props);
    const view = await loaded(container);
    type(view, "!");
    await rerender({ value: "two" });
    expect(onleave).toHaveBeenCalledExactlyOnceWith("one");
    await fireEvent.keyDown(view.contentDOM, { key: "z", keyCode: 90, ctrlKey: true });
    expect([view.state.doc.toString(), onempty.mock.calls]).toEqual(["two", [["undo"]]]);
    type(view, "?");
    await fireEvent.keyDown(view.contentDOM, { key: "z", keyCode: 90, ctrlKey: true });
    expect(view.state.doc.toString()).toBe("two");
  });

  it("keeps a carriage return in a prompt", async () => {
    const onchange = vi.fn();
    const { container } = render(PromptEditor, { value: "a\r\nb", label: "System prompt", onchange });
    type(await loaded(container), "c");
    expect(onchange).toHaveBeenCalledExactlyOnceWith("a\r\nbc");
  });

  it("marks columns as chips and other names as unknown", async () => {
    const { container } = render(PromptEditor, {
      value: "{{queue}} {{kueue}}",
      label: "System prompt",
      columns: ["queue"],
      row: { number: 7, cells: ["billing"] },
    });
    await loaded(container);
    const chip = container.querySelector(".cm-column");
    expect(chip?.textContent).toBe("{{queue}}");
    expect(chip?.getAttribute("title")).toBe("Row 7: billing");
    expect(container.querySelector(".cm-unknown-column")?.textContent).toBe("{{kueue}}");
  });

  it("has the cell behind a column in lines that fit a display", async () => {
    const { container } = render(PromptEditor, {
      value: "{{queue}}",
      label: "System prompt",
      columns: ["queue"],
      row: { number: 12_345, cells: ["billing ".repeat(40)] },
    });
    await loaded(container);
    const lines = container.querySelector(".cm-column")!.getAttribute("title")!.split("\n");
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it("marks the ground truth as a mistake with its reason, and does not offer it", async () => {
    const { container } = render(PromptEditor, {
      value: "{{queue}} {{lang}} {{",
      label: "System prompt",
      columns: ["queue", "lang"],
      truth: "queue",
      row: { number: 1, cells: ["billing", "en"] },
    });
    const view = await loaded(container);
    const mark = container.querySelector(".cm-unknown-column");
    expect(mark?.textContent).toBe("{{queue}}");
    expect(mark?.getAttribute("title")).toMatch(/^The ground truth/);
    expect(container.querySelector(".cm-column")?.textContent).toBe("{{lang}}");
    view.dispatch({ selection: { anchor: view.state.doc.length } });
    startCompletion(view);
    await waitFor(() => expect(currentCompletions(view.state).map(({ label }) => label)).toEqual(["lang"]));
    expect(currentCompletions(view.state)[0]?.detail).toBe("Row 1: en");
  });

  it("offers a long column name cut inside, beside its cell", async () => {
    const name = `${"column".repeat(50)} at the end`;
    const { container } = render(PromptEditor, {
      value: "{{",
      label: "System prompt",
      columns: [name],
      row: { number: 1, cells: ["en"] },
    });
    const view = await loaded(container);
    view.dispatch({ selection: { anchor: 2 } });
    startCompletion(view);
    await waitFor(() => expect(document.querySelector(".cm-completionDetail")?.textContent).toBe("Row 1: en"));
    expect(document.querySelector(".cm-completionLabel")!.textContent).toMatch(/^column.{10,28}….*at the end$/);
    expect(currentCompletions(view.state)[0]!.label).toBe(name);
  });

  it("marks locked texts wherever they stand, with a mark at the margin of their lines", async () => {
    const { container, rerender } = render(PromptEditor, {
      value: "Never guess.\nRoute it. Never guess.\nBe brief.",
      label: "System prompt",
      locked: ["Never guess."],
    });
    await loaded(container);
    expect([...container.querySelectorAll(".cm-locked")].map((mark) => mark.textContent)).toEqual([
      "Never guess.",
      "Never guess.",
    ]);
    expect(container.querySelectorAll(".cm-locked-line")).toHaveLength(2);
    await rerender({ locked: [] });
    expect(container.querySelectorAll(".cm-locked")).toHaveLength(0);
  });

  it("says that Tab leaves the editor, and lets it", async () => {
    const { container } = render(PromptEditor, { value: "text", label: "System prompt" });
    const view = await loaded(container);
    const description = view.contentDOM.getAttribute("aria-describedby") ?? "";
    expect(document.getElementById(description)?.textContent).toContain("Tab leaves the editor");
    const event = new KeyboardEvent("keydown", { key: "Tab", keyCode: 9, cancelable: true, bubbles: true });
    view.contentDOM.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(false);
    expect(view.state.doc.toString()).toBe("text");
  });

  it("finds and replaces with Control F, and says what the user is left with", async () => {
    const onchange = vi.fn();
    const { container } = render(PromptEditor, { value: "queue, Queue, queue", label: "System prompt", onchange });
    const view = await loaded(container);
    view.focus();
    view.contentDOM.dispatchEvent(
      new KeyboardEvent("keydown", { key: "f", keyCode: 70, ctrlKey: true, cancelable: true, bubbles: true }),
    );
    const find = await screen.findByRole<HTMLInputElement>("textbox", { name: "Find" });
    // The button that ends the first line is out of sight and of reach.
    const end = find.parentElement!.querySelector("[name=select]")!;
    expect([getComputedStyle(end).visibility, getComputedStyle(end).flexBasis]).toEqual(["hidden", "100%"]);
    await userEvent.type(find, "queue");
    expect(await screen.findByText("3 found")).toBeDefined();
    await userEvent.click(screen.getByRole("button", { name: "Next" }));
    expect(await screen.findByText("1 of 3")).toBeDefined();
    await userEvent.type(find, "x");
    expect(await screen.findByText("nothing found")).toBeDefined();
    await userEvent.type(find, "{Backspace}");
    await userEvent.click(screen.getByRole("checkbox", { name: "Match case" }));
    await userEvent.type(screen.getByRole("textbox", { name: "Replace" }), "team");
    await userEvent.click(screen.getByRole("button", { name: "Replace all" }));
    expect(view.state.doc.toString()).toBe("team, Queue, team");
    expect(onchange).toHaveBeenLastCalledWith("team, Queue, team");
  });
});
