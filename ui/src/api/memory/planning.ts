/** What a run will take, and whether it is worth it. */
import type { Estimate } from "../bindings/Estimate";
import type { Preflight } from "../bindings/Preflight";
import type { RunConfig } from "../bindings/RunConfig";
import type { Connections } from "./connections";
import { sizesOf, type Dataset } from "./dataset";
import { DEMO } from "./defaults";

export function estimate(examples: Dataset["examples"], config: RunConfig, connections: Connections): Estimate {
  const splits = sizesOf(examples);
  const high = (splits.train + splits.validation + 1) * (config.epochs + 1) + 2 * splits.test;
  const paid = config.primary.connection !== DEMO.id;
  return {
    splits,
    calls_low: splits.train + splits.validation + 2 * splits.test,
    calls_high: Math.min(high, config.budget.max_calls ?? high),
    tokens_high: high * 180,
    cost_high: paid ? high * 0.00006 : 0,
    proposals: config.epochs,
    hosts: [config.primary, config.optimizer].flatMap(({ connection }) => {
      const url = connections.get(connection)?.base_url;
      return url ? [new URL(url).host] : [];
    }),
    warnings: splits.test === 0 ? ["There is no test split, so the end has no certificate."] : [],
  };
}

export function preflight({ splits, calls_low, calls_high, cost_high, proposals }: Estimate): Preflight {
  const detectable = 2.8 * Math.sqrt(0.2 / Math.max(1, splits.validation));
  return {
    score: null,
    noise: null,
    headroom: null,
    detectable,
    duplicates: 0,
    suspects: [],
    calls_low,
    calls_high,
    cost_high,
    proposals,
    verdict: `Ready to train. A gain of ${(detectable * 100).toFixed(1)} points or more will show on ${splits.validation} validation examples.`,
    warnings: [],
  };
}
