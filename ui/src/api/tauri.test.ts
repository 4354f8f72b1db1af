import { clearMocks, mockIPC, mockWindows } from "@tauri-apps/api/mocks";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiFailure, NOTHING } from "./client";
import { tauriClient } from "./tauri";

afterEach(() => clearMocks());

describe("the client of the window", () => {
  it("wraps every request the same way", async () => {
    const asked: unknown[] = [];
    mockIPC((command, payload) => {
      asked.push([command, payload]);
      return [];
    });
    await tauriClient.call("list_projects", NOTHING);
    await tauriClient.call("list_models", { connection: 3 });
    expect(asked).toEqual([
      ["list_projects", { request: {} }],
      ["list_models", { request: { connection: 3 } }],
    ]);
  });

  it("rejects with the engine's code and words", async () => {
    mockIPC(() => {
      throw { code: "run_held", message: "Another process drives this run. Close it first." };
    });
    const failed = await tauriClient.call("resume_run", { run: 1 }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ApiFailure);
    expect(failed).toMatchObject({ code: "run_held", message: "Another process drives this run. Close it first." });
  });

  it("says of a request that could not be read that MLprompt is at fault, and what to do", async () => {
    mockIPC(() => {
      throw "invalid args `request` for command `save_connection`: invalid type: null, expected f64";
    });
    const failed = await tauriClient.call("list_projects", NOTHING).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: "internal" });
    expect((failed as Error).message).toMatch(
      /^Something in MLprompt broke: .*Nothing was changed; please report this\.$/,
    );
  });

  it("leaves paths to the shell: it asks for files and hands over text", async () => {
    const asked: unknown[] = [];
    mockIPC((command, payload) => {
      asked.push([command, payload]);
      return command === "pick_files" ? ["/home/you/tickets.csv"] : "/home/you/mine.md";
    });
    expect(await tauriClient.pickFiles()).toEqual(["/home/you/tickets.csv"]);
    expect(await tauriClient.saveText("report.md", "text")).toBe("/home/you/mine.md");
    expect(asked).toEqual([
      ["pick_files", {}],
      ["save_text", { request: { suggested_name: "report.md", text: "text" } }],
    ]);
  });

  it("gives the frame of the window its theme, and the system's own back", async () => {
    mockWindows("main");
    const asked: [string, unknown][] = [];
    mockIPC((command, payload) => {
      asked.push([command, (payload as { value?: unknown }).value]);
      return command === "plugin:window|theme" ? "dark" : null;
    });
    await tauriClient.setTheme(null);
    expect(asked).toEqual([]);
    await tauriClient.setTheme("light");
    await tauriClient.setTheme(null);
    const set = asked.filter(([command]) => command === "plugin:window|set_theme");
    expect(set).toEqual([
      ["plugin:window|set_theme", "light"],
      ["plugin:window|set_theme", "dark"],
    ]);
  });

  it("watches from the last event it knows, asks for more until there is none, and is silent once dropped", async () => {
    const asked: [string, unknown][] = [];
    const event = (seq: number) => ({ seq, event: { event: "warning", run: 4, message: "slow" } });
    let answer: (events: unknown[]) => void = () => {};
    mockIPC((command, payload) => {
      asked.push([command, payload]);
      if (command === "watch_run") return 7;
      return command === "next_events" ? new Promise((resolve) => (answer = resolve)) : null;
    });
    const seen: number[] = [];
    let lost = 0;
    const watched = async () => {
      const drop = tauriClient.watchRun(
        4,
        17,
        ({ seq }) => seen.push(seq),
        () => (lost += 1),
      );
      await vi.waitFor(() => expect(asked.at(-1)).toEqual(["next_events", { watch: 7 }]));
      return drop;
    };
    const drop = await watched();
    expect(asked[0]).toEqual(["watch_run", { request: { run: 4, after_seq: 17, page: expect.any(String) } }]);
    answer([event(18), event(19)]);
    await vi.waitFor(() => expect(asked).toHaveLength(3));
    expect(seen).toEqual([18, 19]);
    drop();
    expect(asked.at(-1)).toEqual(["end_watch", { watch: 7 }]);
    answer([event(20)]);
    await new Promise((resolve) => setTimeout(resolve));
    expect([seen, asked.length, lost]).toEqual([[18, 19], 4, 0]);

    // The end of the run is the end of the asking; nothing that was told says so here.
    asked.length = 0;
    await watched();
    answer([]);
    await new Promise((resolve) => setTimeout(resolve));
    expect(asked.map(([command]) => command)).toEqual(["watch_run", "next_events"]);
    expect(lost).toBe(1);

    // Dropped before it was known by its number.
    asked.length = 0;
    tauriClient.watchRun(
      4,
      17,
      () => {},
      () => (lost += 1),
    )();
    await vi.waitFor(() => expect(asked.at(-1)).toEqual(["end_watch", { watch: 7 }]));
    expect(lost).toBe(1);
  });

  it("says once that it can not follow a run any further, and nothing of it to who let go of the run", async () => {
    let refuse: () => void = () => {};
    let missing = "";
    mockIPC((command) => {
      if (command === missing) throw { code: "internal", message: "The database is locked." };
      if (command === "watch_run") return 7;
      if (command !== "next_events") return null;
      return new Promise((_, reject) => (refuse = () => reject({ code: "internal", message: "The disk is full." })));
    });
    const lost = vi.fn();
    const follow = () => tauriClient.watchRun(4, 17, () => {}, lost);
    const soon = () => new Promise((resolve) => setTimeout(resolve, 5));
    follow();
    await soon();
    expect(lost).not.toHaveBeenCalled();
    refuse();
    await soon();
    expect(lost).toHaveBeenCalledTimes(1);

    const drop = follow();
    await soon();
    drop();
    refuse();
    await soon();
    expect(lost).toHaveBeenCalledTimes(1);

    missing = "watch_run";
    follow();
    await soon();
    expect(lost).toHaveBeenCalledTimes(2);
  });
});
