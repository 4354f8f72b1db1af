//! The exact bytes on each provider's wire: what is sent, under which address and header, and what is never sent.

use mlprompt_core::{
    chat::{AnswerSchema, ChatRequest, Finish, SharedModel},
    clock::SystemClock,
    connection::{ConnectionKind, KeyReference},
    engine::{Models, RealModels},
    prompt::{Message, MessageRole},
};
use serde_json::{Value, json};

use crate::{
    fake_server::{Act, FakeServer, Seen},
    world::World,
};

const KEY: &str = "key-for-tests";

/// A successful body of this kind.
fn body(kind: ConnectionKind) -> Value {
    match kind {
        ConnectionKind::Anthropic => json!({
            "model": "served-name", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "fine"}],
            "stop_reason": "end_turn", "usage": {"input_tokens": 11, "output_tokens": 5},
        }),
        ConnectionKind::Gemini => json!({
            "modelVersion": "served-name",
            "candidates": [{"content": {"parts": [{"text": "hm", "thought": true}, {"text": "fine"}]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 2, "thoughtsTokenCount": 3},
        }),
        _ => json!({
            "model": "served-name", "choices": [{"message": {"content": "fine"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 11, "completion_tokens": 5},
        }),
    }
}

async fn server(kind: ConnectionKind) -> FakeServer {
    FakeServer::start(World::default(), move |_| Act::status(200, body(kind).to_string())).await
}

fn open(server: &FakeServer, kind: ConnectionKind, key: Option<&str>) -> SharedModel {
    let models = RealModels::new(SystemClock::shared()).unwrap();
    models.open(&server.connection(kind, KeyReference::None), key.map(|k| k.to_owned().into())).unwrap()
}

fn plain(model: &str) -> ChatRequest {
    ChatRequest {
        model: model.into(),
        messages: vec![Message::new(MessageRole::System, "Be \"brief\".\n"), Message::new(MessageRole::User, " 007\r\n\nGo ")],
        temperature: None,
        max_output_tokens: None,
        seed: None,
        schema: None,
    }
}

fn full(model: &str) -> ChatRequest {
    let schema = AnswerSchema { name: "proposal".into(), schema: json!({"type": "object"}) };
    ChatRequest { temperature: Some(0.5), max_output_tokens: Some(90), seed: Some(7), schema: Some(schema), ..plain(model) }
}

/// Sends one request and gives what arrived.
async fn sent(kind: ConnectionKind, request: &ChatRequest) -> Seen {
    let server = server(kind).await;
    open(&server, kind, Some(KEY)).complete(request).await.expect("the answer can be read");
    let mut seen = server.seen();
    assert_eq!(seen.len(), 1, "one request is one call");
    seen.remove(0)
}

#[tokio::test]
async fn openai_and_ollama_get_chat_completions_with_unset_parameters_absent() {
    for kind in [ConnectionKind::Openai, ConnectionKind::Ollama] {
        let seen = sent(kind, &plain("foo-high")).await;
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/v1/chat/completions"));
        let exact = json!({"model": "foo-high", "messages": [
            {"role": "system", "content": "Be \"brief\".\n"},
            {"role": "user", "content": " 007\r\n\nGo "},
        ]});
        assert_eq!(seen.text(), exact.to_string(), "{kind:?}: not one byte more");
        assert_eq!(seen.header("authorization"), Some("Bearer key-for-tests"));
        assert_eq!(seen.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn openai_gets_set_parameters_under_its_names() {
    let json = sent(ConnectionKind::Openai, &full("ns::x")).await.json();
    assert_eq!(json["model"], "ns::x");
    let expected =
        json!([0.5, 90, 7, {"type": "json_schema", "json_schema": {"name": "proposal", "schema": {"type": "object"}, "strict": true}}]);
    assert_eq!(json!([json["temperature"], json["max_tokens"], json["seed"], json["response_format"]]), expected);
    assert_eq!(json.as_object().unwrap().len(), 6);
}

#[tokio::test]
async fn anthropic_gets_messages_with_the_system_prompt_aside() {
    let seen = sent(ConnectionKind::Anthropic, &plain("claude-x@2-high")).await;
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/v1/messages"));
    let exact = json!({
        "model": "claude-x@2-high", "max_tokens": 4096, "system": "Be \"brief\".\n",
        "messages": [{"role": "user", "content": " 007\r\n\nGo "}],
    });
    assert_eq!(seen.text(), exact.to_string(), "max_tokens is the one parameter this wire demands");
    assert_eq!((seen.header("x-api-key"), seen.header("anthropic-version")), (Some(KEY), Some("2023-06-01")));
    assert_eq!(seen.header("authorization"), None);
    let json = sent(ConnectionKind::Anthropic, &full("m")).await.json();
    assert_eq!(json!([json["max_tokens"], json["temperature"]]), json!([90, 0.5]));
    assert_eq!(json["output_config"], json!({"format": {"type": "json_schema", "schema": {"type": "object"}}}));
    assert_eq!(json["seed"], Value::Null, "this wire has no seed");
}

#[tokio::test]
async fn gemini_gets_generate_content_with_the_model_in_the_address() {
    let seen = sent(ConnectionKind::Gemini, &plain("models/foo-high")).await;
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/v1/models/foo-high:generateContent"));
    let exact = json!({
        "systemInstruction": {"parts": [{"text": "Be \"brief\".\n"}]},
        "contents": [{"role": "user", "parts": [{"text": " 007\r\n\nGo "}]}],
    });
    assert_eq!(seen.text(), exact.to_string());
    assert_eq!(seen.header("x-goog-api-key"), Some(KEY));
    assert!(!seen.path.contains(KEY), "the key is no part of the address");
    let full = sent(ConnectionKind::Gemini, &full("ns::x")).await;
    assert_eq!(full.path, "/v1/models/ns%3A%3Ax:generateContent", "what is special in an address is escaped, nothing is dropped");
    let settings = full.json()["generationConfig"].clone();
    let expected = json!({
        "temperature": 0.5, "maxOutputTokens": 90, "seed": 7,
        "responseMimeType": "application/json", "responseJsonSchema": {"type": "object"},
    });
    assert_eq!(settings, expected);
}

#[tokio::test]
async fn a_connection_without_a_key_sends_no_auth_header() {
    for kind in [ConnectionKind::Openai, ConnectionKind::Anthropic, ConnectionKind::Gemini, ConnectionKind::Ollama] {
        let server = server(kind).await;
        open(&server, kind, None).complete(&plain("m")).await.unwrap();
        let seen = server.seen().remove(0);
        for name in ["authorization", "x-api-key", "x-goog-api-key"] {
            assert_eq!(seen.header(name), None, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn the_turns_of_a_repair_keep_their_roles() {
    let mut request = plain("m");
    request.messages.extend([Message::new(MessageRole::Assistant, "bad"), Message::new(MessageRole::User, "again")]);
    let openai = sent(ConnectionKind::Openai, &request).await.json();
    assert_eq!(openai["messages"][2], json!({"role": "assistant", "content": "bad"}));
    let gemini = sent(ConnectionKind::Gemini, &request).await.json();
    assert_eq!(gemini["contents"][1], json!({"role": "model", "parts": [{"text": "bad"}]}));
}

#[tokio::test]
async fn every_wire_reads_text_tokens_and_the_servers_own_name() {
    for kind in [ConnectionKind::Openai, ConnectionKind::Anthropic, ConnectionKind::Gemini, ConnectionKind::Ollama] {
        let server = server(kind).await;
        let answer = open(&server, kind, Some(KEY)).complete(&plain("m")).await.unwrap();
        assert_eq!((answer.text.as_str(), answer.finish, answer.model.as_deref()), ("fine", Finish::Stop, Some("served-name")), "{kind:?}");
        assert_eq!((answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.estimated), (11, 5, false), "{kind:?}");
    }
}

#[tokio::test]
async fn an_answer_cut_by_the_length_limit_says_so_on_every_wire() {
    let cut = [
        (ConnectionKind::Openai, json!({"choices": [{"message": {"content": "fi"}, "finish_reason": "length"}]})),
        (ConnectionKind::Anthropic, json!({"content": [{"type": "text", "text": "fi"}], "stop_reason": "max_tokens"})),
        (ConnectionKind::Gemini, json!({"candidates": [{"content": {"parts": [{"text": "fi"}]}, "finishReason": "MAX_TOKENS"}]})),
    ];
    for (kind, body) in cut {
        let server = FakeServer::start(World::default(), move |_| Act::status(200, body.to_string())).await;
        let answer = open(&server, kind, None).complete(&plain("m")).await.unwrap();
        assert_eq!((answer.text.as_str(), answer.finish), ("fi", Finish::Length), "{kind:?}");
        assert!(answer.usage.estimated, "{kind:?}: no count from the server, so one is made here");
    }
}

#[tokio::test]
async fn the_model_list_is_asked_for_and_read_on_every_wire() {
    for kind in [ConnectionKind::Openai, ConnectionKind::Anthropic, ConnectionKind::Gemini, ConnectionKind::Ollama] {
        let body = match kind {
            ConnectionKind::Gemini => json!({"models": [{"name": "models/b"}, {"name": "models/a"}]}),
            _ => json!({"data": [{"id": "b"}, {"id": "a"}]}),
        };
        let server = FakeServer::start(World::default(), move |_| Act::status(200, body.to_string())).await;
        assert_eq!(open(&server, kind, Some(KEY)).models().await.unwrap(), ["a", "b"], "{kind:?}");
        let seen = server.seen().remove(0);
        assert_eq!(seen.method, "GET");
        assert!(seen.path.starts_with("/v1/models"), "{}", seen.path);
    }
}

#[tokio::test]
async fn a_run_sends_prompt_and_cell_as_the_contract_joins_them() {
    let server = FakeServer::start(World::proposing(["skill 4/4/4"]), |_| Act::Answer).await;
    let (bench, config) = crate::fixtures::over_http(&server, [2, 2, 0], 0).await;
    bench.run(config).await;
    let bodies: Vec<String> = server.seen().iter().map(Seen::text).collect();
    let exact = json!({"model": "primary", "messages": [
        {"role": "system", "content": "skill 3/3/3"},
        {"role": "user", "content": "row 1000 of the validation split\n\nName it."},
    ]});
    assert!(bodies.contains(&exact.to_string()), "{bodies:#?}");
}
