//! What a provider's wire is: how a request becomes bytes, and bytes become an answer. Pure functions, no network.
//!
//! The wires are written here by hand rather than through a client library because an answer's bytes are part of the
//! contract: the model's name must arrive untouched (libraries read suffixes such as `-high` as settings, Gemini's even
//! inside the address), unset parameters must not be sent, the headers of successful answers carry the quotas, and a
//! body must have a size limit.

use serde_json::Value;

use super::{ChatError, ChatErrorKind, ChatRequest, Finish, TokenUsage};
use crate::run::MissingCause;

pub(super) mod anthropic;
pub(super) mod gemini;
pub(super) mod openai;

/// A request ready to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct WireRequest {
    /// Appended to the connection's base URL, with a leading slash.
    pub path: String,
    /// The JSON body.
    pub body: Value,
}

/// An answer as the wire gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct WireAnswer {
    /// The text.
    pub text: String,
    /// Why it ended.
    pub finish: Finish,
    /// Tokens when the server counted them.
    pub usage: Option<TokenUsage>,
    /// The model's own name for itself.
    pub model: Option<String>,
}

/// One provider's wire.
pub trait Wire: Send + Sync {
    /// The request as this provider wants it.
    fn request(&self, request: &ChatRequest) -> WireRequest;
    /// The same request for an answer in pieces.
    fn stream_request(&self, request: &ChatRequest) -> WireRequest {
        let mut wire = self.request(request);
        wire.body["stream"] = true.into();
        wire
    }
    /// Takes a piece into the body that the whole answer would have had, and gives the text it brought.
    fn take_piece(&self, body: &mut Value, piece: &Value) -> String;
    /// The body has its end.
    fn is_whole(&self, body: &Value) -> bool;
    /// Headers that carry the key.
    fn auth(&self, key: &str) -> Vec<(&'static str, String)>;
    /// Headers sent in any case.
    fn headers(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
    /// Reads a successful body.
    fn answer(&self, body: &Value) -> Result<WireAnswer, Unreadable>;
    /// Path of the model list.
    fn models_path(&self) -> &'static str {
        "/models"
    }
    /// Names in the model list.
    fn models(&self, body: &Value) -> Vec<String>;
    /// The server's own words in an error body.
    fn error_text(&self, body: &Value) -> Option<String> {
        let error = &body["error"];
        error["message"].as_str().or_else(|| error.as_str()).or_else(|| body["message"].as_str()).map(str::to_owned)
    }
}

/// Adds a text to the one at a place of a body.
pub(super) fn append(place: &mut Value, text: &str) {
    match place {
        Value::String(all) => all.push_str(text),
        other => *other = text.into(),
    }
}

/// Sets a field of a body when a piece holds a value for it.
pub(super) fn adopt(place: &mut Value, value: &Value) {
    if !value.is_null() {
        place.clone_from(value);
    }
}

/// A body with status 200 that is no answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreadable {
    /// What it means for the example.
    pub kind: ChatErrorKind,
    /// What is wrong with it.
    pub message: String,
}

impl Unreadable {
    pub(super) fn body(message: impl Into<String>) -> Self {
        Self { kind: ChatErrorKind::Transient(MissingCause::UnreadableBody), message: message.into() }
    }
    pub(super) fn filtered(message: impl Into<String>) -> Self {
        Self { kind: ChatErrorKind::Example(MissingCause::ContentFilter), message: message.into() }
    }
}

/// Tokens from their fields; negative or absent counts make it none, and the caller estimates. `cached` may be absent.
pub(super) fn usage(prompt: &Value, cached: &Value, completion: &Value) -> Option<TokenUsage> {
    let prompt_tokens = prompt.as_u64()?;
    let cached_tokens = cached.as_u64().unwrap_or(0).min(prompt_tokens);
    Some(TokenUsage { prompt_tokens, cached_tokens, completion_tokens: completion.as_u64()?, estimated: false })
}

const NO_CREDIT: &str = "The account has no credit left: top it up or use another connection.";

/// What an HTTP status with its body means. `words` are the server's own.
pub(super) fn status_error(status: u16, words: &str, asked_schema: bool) -> (ChatErrorKind, Option<&'static str>) {
    let text = words.to_lowercase();
    let says = |needles: &[&str]| needles.iter().any(|n| text.contains(n));
    match status {
        408 => (ChatErrorKind::Transient(MissingCause::Timeout), None),
        409 | 425 => (ChatErrorKind::Transient(MissingCause::ServerError), None),
        // An empty account: OpenAI answers with 429, OpenRouter and DeepSeek with 402. Waiting cannot help.
        402 => (ChatErrorKind::Connection, Some(NO_CREDIT)),
        429 if says(&["insufficient_quota", "exceeded your current quota", "billing"]) => (ChatErrorKind::Connection, Some(NO_CREDIT)),
        429 => (ChatErrorKind::Transient(MissingCause::RateLimited), None),
        500..=599 => (ChatErrorKind::Transient(MissingCause::ServerError), None),
        401 | 403 if !says(&["content", "safety", "policy"]) => (ChatErrorKind::Connection, Some("Check the key of this connection.")),
        404 | 405 => (ChatErrorKind::Connection, Some("Check the model's name and the base URL (most servers want it to end in /v1).")),
        _ if says(&[
            "context_length",
            "context length",
            "maximum context",
            "too many tokens",
            "prompt is too long",
            "exceeds the maximum number of tokens",
        ]) =>
        {
            (ChatErrorKind::Example(MissingCause::TooLong), None)
        }
        _ if says(&["content_filter", "content filter", "content management policy", "safety"]) => {
            (ChatErrorKind::Example(MissingCause::ContentFilter), None)
        }
        400 | 422
            if asked_schema
                && says(&[
                    "response_format",
                    "json_schema",
                    "output_config",
                    "responseschema",
                    "response_schema",
                    "responsejsonschema",
                    "schema",
                ]) =>
        {
            (ChatErrorKind::SchemaUnsupported, None)
        }
        400 | 422
            if says(&["model"]) && says(&["not found", "does not exist", "not exist", "unknown", "invalid model", "not supported"]) =>
        {
            (ChatErrorKind::Connection, Some("Check the model's name."))
        }
        400 | 422
            if says(&["unsupported parameter", "unsupported value", "temperature", "max_tokens", "unknown parameter", "unrecognized"]) =>
        {
            (ChatErrorKind::Connection, Some("The model refuses a parameter: unset it in the run's settings."))
        }
        300..=399 => {
            (ChatErrorKind::Connection, Some("The server redirects; the key does not follow. Enter the final address as base URL."))
        }
        _ => (ChatErrorKind::Example(MissingCause::Refused), None),
    }
}

/// A chat error with the host in front.
pub(super) fn chat_error(kind: ChatErrorKind, host: &str, message: impl std::fmt::Display) -> ChatError {
    ChatError { kind, message: format!("{host}: {message}"), retry_after: None }
}
