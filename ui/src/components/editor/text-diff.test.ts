import { describe, expect, it } from "vitest";
import { commonRuns } from "./sequence-diff";
import { changedLines, diffText, diffWords, facing, folded, withChanges, type TextDiff } from "./text-diff";

function side(diff: TextDiff, which: "removed" | "added"): string {
  return diff.blocks
    .flatMap((block) => block.rows)
    .filter((row) => row.kind === "kept" || row.kind === which)
    .map((row) => row.segments.map((part) => part.text).join(""))
    .join("\n");
}

function plain(diff: TextDiff): string[] {
  const sign = { kept: " ", removed: "-", added: "+" };
  return diff.blocks.flatMap((block) =>
    block.rows.map((row) => sign[row.kind] + row.segments.map((part) => part.text).join("")),
  );
}

/** Small deterministic generator, so that a failing case can be run again. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe("commonRuns", () => {
  it("finds the shortest edit script", () => {
    const runs = commonRuns([..."abcabba"], [..."cbabac"]);
    expect(runs.reduce((sum, run) => sum + run.length, 0)).toBe(4);
  });

  it("names equal items only, in order on both sides", () => {
    const next = generator(7);
    for (let round = 0; round < 200; round += 1) {
      const make = (): string[] => Array.from({ length: next(30) }, () => "abcd".charAt(next(4)));
      const a = make();
      const b = make();
      let aAt = 0;
      let bAt = 0;
      for (const run of commonRuns(a, b)) {
        expect(run.beforeFrom).toBeGreaterThanOrEqual(aAt);
        expect(run.afterFrom).toBeGreaterThanOrEqual(bAt);
        expect(a.slice(run.beforeFrom, run.beforeFrom + run.length)).toEqual(
          b.slice(run.afterFrom, run.afterFrom + run.length),
        );
        aAt = run.beforeFrom + run.length;
        bAt = run.afterFrom + run.length;
      }
    }
  });
});

describe("diffText", () => {
  it("shows a rewritten line as removed and added, with the words that changed", () => {
    const diff = diffText(
      "You route messages.\nBilling covers payments.\nDone.",
      "You route messages.\nBilling covers payments and refunds.\nDone.",
    );
    expect(plain(diff)).toEqual([
      " You route messages.",
      "-Billing covers payments.",
      "+Billing covers payments and refunds.",
      " Done.",
    ]);
    const added = diff.blocks[1]?.rows[1]?.segments;
    expect(added?.filter((part) => part.changed).map((part) => part.text)).toEqual([" and refunds"]);
    expect(changedLines("a\nb\nc", "a\nB\nc")).toBe(1);
  });

  it("keeps both texts whole, whatever they are", () => {
    const next = generator(11);
    const vocabulary = ["refund", " ", "\n", "card", ".", "\t", "\u202e", "\u001b[31m", "<b>", "\r", "é"];
    for (let round = 0; round < 200; round += 1) {
      const make = (): string =>
        Array.from({ length: next(40) }, () => vocabulary[next(vocabulary.length)] ?? "").join("");
      const a = make();
      const b = make();
      const diff = diffText(a, b);
      expect(side(diff, "removed")).toBe(a);
      expect(side(diff, "added")).toBe(b);
    }
  });

  it("counts nothing for equal texts and every line for new ones", () => {
    expect(changedLines("a\nb", "a\nb")).toBe(0);
    expect(changedLines("", "a\nb")).toBe(2);
    expect(changedLines("a\nb\nc", "")).toBe(3);
  });

  it("sees a change of blanks alone", () => {
    expect(changedLines("a", "a ")).toBe(1);
    expect(changedLines("a", "a\n")).toBe(1);
  });

  it("marks a line with little in common as a whole", () => {
    const diff = diffText("Alpha beta gamma delta epsilon.", "Wholly different words stand here.");
    expect(diff.blocks[0]?.rows[0]?.segments).toEqual([{ text: "Alpha beta gamma delta epsilon.", changed: true }]);
  });

  it("matches a rewritten line with itself, not with the line added after it", () => {
    const diff = diffText(
      "Billing covers payments.",
      "Cards first.\nBilling covers payments and refunds.\nSecurity next.",
    );
    const changed = diff.blocks.flatMap((block) => (block.changed ? block.rows : []));
    const marked = changed.map((row) => row.segments.filter((part) => part.changed).map((part) => part.text));
    expect(marked).toEqual([["Cards first."], [], [" and refunds"], ["Security next."]]);
  });

  it("finds words again when a line is broken in two", () => {
    const diff = diffText(
      "Billing covers refunds. Cards go to Security.",
      "Billing covers refunds.\nCards go to Security.",
    );
    const shared = diff.blocks
      .flatMap((block) => block.rows)
      .flatMap((row) => row.segments)
      .filter((part) => !part.changed);
    expect(shared.map((part) => part.text.trim())).toContain("Cards go to Security.");
  });

  it("handles 20,000 characters, alike or not, without delay", () => {
    const next = generator(3);
    const word = (): string => Array.from({ length: 2 + next(7) }, () => String.fromCharCode(97 + next(26))).join("");
    const text = (): string => Array.from({ length: 3600 }, (_, i) => word() + (i % 12 === 11 ? "\n" : " ")).join("");
    const one = text();
    const other = text();
    const started = performance.now();
    diffText(one, other);
    diffText(one, one.replace(/a/g, "o"));
    diffText(one.replace(/\n/g, " "), other.replace(/\n/g, " "));
    diffText([...one].join("\n"), [...other].join("\n"));
    expect(performance.now() - started).toBeLessThan(8000);
  });
});

describe("diffWords", () => {
  it("tells an answer from its ground truth", () => {
    const { before, after } = diffWords("billing issue", "security issue");
    expect(before).toEqual([
      { text: "billing", changed: true },
      { text: " issue", changed: false },
    ]);
    expect(after[0]).toEqual({ text: "security", changed: true });
  });
});

describe("folded", () => {
  const long = Array.from({ length: 30 }, (_, i) => `line ${i}`);
  const diff = diffText(long.join("\n"), long.map((line) => (line === "line 15" ? "changed" : line)).join("\n"));

  it("keeps three lines around a change and folds the rest", () => {
    const parts = folded(diff, 3, new Set());
    expect(parts.map((part) => (part.kind === "fold" ? -part.rows.length : part.rows.length))).toEqual([
      -12, 3, 2, 3, -11,
    ]);
  });

  it("opens one fold without opening the other", () => {
    const parts = folded(diff, 3, new Set([1]));
    expect(parts.filter((part) => part.kind === "fold")).toHaveLength(1);
  });
});

describe("facing", () => {
  it("sets the removed line beside the added one and leaves the rest open", () => {
    const change = diffText("one two\nthree four", "one two three four").blocks[0];
    const rows = facing(change?.rows ?? []);
    expect(rows).toHaveLength(2);
    expect(rows[1]?.before).not.toBeNull();
    expect(rows[1]?.after).toBeNull();
  });
});

describe("withChanges", () => {
  const before = "one\ntwo\nthree\n\nfour";
  const after = "one\nTWO\nthree\n\nfour\nfive";

  it("gives back either text whole, and each change alone", () => {
    const diff = diffText(before, after);
    const changed = diff.blocks.flatMap((block, at) => (block.changed ? [at] : []));
    expect(withChanges(diff, new Set())).toBe(before);
    expect(withChanges(diff, new Set(changed))).toBe(after);
    expect(withChanges(diff, new Set([changed[0]!]))).toBe("one\nTWO\nthree\n\nfour");
    expect(withChanges(diff, new Set([changed[1]!]))).toBe("one\ntwo\nthree\n\nfour\nfive");
  });

  it("takes rules that were added below one another one by one, a blank line with the rule after it", () => {
    const rules = "Route it.\nOne word.\nRefunds go to billing.\n\nCards first.\n";
    const diff = diffText("Route it.\nAnswer.", rules);
    const changed = diff.blocks.flatMap((block, at) => (block.changed ? [at] : []));
    const alone = (...wanted: number[]) => withChanges(diff, new Set(wanted.map((one) => changed[one]!)));
    expect(alone()).toBe("Route it.\nAnswer.");
    expect(alone(...changed.keys())).toBe(rules);
    const added = diffText("Route it.", "Route it.\nOne word.\nRefunds go to billing.\n\nCards first.");
    const single = added.blocks.flatMap((block, at) => (block.changed ? [withChanges(added, new Set([at]))] : []));
    expect(single).toEqual(["Route it.\nOne word.", "Route it.\nRefunds go to billing.", "Route it.\n\nCards first."]);
  });

  it("takes lines one by one where some go and others come that are not alike", () => {
    const before = "Rules:\n- second, person: delivery\n- lamps, cosy: sales\nEnd.";
    const after = "Rules:\n- dimmable: sales\n- addresses, doorstep: technical\n- back, leg: returns\nEnd.";
    const diff = diffText(before, after);
    const changed = diff.blocks.flatMap((block, at) => (block.changed ? [at] : []));
    expect(changed).toHaveLength(5);
    expect(withChanges(diff, new Set([changed[4]!]))).toBe(
      "Rules:\n- second, person: delivery\n- lamps, cosy: sales\n- back, leg: returns\nEnd.",
    );
    expect(withChanges(diff, new Set(changed))).toBe(after);
  });

  it("rewrites, adds and removes lines apart from each other", () => {
    const diff = diffText(
      "Be short and clear always.\nNo jokes.\n\nEnd.",
      "Be short and very clear always.\n\nEnd.\nAsk.",
    );
    const single = diff.blocks.flatMap((block, at) => (block.changed ? [withChanges(diff, new Set([at]))] : []));
    expect(single).toEqual([
      "Be short and very clear always.\nNo jokes.\n\nEnd.",
      "Be short and clear always.\n\nEnd.",
      "Be short and clear always.\nNo jokes.\n\nEnd.\nAsk.",
    ]);
  });

  it("keeps carriage returns and empty texts", () => {
    expect(withChanges(diffText("a\r\nb", "a\r\nc"), new Set())).toBe("a\r\nb");
    expect(withChanges(diffText("", "a"), new Set())).toBe("");
  });
});
