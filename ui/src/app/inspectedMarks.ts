import { marksBetween, mergedMarks } from "../components/editor/answer-diff";
import type { Segment } from "../components/editor/text-diff";
import type { InspectedSide } from "./inspector.svelte";

/** What the answers of the inspector are held against. */
export type Against = "truth" | "each other";

export interface InspectedMarks {
  /** Of the ground truth: what an answer lacks. */
  truth: Segment[] | null;
  /** By side; null where nothing is to be marked. */
  answers: (Segment[] | null)[];
}

/** Where answers differ from the ground truth, if they do not match it; or each of them from the one before it, the first from the second. */
export function inspectedMarks(truth: string, sides: readonly InspectedSide[], against: Against): InspectedMarks {
  if (against === "truth") {
    const pairs = sides.map(({ prediction }) =>
      prediction.outcome === "no_match" ? marksBetween(prediction.answer, truth) : null,
    );
    return {
      truth: mergedMarks(pairs.flatMap((pair) => (pair ? [pair.other] : []))),
      answers: pairs.map((pair) => pair?.one ?? null),
    };
  }
  const answerOf = (at: number) => {
    const side = sides[at];
    return side && side.prediction.missing === null ? side.prediction.answer : null;
  };
  const answers = sides.map((_, at) => {
    const [own, other] = [answerOf(at), answerOf(at === 0 ? 1 : at - 1)];
    return own === null || other === null ? null : (marksBetween(own, other)?.one ?? null);
  });
  return { truth: null, answers };
}
