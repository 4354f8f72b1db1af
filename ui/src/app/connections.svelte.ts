import { call, NOTHING } from "../api/client";
import type { Connection } from "../api/bindings/Connection";

/** The saved connections, shared by the Connections sheet and every model picker. */
class Connections {
  list = $state.raw<Connection[]>([]);
  loaded = $state(false);

  async load(): Promise<void> {
    this.list = await call("list_connections", NOTHING);
    this.loaded = true;
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
