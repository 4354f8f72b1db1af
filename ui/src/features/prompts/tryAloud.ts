import type { TryPrompt } from "../../api/bindings/TryPrompt";
import type { TryResult } from "../../api/bindings/TryResult";
import { ApiFailure, call } from "../../api/client";

/** Between two looks: text arrives faster than it is read. */
const LOOK_MS = 60;

/** What has come of an answer that goes on. */
export type Coming = { text: string; firstMs: number | null };

/** An answer with when its first words came; null for one that did not come in pieces. */
export type Whole = { result: TryResult; firstMs: number | null };

/**
 * Tries a prompt and hands on what has come so far. Null when it was stopped, by the signal or by the engine:
 * then the server is left and nothing is kept.
 */
export async function tryAloud(
  request: TryPrompt,
  hear: (coming: Coming) => void,
  signal: AbortSignal,
): Promise<Whole | null> {
  const job = await call("start_try", request);
  const stop = () => void call("stop_try", job).catch(() => undefined);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    let text = "";
    let from = 0;
    for (;;) {
      const progress = await call("watch_try", { job: job.job, from });
      from = progress.next;
      text += progress.text;
      const { state } = progress;
      if (state.kind === "done") return { result: state.result, firstMs: progress.first_ms };
      if (state.kind === "failed") throw new ApiFailure(state.error);
      if (state.kind === "stopped") return null;
      if (progress.text !== "") hear({ text, firstMs: progress.first_ms });
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
