import { waitFor } from "@testing-library/svelte";
import { expect } from "vitest";

/** When a menu that was closed has let go of the page: it takes the pointer from it, and gives it back a moment later. */
export async function menuGone(): Promise<void> {
  await waitFor(() => expect(document.body.style.pointerEvents).not.toBe("none"));
}
