import type { ShipFormat } from "../../api/bindings/ShipFormat";

/** What a prompt is called in each format, what it is once it was copied, and what to do with it. */
export const FORMATS: readonly { format: ShipFormat; name: string; copied: string; note: string }[] = [
  {
    format: "text",
    name: "Text",
    copied: "Both prompts with their figures are",
    note: "Both prompts as they are, with the figures.",
  },
  {
    format: "curl",
    name: "cURL",
    copied: "The cURL command is",
    note: "For a shell. It stops with a word when the key's variable is not set.",
  },
  {
    format: "python",
    name: "Python",
    copied: "The Python function is",
    note: "One function, nothing but the standard library.",
  },
  {
    format: "typescript",
    name: "TypeScript",
    copied: "The TypeScript function is",
    note: "One function with fetch, for Node 18 or newer.",
  },
  { format: "rust", name: "Rust", copied: "The Rust function is", note: "One function with reqwest and serde_json." },
  {
    format: "promptfoo",
    name: "promptfoo",
    copied: "The configuration is",
    note: "A configuration for promptfoo eval.",
  },
  {
    format: "messages",
    name: "Messages",
    copied: "The messages are",
    note: "Messages as OpenAI has them. Fill in the input and the columns in double braces; other braces are sent as they stand.",
  },
];
