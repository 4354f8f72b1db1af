import type { Commands } from "../bindings/Commands";
import type { Connection } from "../bindings/Connection";
import type { LocalServer } from "../bindings/LocalServer";
import { DEMO } from "./defaults";
import { ApiFailure } from "../client";
import { missing, refuse } from "./refusal";

type Names =
  | "list_connections"
  | "kept_keys"
  | "save_connection"
  | "delete_connection"
  | "restore_connection"
  | "test_connection"
  | "stop_test"
  | "find_local_servers"
  | "list_models";
type Handlers = { [K in Names]: (request: Commands[K]["request"]) => Commands[K]["response"] };

const MODELS = ["gpt-4.1-mini", "gpt-4.1", "gpt-5.2"];

/** Where models are reached, and the keys that are kept for it. */
export class Connections {
  list: Connection[] = [DEMO];
  readonly secrets = new Map<number, string>();
  /** What answers on the usual ports of this machine. */
  localServers: LocalServer[] = [];
  /** What every server but the demo model lists. */
  models = MODELS;
  readonly #deleted = new Map<number, { connection: Connection; secret: string | undefined }>();
  readonly #nextId: () => number;

  constructor(nextId: () => number) {
    this.#nextId = nextId;
  }

  get(id: number): Connection | undefined {
    return this.list.find((known) => known.id === id);
  }

  readonly handlers: Handlers = {
    list_connections: () => this.list,
    kept_keys: () =>
      this.list
        .filter(({ key }) => key.kind === "keychain")
        .map(({ id }) => ({ connection: id, kept: this.secrets.has(id) })),
    save_connection: ({ connection, secret }) => {
      if (connection.name.trim() === "") throw refuse("A connection needs a name.");
      if (/[?#]/.test(connection.base_url)) {
        throw refuse(`The base URL of ${connection.name} must end before its ? or #.`);
      }
      const before = this.get(connection.id);
      if (before && secret === null && this.secrets.has(before.id) && connection.key.kind === "keychain") {
        const [kept, asked] = [before, connection].map(({ base_url }) => new URL(base_url).origin);
        if (kept !== asked) {
          const message = `The key of “${connection.name}” is kept for ${kept} and is not sent to ${asked}. Enter the key for that host.`;
          throw new ApiFailure({ code: "unauthorized", message });
        }
      }
      const saved = { ...connection, id: connection.id || this.#nextId() };
      const known = this.get(saved.id) !== undefined;
      this.list = known ? this.list.map((one) => (one.id === saved.id ? saved : one)) : [...this.list, saved];
      if (secret !== null) this.secrets.set(saved.id, secret);
      return saved;
    },
    delete_connection: ({ connection: id }) => {
      if (id === DEMO.id) throw refuse("The demo model is built in and stays.");
      const connection = this.get(id);
      if (!connection) throw missing("That connection");
      this.#deleted.set(id, { connection, secret: this.secrets.get(id) });
      this.list = this.list.filter((known) => known.id !== id);
      this.secrets.delete(id);
      return {};
    },
    restore_connection: ({ connection: id }) => {
      const deleted = this.#deleted.get(id);
      if (!deleted) throw missing("That connection");
      this.#deleted.delete(id);
      this.list = [...this.list, deleted.connection].sort((a, b) => a.id - b.id);
      if (deleted.secret !== undefined) this.secrets.set(id, deleted.secret);
      return deleted.connection;
    },
    test_connection: ({ connection, secret }) => {
      if (connection.kind === "demo") {
        return { ok: true, message: "The demo model answers.", latency_ms: 1, models: ["demo"], key_missing: false };
      }
      const test = { latency_ms: null, models: [], key_missing: false };
      const keyed = secret !== null || this.secrets.has(connection.id) || connection.key.kind !== "keychain";
      return keyed
        ? { ...test, ok: true, message: `${connection.base_url} answered.`, latency_ms: 412, models: this.models }
        : { ...test, ok: false, message: "No key is stored for it. Enter it above and test again.", key_missing: true };
    },
    stop_test: () => ({}),
    find_local_servers: () =>
      this.localServers.map((server) => ({
        ...server,
        known: this.list.find((known) => known.base_url === server.connection.base_url)?.id ?? null,
      })),
    list_models: ({ connection }) => (connection === DEMO.id ? ["demo"] : this.models),
  };
}
