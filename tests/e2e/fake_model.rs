//! A model server on loopback: answers slowly and always the same, and remembers what it was asked.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::HeaderMap,
    routing::{get, post},
};
use serde_json::{Value, json};

/// What one request held: the key it carried and its body.
pub type Seen = Arc<Mutex<Vec<(String, Value)>>>;

/// A running server.
pub struct FakeModel {
    /// With `/v1`.
    pub base_url: String,
    /// Every request so far.
    pub seen: Seen,
}

#[derive(Clone)]
struct Behaviour {
    seen: Seen,
    delay: Duration,
}

impl FakeModel {
    /// Starts a server that takes this long for every answer.
    pub async fn start(delay: Duration) -> Self {
        let seen = Seen::default();
        let behaviour = Behaviour { seen: Arc::clone(&seen), delay };
        let router = Router::new()
            .route("/v1/chat/completions", post(complete))
            .route("/v1/models", get(async || Json(json!({"data": [{"id": "fake-model"}]}))))
            .with_state(behaviour);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("the port is known");
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base_url: format!("http://{address}/v1"), seen }
    }
}

async fn complete(State(behaviour): State<Behaviour>, headers: HeaderMap, Json(body): Json<Value>) -> Json<Value> {
    let key = headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let proposal = body["response_format"]["json_schema"]["name"] == "proposal";
    behaviour.seen.lock().expect("no test thread died").push((key, body));
    tokio::time::sleep(behaviour.delay).await;
    let content = if proposal {
        json!({"system_prompt": "Answer carefully.", "system_prompt_reasoning": "It was vague.", "output_prompt": "One word.",
            "output_prompt_reasoning": "It chattered.", "explanation": "Shorter."})
        .to_string()
    } else {
        "billing".to_owned()
    };
    Json(json!({"model": "fake-model", "choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 2}}))
}
