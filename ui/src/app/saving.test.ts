import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryClient } from "../api/memory";
import CsvButton from "../components/CsvButton.svelte";
import { freshWindow } from "../testing/window";
import { saveBytes, saveCopy, saveText } from "./saving";
import { app } from "./state.svelte";

let client: MemoryClient;
beforeEach(() => {
  client = freshWindow();
});

const said = () => app.toasts.map(({ message, action }) => [message, action?.name]);

describe("A file that was saved", () => {
  it("is called what the user called it, and its folder is one click away", async () => {
    client.savedAs = () => "/home/you/reports/pair.html";
    await saveText("pareto-k8-worst-against-greedy.html", "<p>");
    expect(said()).toEqual([["Saved pair.html.", "Show in folder"]]);
    app.toasts.at(-1)?.action?.run();
    expect(client.foldersShown).toEqual(["/home/you/reports/pair.html"]);
    client.savedAs = () => "C:\\Users\\you\\chart.png";
    await saveBytes("curves.png", new Uint8Array());
    expect(said().at(-1)).toEqual(["Saved chart.png.", "Show in folder"]);
  });

  it("is not spoken of when the user backed out", async () => {
    client.savedAs = () => null;
    client.copyPath = null;
    await saveText("a.csv", "");
    await saveBytes("a.png", new Uint8Array());
    await saveCopy();
    expect(said()).toEqual([]);
  });

  it("is a table of any screen as well, and a folder that does not open is said", async () => {
    client.savedAs = () => "/data/mine.csv";
    render(CsvButton, { name: "runs.csv", rows: () => [["a"], [1]] });
    await userEvent.click(screen.getByRole("button", { name: "Save the table as CSV" }));
    await waitFor(() => expect(said()).toEqual([["Saved mine.csv.", "Show in folder"]]));
    client.showFolder = () => Promise.reject(new Error("/data could not be opened."));
    app.toasts.at(-1)?.action?.run();
    await waitFor(() =>
      expect(app.toasts.at(-1)).toMatchObject({ kind: "bad", message: "/data could not be opened." }),
    );
  });
});
