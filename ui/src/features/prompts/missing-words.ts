import type { MissingCause } from "../../api/bindings/MissingCause";

/** Why an example has no answer, in words that follow "missing:". */
export const MISSING_WORDS: Record<MissingCause, string> = {
  content_filter: "the provider’s content filter stopped it",
  too_long: "too long for the model",
  rate_limited: "the server refused it for its rate limit",
  timeout: "no answer in time",
  server_error: "the server failed",
  network: "the server was not reached",
  unreadable_body: "the server’s answer could not be read",
  refused: "the server refused the request",
  judge_failed: "the judge gave no score",
};
