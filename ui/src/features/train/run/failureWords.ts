import type { Failure } from "../../../api/bindings/Failure";
import { oneLine } from "../../../format/oneLine";
import { MISSING_WORDS } from "../../../format/words";

const LONGEST = 40;

function short(text: string): string {
  return oneLine(text, LONGEST);
}

/** A cause of failure as the name of its group. */
export function failureName(failure: Failure): string {
  switch (failure.kind) {
    case "missing":
      return `No answer: ${MISSING_WORDS[failure.cause]}`;
    case "cut":
      return "Cut by the length limit";
    case "empty":
      return "Empty answer";
    case "confused":
      return failure.answered === null
        ? `“${short(failure.truth)}” answered with no known label`
        : `“${short(failure.truth)}” answered as “${short(failure.answered)}”`;
    case "form":
      return "Right but for case, blanks or punctuation";
    case "surrounded":
      return "Right, with other text around it";
    case "not_json":
      return "Not JSON";
    case "fields":
      return `Wrong ${failure.fields.length === 1 ? "field" : "fields"}: ${failure.fields.map(short).join(", ")}`;
    case "number":
      return "Another number, or none";
    case "judged":
      return "Below the judge's threshold";
    case "other":
      return "Another answer";
  }
}

/** What usually mends it; null where only reading the rows tells. */
export function failureHint(failure: Failure): string | null {
  switch (failure.kind) {
    case "cut":
      return "Raise the most output tokens, or ask for a shorter answer.";
    case "form":
    case "surrounded":
      return "Say in the output prompt exactly how the answer looks, or choose answer extraction.";
    case "confused":
      return failure.answered === null ? "Name the labels in the output prompt, and ask for nothing else." : null;
    case "not_json":
      return "Ask for the bare JSON value without a fence or a sentence around it.";
    case "missing":
      return "Missing answers are no part of the score. Retry them.";
    default:
      return null;
  }
}
