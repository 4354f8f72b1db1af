//! `POST {base}/chat/completions`: OpenAI and the many servers that speak its wire, Ollama included.

use serde_json::{Map, Value, json};

use super::{Unreadable, Wire, WireAnswer, WireRequest, adopt, append, usage};
use crate::{
    chat::{ChatRequest, Finish},
    prompt::MessageRole,
};

/// The wire of OpenAI.
pub struct OpenAi {
    /// OpenAI's own models want `max_completion_tokens`; other servers know `max_tokens` only.
    pub completion_tokens_name: &'static str,
}

pub(super) fn role(role: MessageRole) -> &'static str {
    match role {
        MessageRole::System => "system",
        MessageRole::User => "user",
        MessageRole::Assistant => "assistant",
    }
}

impl Wire for OpenAi {
    fn request(&self, request: &ChatRequest) -> WireRequest {
        let messages: Vec<Value> = request.messages.iter().map(|m| json!({"role": role(m.role), "content": m.content})).collect();
        let mut body = Map::new();
        body.insert("model".into(), json!(request.model));
        body.insert("messages".into(), Value::Array(messages));
        if let Some(temperature) = request.temperature {
            body.insert("temperature".into(), json!(temperature));
        }
        if let Some(limit) = request.max_output_tokens {
            body.insert(self.completion_tokens_name.into(), json!(limit));
        }
        if let Some(seed) = request.seed {
            body.insert("seed".into(), json!(seed));
        }
        if let Some(schema) = &request.schema {
            body.insert(
                "response_format".into(),
                json!({"type": "json_schema", "json_schema": {"name": schema.name, "schema": schema.schema, "strict": true}}),
            );
        }
        WireRequest { path: "/chat/completions".into(), body: Value::Object(body) }
    }

    fn stream_request(&self, request: &ChatRequest) -> WireRequest {
        let mut wire = self.request(request);
        wire.body["stream"] = json!(true);
        // Without it the tokens of a streamed answer are not counted.
        wire.body["stream_options"] = json!({"include_usage": true});
        wire
    }

    fn take_piece(&self, body: &mut Value, piece: &Value) -> String {
        if body.is_null() {
            *body = json!({"choices": [{"message": {"content": ""}}]});
        }
        let choice = &piece["choices"][0];
        let delta = &choice["delta"];
        let text = delta["content"].as_str().or_else(|| delta["refusal"].as_str()).unwrap_or_default();
        append(&mut body["choices"][0]["message"]["content"], text);
        adopt(&mut body["choices"][0]["finish_reason"], &choice["finish_reason"]);
        adopt(&mut body["usage"], &piece["usage"]);
        adopt(&mut body["model"], &piece["model"]);
        text.to_owned()
    }

    fn is_whole(&self, body: &Value) -> bool {
        body["choices"][0]["finish_reason"].is_string()
    }

    fn auth(&self, key: &str) -> Vec<(&'static str, String)> {
        vec![("authorization", format!("Bearer {key}"))]
    }

    fn answer(&self, body: &Value) -> Result<WireAnswer, Unreadable> {
        if let Some(message) = self.error_text(body) {
            return Err(Unreadable::body(format!("the answer holds an error: {message}")));
        }
        let choice =
            body["choices"].get(0).ok_or_else(|| Unreadable::body("the answer has no choices; is this an OpenAI-compatible server?"))?;
        let message = &choice["message"];
        let finish = match choice["finish_reason"].as_str() {
            Some("content_filter") => return Err(Unreadable::filtered("the provider filtered the content")),
            Some("length") => Finish::Length,
            _ => Finish::Stop,
        };
        let text = match &message["content"] {
            Value::String(text) => text.clone(),
            // Some servers answer in parts.
            Value::Array(parts) => parts.iter().filter_map(|p| p["text"].as_str()).collect(),
            // A refusal comes in its own field; it is the model's written answer.
            Value::Null => message["refusal"].as_str().unwrap_or_default().to_owned(),
            _ => return Err(Unreadable::body("the answer's content is no text")),
        };
        if message.is_null() {
            return Err(Unreadable::body("the answer has no message"));
        }
        Ok(WireAnswer {
            text,
            finish,
            usage: usage(
                &body["usage"]["prompt_tokens"],
                &body["usage"]["prompt_tokens_details"]["cached_tokens"],
                &body["usage"]["completion_tokens"],
            ),
            model: body["model"].as_str().map(str::to_owned),
        })
    }

    fn models(&self, body: &Value) -> Vec<String> {
        body["data"].as_array().into_iter().flatten().filter_map(|m| m["id"].as_str().map(str::to_owned)).collect()
    }
}
