//! `POST {base}/models/{model}:generateContent` of Google Gemini.

use serde_json::{Map, Value, json};

use super::{Unreadable, Wire, WireAnswer, WireRequest, adopt, append};
use crate::{
    chat::{ChatRequest, Finish, TokenUsage},
    prompt::MessageRole,
};

/// The wire of Gemini.
pub struct Gemini;

/// Names of models stand in the address, so what is special there is escaped; letters, digits, `-._~` and `/` stay.
fn escape(name: &str) -> String {
    name.bytes()
        .map(|b| if b.is_ascii_alphanumeric() || b"-._~/".contains(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

impl Wire for Gemini {
    fn request(&self, request: &ChatRequest) -> WireRequest {
        let system: Vec<Value> =
            request.messages.iter().filter(|m| m.role == MessageRole::System).map(|m| json!({"text": m.content})).collect();
        let contents: Vec<Value> = request
            .messages
            .iter()
            .filter(|m| m.role != MessageRole::System)
            .map(|m| json!({"role": if m.role == MessageRole::Assistant { "model" } else { "user" }, "parts": [{"text": m.content}]}))
            .collect();
        let mut settings = Map::new();
        if let Some(temperature) = request.temperature {
            settings.insert("temperature".into(), json!(temperature));
        }
        if let Some(limit) = request.max_output_tokens {
            settings.insert("maxOutputTokens".into(), json!(limit));
        }
        if let Some(seed) = request.seed {
            settings.insert("seed".into(), json!(seed));
        }
        if let Some(schema) = &request.schema {
            settings.insert("responseMimeType".into(), json!("application/json"));
            settings.insert("responseJsonSchema".into(), schema.schema.clone());
        }
        let mut body = Map::new();
        if !system.is_empty() {
            body.insert("systemInstruction".into(), json!({"parts": system}));
        }
        body.insert("contents".into(), Value::Array(contents));
        if !settings.is_empty() {
            body.insert("generationConfig".into(), Value::Object(settings));
        }
        let model = request.model.strip_prefix("models/").unwrap_or(&request.model);
        WireRequest { path: format!("/models/{}:generateContent", escape(model)), body: Value::Object(body) }
    }

    fn stream_request(&self, request: &ChatRequest) -> WireRequest {
        let whole = self.request(request);
        WireRequest { path: whole.path.replace(":generateContent", ":streamGenerateContent?alt=sse"), ..whole }
    }

    fn take_piece(&self, body: &mut Value, piece: &Value) -> String {
        if body.is_null() {
            *body = json!({});
        }
        for name in ["promptFeedback", "usageMetadata", "modelVersion"] {
            adopt(&mut body[name], &piece[name]);
        }
        let candidate = &piece["candidates"][0];
        if candidate.is_null() {
            return String::new();
        }
        if !body["candidates"].is_array() {
            body["candidates"] = json!([{"content": {"parts": [{"text": ""}]}}]);
        }
        adopt(&mut body["candidates"][0]["finishReason"], &candidate["finishReason"]);
        let parts = candidate["content"]["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text: String = parts.iter().filter(|p| p["thought"] != json!(true)).filter_map(|p| p["text"].as_str()).collect();
        append(&mut body["candidates"][0]["content"]["parts"][0]["text"], &text);
        text
    }

    fn is_whole(&self, body: &Value) -> bool {
        body["candidates"][0]["finishReason"].is_string() || body["promptFeedback"]["blockReason"].is_string()
    }

    fn auth(&self, key: &str) -> Vec<(&'static str, String)> {
        vec![("x-goog-api-key", key.to_owned())]
    }

    fn answer(&self, body: &Value) -> Result<WireAnswer, Unreadable> {
        if let Some(message) = self.error_text(body) {
            return Err(Unreadable::body(format!("the answer holds an error: {message}")));
        }
        if let Some(reason) = body["promptFeedback"]["blockReason"].as_str() {
            return Err(Unreadable::filtered(format!("the provider blocked the prompt ({reason})")));
        }
        let candidate =
            body["candidates"].get(0).ok_or_else(|| Unreadable::body("the answer has no candidates; is this Gemini's wire?"))?;
        let finish = match candidate["finishReason"].as_str() {
            Some(reason @ ("SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII")) => {
                return Err(Unreadable::filtered(format!("the provider filtered the answer ({reason})")));
            }
            Some("MAX_TOKENS") => Finish::Length,
            _ => Finish::Stop,
        };
        let parts = candidate["content"]["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
        let counts = &body["usageMetadata"];
        Ok(WireAnswer {
            text: parts.iter().filter(|p| p["thought"] != json!(true)).filter_map(|p| p["text"].as_str()).collect(),
            finish,
            usage: counts["promptTokenCount"].as_u64().map(|prompt_tokens| TokenUsage {
                prompt_tokens,
                cached_tokens: counts["cachedContentTokenCount"].as_u64().unwrap_or(0).min(prompt_tokens),
                completion_tokens: counts["candidatesTokenCount"].as_u64().unwrap_or(0)
                    + counts["thoughtsTokenCount"].as_u64().unwrap_or(0),
                estimated: false,
            }),
            model: body["modelVersion"].as_str().map(str::to_owned),
        })
    }

    fn models(&self, body: &Value) -> Vec<String> {
        body["models"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|m| m["name"].as_str().map(|n| n.strip_prefix("models/").unwrap_or(n).to_owned()))
            .collect()
    }
}
