import { connections } from "../../app/connections.svelte";
import { call } from "../../api/client";
import type { ModelConfig } from "../../api/bindings/ModelConfig";

export interface PriceOfModel {
  model: string;
  /** Dollars per million tokens in; null is unknown. */
  input: number | null;
}

/** What the model that prompts are tried with costs. */
export class ModelPriceOf {
  current = $state.raw<PriceOfModel | null>(null);

  constructor(model: () => ModelConfig | null) {
    let before: ModelConfig | null = null;
    $effect(() => {
      const asked = model();
      void connections.changes;
      let wanted = true;
      // A price that is asked for anew stands until the answer is there.
      if (asked !== before) this.current = null;
      before = asked;
      if (!asked || asked.model === "") return;
      call("model_price", { connection: asked.connection, model: asked.model }).then(
        (price) => {
          if (wanted) this.current = { model: asked.model, input: price?.input ?? null };
        },
        // A price is a convenience here: the estimate of a run says what is wrong with a connection.
        () => undefined,
      );
      return () => {
        wanted = false;
      };
    });
  }
}
