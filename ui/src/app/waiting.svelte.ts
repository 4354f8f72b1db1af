import type { Waiting } from "../api/bindings/Waiting";
import type { WaitReason } from "../api/bindings/WaitReason";

const REASONS: Record<WaitReason, string> = {
  provider_limit: "the provider's limit",
  own_limit: "your limit per minute",
  failures: "the server failed",
  unreachable: "the server can't be reached",
};

/** "waiting 12 s, the provider's limit"; null when the moment has passed. */
export function waitingWords(waiting: Waiting | null, now: number): string | null {
  if (!waiting || waiting.until <= now) return null;
  const seconds = Math.ceil((waiting.until - now) / 1000);
  const time = seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
  return `waiting ${time}, ${REASONS[waiting.reason]}`;
}

/** A clock that moves once a second while something is waited for. */
export class WaitClock {
  now = $state(Date.now());

  constructor(waiting: () => Waiting | null) {
    $effect(() => {
      const until = waiting()?.until;
      if (until === undefined) return;
      this.now = Date.now();
      const timer = setInterval(() => (this.now = Date.now()), 1000);
      return () => clearInterval(timer);
    });
  }
}
