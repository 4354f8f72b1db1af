import type { TryRows } from "../../api/bindings/TryRows";
import type { TryRowsProgress } from "../../api/bindings/TryRowsProgress";
import { call } from "../../api/client";

/** Between two looks: every look brings all rows that have come. */
const LOOK_MS = 250;

/** Tries a prompt on some rows and hands on what has come, the last time when it is over. The signal stops it; what came stays. */
export async function askRows(
  request: TryRows,
  hear: (progress: TryRowsProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const job = await call("start_try_rows", request);
  const stop = () => void call("stop_try_rows", job).catch(() => undefined);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      const progress = await call("try_rows_progress", job);
      hear(progress);
      if (progress.state.kind !== "running") return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
