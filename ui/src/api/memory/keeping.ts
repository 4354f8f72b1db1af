import type { Backup } from "../bindings/Backup";
import type { Commands } from "../bindings/Commands";
import type { Connection } from "../bindings/Connection";
import type { ModelPrice } from "../bindings/ModelPrice";
import type { PriceTable } from "../bindings/PriceTable";
import type { Restored } from "../bindings/Restored";
import type { RunPreset } from "../bindings/RunPreset";
import type { Settings } from "../bindings/Settings";
import { refuse } from "./refusal";

type Names =
  | "app_info"
  | "get_settings"
  | "save_settings"
  | "check_database"
  | "list_backups"
  | "back_up_now"
  | "get_prices"
  | "save_prices"
  | "model_price"
  | "list_presets"
  | "save_preset"
  | "delete_preset";
type Handlers = { [K in Names]: (request: Commands[K]["request"]) => Commands[K]["response"] };

const SHIPPED: ModelPrice[] = [{ model: "gpt-4.1-mini", input: 0.4, output: 1.6, cached_input: 0.1 }];

/** What belongs to the program and to no project: settings, prices, presets, the care of the database. */
export class Keeping {
  settings: Settings = { theme: "system", text_size: 100, notify: true, backups: 3, single_keys: true };
  /** The user's own prices. */
  prices: ModelPrice[] = [];
  presets: RunPreset[] = [];
  backups: Backup[] = [];
  /** What a backup did that took the place of the database at this start. */
  restored: Restored | null = null;
  /** What is wrong with the database file. */
  problems: string[] = [];
  keychain = { available: true, message: "Keys go to the keychain of this computer (Secret Service)." };
  readonly #connection: (id: number) => Connection | undefined;

  constructor(connection: (id: number) => Connection | undefined) {
    this.#connection = connection;
  }

  #priceTable(): PriceTable {
    return { shipped_on: "2026-09-05", shipped: SHIPPED, own: this.prices };
  }

  #without(name: string): RunPreset[] {
    return this.presets.filter((preset) => preset.name.toLowerCase() !== name.toLowerCase());
  }

  readonly handlers: Handlers = {
    app_info: () => ({
      version: "0.1.0",
      database: "/home/you/.local/share/mlprompt/mlprompt.db",
      keychain: this.keychain,
      restored: this.restored,
    }),
    get_settings: () => this.settings,
    save_settings: (settings) => (this.settings = settings),
    check_database: () => ({ problems: this.problems, bytes: 1_500_000 }),
    list_backups: () => this.backups,
    back_up_now: () => {
      const path = `/home/you/mlprompt.db.backups/by-hand-2026-09-06-${this.backups.length + 1}.db`;
      const backup = { path, made_at: Date.now(), bytes: 1_500_000 };
      this.backups = [backup, ...this.backups];
      return backup;
    },
    get_prices: () => this.#priceTable(),
    save_prices: ({ prices }) => {
      if (prices.some((price) => price.input < 0)) throw refuse("A price must be 0 or more.");
      this.prices = prices;
      return this.#priceTable();
    },
    model_price: ({ connection: id, model }) => {
      const connection = this.#connection(id);
      if (connection?.kind === "demo") return { model, input: 0, output: 0, cached_input: null };
      const known = [...(connection?.prices ?? []), ...this.prices, ...SHIPPED];
      return known.find((price) => price.model === model) ?? null;
    },
    list_presets: () => this.presets,
    save_preset: ({ name: wanted, config }) => {
      const name = wanted.trim();
      if (name === "") throw refuse("The preset needs a name.");
      const alone = {
        ...config,
        name: "",
        prompt: { system_prompt: "", output_prompt: "" },
        locked: [],
        optimizer_system_prompt: "",
        repeat: null,
        parent: null,
      };
      this.presets = [...this.#without(name), { name, config: alone }].sort((a, b) => a.name.localeCompare(b.name));
      return this.presets;
    },
    delete_preset: ({ name }) => (this.presets = this.#without(name)),
  };
}
