import { ApiFailure } from "../client";

/** The refusal of what makes no sense. */
export function refuse(message: string): ApiFailure {
  return new ApiFailure({ code: "invalid", message });
}

/** The refusal of what names something that is gone. */
export function missing(what: string): ApiFailure {
  return new ApiFailure({ code: "not_found", message: `${what} does not exist any more.` });
}
