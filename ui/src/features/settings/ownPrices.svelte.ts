import { call } from "../../api/client";
import type { ModelPrice } from "../../api/bindings/ModelPrice";
import type { PriceTable } from "../../api/bindings/PriceTable";
import { connections } from "../../app/connections.svelte";
import type { Edit } from "../../app/edits.svelte";
import { priceProblems } from "../../components/prices";

type List = readonly ModelPrice[];

/** The user's own prices; what is taken back once the settings are closed reaches them too. */
class OwnPrices {
  table = $state.raw<PriceTable | null>(null);
  /** As they are written, with what is not whole yet. */
  rows = $state.raw<List>([]);
  /** As they were last to be kept. */
  wanted: List = [];

  async load(): Promise<void> {
    this.table = await call("get_prices", {});
    this.rows = this.wanted = this.table.own;
  }

  async save(prices: List): Promise<void> {
    this.wanted = prices;
    try {
      this.table = await call("save_prices", { prices: [...prices] });
      connections.pricesChanged();
    } catch (error) {
      this.wanted = this.table?.own ?? [];
      throw error;
    }
  }

  /** Keeps other prices than those that are written. A row that is being filled in stays below them. */
  async put(prices: List): Promise<void> {
    await this.save(prices);
    const filling = this.rows.filter(
      (row, at) =>
        Object.keys(priceProblems(this.rows, at)).length > 0 && !prices.some(({ model }) => model === row.model),
    );
    this.rows = [...prices, ...filling];
  }
}

export const ownPrices = new OwnPrices();

/** What makes other prices of these, as a change and in words; null where they are the same. */
export function priceEdit(before: List, after: List): { edit: Edit; message: string } | null {
  const [gone, come] = [without(before, after), without(after, before)];
  const models = new Set([...gone, ...come].map(({ model }) => model));
  if (models.size === 0) return null;
  const [verb, done] =
    come.length === 0 ? ["Remove", "removed"] : gone.length === 0 ? ["Add", "added"] : ["Change", "saved"];
  const [model] = models;
  const edit = { undo: () => ownPrices.put(before), redo: () => ownPrices.put(after) };
  return models.size === 1
    ? { edit: { name: `${verb} the price of “${model}”`, ...edit }, message: `The price of “${model}” is ${done}.` }
    : { edit: { name: `${verb} prices`, ...edit }, message: `The prices are ${done}.` };
}

function without(list: List, others: List): List {
  const text = ({ model, input, output, cached_input }: ModelPrice) =>
    JSON.stringify([model, input, output, cached_input]);
  const known = new Set(others.map(text));
  return list.filter((price) => !known.has(text(price)));
}
