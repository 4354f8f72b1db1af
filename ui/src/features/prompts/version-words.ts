import { showInvisible } from "../../components/editor/literal";
import type { PromptVersion } from "../../api/bindings/PromptVersion";

/** Who wrote a version, in words. */
export function authorWords(version: PromptVersion): string {
  switch (version.author) {
    case "hand":
      return "edited by hand";
    case "sample":
      return "sample";
    case "optimizer": {
      const run = version.run_name === null ? "a deleted run" : `run “${showInvisible(version.run_name)}”`;
      if (version.epoch === null) return run;
      return version.epoch === 0 ? `baseline of ${run}` : `epoch ${version.epoch} of ${run}`;
    }
  }
}
