import type { ModelConfig } from "../../api/bindings/ModelConfig";
import { connections, UNLISTED } from "../../app/connections.svelte";
import { oneLine } from "../../format/oneLine";

/** A model with where it is reached; the demo model is its connection. */
export function modelWords({ connection, model }: ModelConfig): string {
  const name = oneLine(connections.names.get(connection) ?? UNLISTED, 80);
  return connections.isSimulated(connection) ? name : `${oneLine(model, 80)}, ${name}`;
}
