import { untrack } from "svelte";
import type { EstimateTry } from "../../api/bindings/EstimateTry";
import type { TryEstimate } from "../../api/bindings/TryEstimate";
import { call } from "../../api/client";
import { LastQuestion } from "../../api/question";
import { connections } from "../../app/connections.svelte";
import { counted } from "../../format/count";
import { countRange, moneyRange } from "../../format/range";

const PAUSE_MS = 300;

function sum(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : one + other;
}

function both(one: TryEstimate, other: TryEstimate): TryEstimate {
  return {
    calls: one.calls + other.calls,
    cached: one.cached + other.cached,
    tokens_low: one.tokens_low + other.tokens_low,
    tokens_high: one.tokens_high + other.tokens_high,
    cost_low: sum(one.cost_low, other.cost_low),
    cost_high: sum(one.cost_high, other.cost_high),
  };
}

/** What tries would cost together, told before any is made; asked for anew once typing pauses. */
export class TryCost {
  current = $state.raw<TryEstimate | null>(null);

  constructor(tries: () => EstimateTry[]) {
    const question = new LastQuestion();
    $effect(() => {
      const wanted = tries();
      void connections.changes;
      if (wanted.length === 0) {
        question.forget();
        this.current = null;
        return;
      }
      const ask = () =>
        void question.ask(
          Promise.all(wanted.map((one) => call("estimate_try", one))),
          (found) => (this.current = found.reduce(both)),
          // What is wrong with a connection is told by the try itself.
          () => (this.current = null),
        );
      const timer = setTimeout(ask, untrack(() => this.current) === null ? 0 : PAUSE_MS);
      return () => clearTimeout(timer);
    });
  }
}

/** As "6 calls, about 300 to 900 tokens, costs $0.02 to $0.05; 2 answers on disk cost nothing". */
export function tryCostWords({ calls, cached, tokens_low, tokens_high, cost_low, cost_high }: TryEstimate): string {
  if (calls === 0) return `${cached === 1 ? "the answer is" : "every answer is"} on disk, costs nothing`;
  const cost = cost_high === null ? "price unknown" : `costs ${moneyRange(cost_low, cost_high)}`;
  const disk = cached > 0 ? `; ${counted(cached, "answer")} on disk ${cached === 1 ? "costs" : "cost"} nothing` : "";
  return `${counted(calls, "call")}, about ${countRange(tokens_low, tokens_high)} tokens, ${cost}${disk}`;
}
