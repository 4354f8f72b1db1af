import type { ShipFormat } from "../../api/bindings/ShipFormat";

/** What a prompt is called in each format, and what to do with it. */
export const FORMATS: readonly { format: ShipFormat; name: string; note: string }[] = [
  { format: "text", name: "Text", note: "Both prompts as they are, with the figures." },
  { format: "curl", name: "cURL", note: "For a shell. It stops with a word when the key's variable is not set." },
  { format: "python", name: "Python", note: "One function, nothing but the standard library." },
  { format: "typescript", name: "TypeScript", note: "One function with fetch, for Node 18 or newer." },
  { format: "rust", name: "Rust", note: "One function with reqwest and serde_json." },
  { format: "promptfoo", name: "promptfoo", note: "A configuration for promptfoo eval." },
  { format: "messages", name: "Messages", note: "Messages as OpenAI has them. Places in braces are filled in by you." },
];
