//! Model servers on this machine, found on the ports that are handed in: real servers on loopback, and what else may listen there.

use std::time::{Duration, Instant};

use mlprompt_core::{
    chat::{Place, find_servers},
    connection::ConnectionKind,
};
use serde_json::json;

use crate::{
    fake_server::{Act, FakeServer},
    world::World,
};

async fn server(body: String, status: u16) -> FakeServer {
    FakeServer::start(World::default(), move |_| Act::status(status, body.clone())).await
}

fn at(name: &'static str, server: &FakeServer) -> Place {
    Place { name, port: server.address.port() }
}

#[tokio::test]
async fn servers_are_found_with_their_models_and_said_by_what_they_are() {
    let list = |owner: &str| json!({"data": [{"id": "nomic-embed", "owned_by": owner}, {"id": "chat-8b", "owned_by": owner}]}).to_string();
    let ollama = server(list("library"), 200).await;
    let other = server(list("vllm"), 200).await;
    let locked = server(json!({"error": {"message": "Unauthorized"}}).to_string(), 401).await;
    let found = find_servers(&[at("Ollama", &ollama), at("llama.cpp", &other), at("LM Studio", &locked)]).await;
    let told: Vec<(&str, bool, usize)> = found.iter().map(|s| (s.connection.name.as_str(), s.wants_key, s.models.len())).collect();
    assert_eq!(told, [("Ollama", false, 2), ("vLLM", false, 2), ("LM Studio", true, 0)]);
    let connection = &found[0].connection;
    assert_eq!(
        (connection.kind, connection.default_model.as_str()),
        (ConnectionKind::Ollama, "chat-8b"),
        "no embedding model is offered first"
    );
    assert_eq!(connection.base_url, format!("http://127.0.0.1:{}/v1", ollama.address.port()));
    assert_eq!(ollama.seen()[0].path, "/v1/models");
    assert!(ollama.seen()[0].header("authorization").is_none(), "no key goes to an unknown server");
}

#[tokio::test]
async fn what_is_no_model_server_is_not_taken_for_one_and_holds_nothing_up() {
    let page = server("<html>Hello</html>".into(), 200).await;
    let other = server(json!({"hello": 1}).to_string(), 200).await;
    let broken = server(json!({"data": []}).to_string(), 500).await;
    let elsewhere =
        FakeServer::start(World::default(), |_| Act::Reply(302, vec![("location", "http://example.invalid/".into())], String::new())).await;
    let slow = FakeServer::start(World::default(), |_| Act::Hang(Duration::from_secs(30))).await;
    let flood = FakeServer::start(World::default(), |_| Act::Flood(8)).await;
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        Place { name: "nobody", port: listener.local_addr().unwrap().port() }
    };
    let fine = server(json!({"data": []}).to_string(), 200).await;
    let places = [
        nobody,
        at("slow", &slow),
        at("page", &page),
        at("other", &other),
        at("broken", &broken),
        at("elsewhere", &elsewhere),
        at("flood", &flood),
        at("fine", &fine),
    ];
    let start = Instant::now();
    let found = find_servers(&places).await;
    assert_eq!(found.iter().map(|s| s.connection.name.as_str()).collect::<Vec<_>>(), ["fine"]);
    assert!(start.elapsed() < Duration::from_secs(4), "all are asked at once, none for long: {:?}", start.elapsed());
}
