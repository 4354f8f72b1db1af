import type { LockedSpan } from "../../../api/bindings/LockedSpan";
import type { Prompt } from "../../../api/bindings/Prompt";
import type { RunConfig } from "../../../api/bindings/RunConfig";

/** What a new run is asked to begin with. It becomes a change of the form that is being filled in, so it can be taken back there. */
export type Wish =
  /** Settings as a whole: those of another run, named as in “Greedy 1”. */
  | { kind: "settings"; config: RunConfig; of: string }
  /** The prompts that are being edited; the other settings stay. */
  | { kind: "draft" }
  /** The prompts of a version, with what is locked in them; the other settings stay. */
  | { kind: "version"; prompt: Prompt; locked: readonly LockedSpan[]; number: number };

/** What the form has done, as the name of the change. */
export function wishName(wish: Wish): string {
  switch (wish.kind) {
    case "settings":
      return `Take the settings of “${wish.of}”`;
    case "draft":
      return "Start from the prompts being edited";
    case "version":
      return `Start from version ${wish.number}`;
  }
}
