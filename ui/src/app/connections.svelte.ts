import { call, NOTHING } from "../api/client";
import type { Connection } from "../api/bindings/Connection";

/** The saved connections, shared by the Connections sheet and every model picker. */
class Connections {
  list = $state.raw<Connection[]>([]);
  loaded = $state(false);
  /** Another number once connections or prices may be others: what a model costs and how it is reached is asked for anew then. */
  changes = $state(0);

  async load(): Promise<void> {
    const list = await call("list_connections", NOTHING);
    const other = JSON.stringify(list) !== JSON.stringify(this.list);
    this.list = list;
    this.loaded = true;
    if (other) this.changes += 1;
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
