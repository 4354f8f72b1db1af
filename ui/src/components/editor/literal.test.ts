import { expect, it } from "vitest";
import { showInvisible } from "./literal";

it("names what could hide or reorder text", () => {
  expect(showInvisible("\u001b[31mred\u202eder\u0000\r")).toBe("⟨ESC⟩[31mred⟨RLO⟩der⟨NUL⟩⟨CR⟩");
});

it("leaves everything that can be seen, line ends and tabs", () => {
  const text = "naïve\tשלום\n🙂 <b>";
  expect(showInvisible(text)).toBe(text);
});
