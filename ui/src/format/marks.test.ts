import { describe, expect, it } from "vitest";
import { marked, showInvisible } from "./marks";
import { oneLine } from "./oneLine";

const text = (pieces: { text: string }[]) => pieces.map((piece) => piece.text).join("");

describe("signs for what can not be seen", () => {
  it("names blanks, line ends, control and direction characters", () => {
    expect(text(marked("a b\tc\r\n\u00a0\u202e\u0007\u007f", 100))).toBe("a·b→c␍⏎⍽⟨RLO⟩␇␡");
  });

  it("tells the signs from the text, so that a real dot is no blank", () => {
    expect(marked("a·b c", 100)).toEqual([
      { text: "a·b", mark: false },
      { text: "·", mark: true },
      { text: "c", mark: false },
    ]);
    expect(marked("   x", 100)).toHaveLength(2);
  });

  it("keeps lines where lines are shown, and leaves emoji whole", () => {
    expect(text(marked("a\nb", 100, true))).toBe("a⏎\nb");
    expect(text(marked("\u{1F469}\u200d\u{1F52C}", 100))).toBe("\u{1F469}\u200d\u{1F52C}");
  });

  it("says that there is more", () => {
    expect(text(marked("abcdef", 3))).toBe("abc…");
  });

  it("shows control characters even without being asked", () => {
    expect(oneLine("\u001b[31mred", 80)).toBe("␛[31mred");
  });
});

describe("a text among words of our own", () => {
  it("can neither hide nor reorder what is around it", () => {
    expect(showInvisible("\u001b[31mred\u202eder\u0000\r\u0085\u2060")).toBe("␛[31mred⟨RLO⟩der␀␍⟨U+0085⟩⟨WJ⟩");
    expect(oneLine("a\u202eb\u200f", 80)).toBe("a⟨RLO⟩b⟨RLM⟩");
  });

  it("keeps everything that can be seen, line ends and tabs", () => {
    const text = "naïve\tשלום\n🙂 <b>";
    expect(showInvisible(text)).toBe(text);
  });
});
