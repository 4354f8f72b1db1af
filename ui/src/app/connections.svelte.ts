import { call, NOTHING } from "../api/client";
import type { Connection } from "../api/bindings/Connection";
import { connectionNames } from "./connectionNames";

/** What a connection is called that is in no list: it was deleted, or a run of the command line had it for itself. */
export const UNLISTED = "a connection that is not listed";

/** The saved connections, shared by the Connections sheet and every model picker. */
class Connections {
  list = $state.raw<Connection[]>([]);
  loaded = $state(false);
  /** What each is called where one is chosen. */
  readonly names = $derived(connectionNames(this.list));
  /** By connection whether its key is in the keychain; null where the keychain does not say. */
  keptKeys = $state.raw<ReadonlyMap<number, boolean | null>>(new Map());
  /** Another number once connections or prices may be others: what a model costs and how it is reached is asked for anew then. */
  changes = $state(0);

  async load(): Promise<void> {
    const list = await call("list_connections", NOTHING);
    const other = JSON.stringify(list) !== JSON.stringify(this.list);
    this.list = list;
    this.loaded = true;
    if (other) this.changes += 1;
  }

  /** Asks the keychain, which may take a while: only where somebody looks at keys. */
  async loadKeys(): Promise<void> {
    const kept = await call("kept_keys", NOTHING);
    this.keptKeys = new Map(kept.map(({ connection, kept }) => [connection, kept]));
  }

  /** The user's own price table was saved. */
  pricesChanged(): void {
    this.changes += 1;
  }

  get(id: number): Connection | undefined {
    return this.list.find((connection) => connection.id === id);
  }

  /** The demo model answers from rules of its own: whatever it says is labelled simulated. */
  isSimulated(id: number): boolean {
    return this.get(id)?.kind === "demo";
  }
}

export const connections = new Connections();
