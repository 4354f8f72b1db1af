//! `POST {base}/messages` of Anthropic.

use serde_json::{Map, Value, json};

use super::{Unreadable, Wire, WireAnswer, WireRequest, adopt, append, openai::role, usage};
use crate::{
    chat::{ChatRequest, Finish, TokenUsage},
    prompt::MessageRole,
};

/// The wire of Anthropic.
pub struct Anthropic;

/// The wire demands a limit; this one is below that of every current model.
const DEFAULT_OUTPUT_TOKENS: u32 = 4096;

impl Wire for Anthropic {
    fn request(&self, request: &ChatRequest) -> WireRequest {
        let system: Vec<&str> = request.messages.iter().filter(|m| m.role == MessageRole::System).map(|m| m.content.as_str()).collect();
        let messages: Vec<Value> = request
            .messages
            .iter()
            .filter(|m| m.role != MessageRole::System)
            .map(|m| json!({"role": role(m.role), "content": m.content}))
            .collect();
        let mut body = Map::new();
        body.insert("model".into(), json!(request.model));
        body.insert("max_tokens".into(), json!(request.max_output_tokens.unwrap_or(DEFAULT_OUTPUT_TOKENS)));
        if !system.is_empty() {
            body.insert("system".into(), json!(system.join("\n\n")));
        }
        body.insert("messages".into(), Value::Array(messages));
        if let Some(temperature) = request.temperature {
            body.insert("temperature".into(), json!(temperature));
        }
        if let Some(schema) = &request.schema {
            body.insert("output_config".into(), json!({"format": {"type": "json_schema", "schema": schema.schema}}));
        }
        WireRequest { path: "/messages".into(), body: Value::Object(body) }
    }

    fn take_piece(&self, body: &mut Value, piece: &Value) -> String {
        if body.is_null() {
            *body = json!({"content": [{"type": "text", "text": ""}], "usage": {}});
        }
        for usage in [&piece["message"]["usage"], &piece["usage"]].into_iter().filter_map(Value::as_object) {
            for (name, count) in usage {
                adopt(&mut body["usage"][name.as_str()], count);
            }
        }
        adopt(&mut body["model"], &piece["message"]["model"]);
        adopt(&mut body["stop_reason"], &piece["delta"]["stop_reason"]);
        let text = if piece["delta"]["type"] == "text_delta" { piece["delta"]["text"].as_str().unwrap_or_default() } else { "" };
        append(&mut body["content"][0]["text"], text);
        text.to_owned()
    }

    fn is_whole(&self, body: &Value) -> bool {
        body["stop_reason"].is_string()
    }

    fn auth(&self, key: &str) -> Vec<(&'static str, String)> {
        vec![("x-api-key", key.to_owned())]
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        vec![("anthropic-version", "2023-06-01".into())]
    }

    fn answer(&self, body: &Value) -> Result<WireAnswer, Unreadable> {
        if let Some(message) = self.error_text(body) {
            return Err(Unreadable::body(format!("the answer holds an error: {message}")));
        }
        let parts = body["content"].as_array().ok_or_else(|| Unreadable::body("the answer has no content; is this Anthropic's wire?"))?;
        let finish = match body["stop_reason"].as_str() {
            Some("refusal") => return Err(Unreadable::filtered("the provider filtered the content")),
            Some("max_tokens" | "model_context_window_exceeded") => Finish::Length,
            _ => Finish::Stop,
        };
        Ok(WireAnswer {
            text: parts.iter().filter(|p| p["type"] == "text").filter_map(|p| p["text"].as_str()).collect(),
            finish,
            usage: counted(&body["usage"]),
            model: body["model"].as_str().map(str::to_owned),
        })
    }

    fn models(&self, body: &Value) -> Vec<String> {
        body["data"].as_array().into_iter().flatten().filter_map(|m| m["id"].as_str().map(str::to_owned)).collect()
    }
}

/// Anthropic counts what comes from its cache, and what goes into it, apart from the other tokens in.
fn counted(counts: &Value) -> Option<TokenUsage> {
    let plain = usage(&counts["input_tokens"], &Value::Null, &counts["output_tokens"])?;
    let part = |name: &str| counts[name].as_u64().unwrap_or(0);
    let cached_tokens = part("cache_read_input_tokens");
    let prompt_tokens = plain.prompt_tokens + cached_tokens + part("cache_creation_input_tokens");
    Some(TokenUsage { prompt_tokens, cached_tokens, ..plain })
}
