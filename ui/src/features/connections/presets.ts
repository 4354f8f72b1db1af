import type { Connection } from "../../api/bindings/Connection";
import type { ConnectionKind } from "../../api/bindings/ConnectionKind";

/** A place models are commonly reached at. */
export type Preset = {
  id: string;
  name: string;
  kind: ConnectionKind;
  baseUrl: string;
  /** Variable that usually holds the key; null where no key is needed. */
  variable: string | null;
  hint?: string;
};

/** Where the built-in connection stands. */
export const DEMO_ID = 1;

export const PRESETS: readonly Preset[] = [
  { id: "openai", name: "OpenAI", kind: "openai", baseUrl: "https://api.openai.com/v1", variable: "OPENAI_API_KEY" },
  {
    id: "anthropic",
    name: "Anthropic",
    kind: "anthropic",
    baseUrl: "https://api.anthropic.com/v1",
    variable: "ANTHROPIC_API_KEY",
  },
  {
    id: "gemini",
    name: "Google Gemini",
    kind: "gemini",
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    variable: "GEMINI_API_KEY",
  },
  { id: "ollama", name: "Ollama", kind: "ollama", baseUrl: "http://127.0.0.1:11434/v1", variable: null },
  {
    id: "openrouter",
    name: "OpenRouter",
    kind: "openai",
    baseUrl: "https://openrouter.ai/api/v1",
    variable: "OPENROUTER_API_KEY",
  },
  { id: "groq", name: "Groq", kind: "openai", baseUrl: "https://api.groq.com/openai/v1", variable: "GROQ_API_KEY" },
  {
    id: "together",
    name: "Together",
    kind: "openai",
    baseUrl: "https://api.together.xyz/v1",
    variable: "TOGETHER_API_KEY",
  },
  {
    id: "azure",
    name: "Azure OpenAI",
    kind: "openai",
    baseUrl: "https://RESOURCE.openai.azure.com/openai/v1",
    variable: "AZURE_OPENAI_API_KEY",
    hint: "Put the name of your resource in place of RESOURCE.",
  },
  { id: "lmstudio", name: "LM Studio", kind: "openai", baseUrl: "http://127.0.0.1:1234/v1", variable: null },
  { id: "vllm", name: "vLLM", kind: "openai", baseUrl: "http://127.0.0.1:8000/v1", variable: null },
  { id: "llamacpp", name: "llama.cpp", kind: "openai", baseUrl: "http://127.0.0.1:8080/v1", variable: null },
  {
    id: "other",
    name: "Another OpenAI-compatible server",
    kind: "openai",
    baseUrl: "",
    variable: null,
    hint: "With its /v1 where the server has one.",
  },
];

/** The wire in words. */
export const KIND_WORDS: Record<ConnectionKind, string> = {
  demo: "built in, offline",
  openai: "OpenAI-compatible",
  anthropic: "Anthropic",
  gemini: "Google Gemini",
  ollama: "Ollama",
};

/** A new connection as a preset fills it in. */
export function fromPreset(preset: Preset): Connection {
  return {
    id: 0,
    name: preset.id === "other" ? "" : preset.name,
    kind: preset.kind,
    base_url: preset.baseUrl,
    key: preset.variable === null && preset.id !== "other" ? { kind: "none" } : { kind: "keychain" },
    timeout_seconds: 120,
    concurrency: preset.variable === null ? 4 : 16,
    default_model: "",
    requests_per_minute: null,
    tokens_per_minute: null,
    context_tokens: null,
    network: { headers: [], root_certificate: null, accept_self_signed: false },
    prices: [],
  };
}

/** What is wrong with a base URL, in words; null when it can be used. */
export function baseUrlProblem(text: string): string | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return "Give a whole address, such as https://api.openai.com/v1.";
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return "The address starts with https:// or http://.";
  if (url.username || url.password) return "Keep the key out of the address; it has a field of its own.";
  // The path of a request is added at its end; a key there would be kept and shown as it stands.
  if (/[?#]/.test(text)) {
    return "Leave out what stands after the ? or #: no server is reached that way. A key has a field of its own.";
  }
  if (text.includes("RESOURCE")) return "Put the name of your resource in place of RESOURCE.";
  // As documentation shows it; what is asked for is added to the address.
  const whole = /\/(chat\/completions|completions|messages|models|responses|embeddings)\/?$/.exec(url.pathname);
  if (whole) return `Leave out ${whole[0]}: it is added to the address.`;
  return null;
}

/** True when the address leaves this computer unencrypted. */
export function isUnencrypted(text: string): boolean {
  try {
    const url = new URL(text);
    const local = /^(localhost|127\.|\[::1\]|10\.|192\.168\.)/.test(url.hostname);
    return url.protocol === "http:" && !local;
  } catch {
    return false;
  }
}
