//! Model servers on this machine: who answers on the ports they use by custom.

use std::{net::Ipv4Addr, time::Duration};

use futures_util::{StreamExt, future::join_all};
use serde_json::Value;

use crate::connection::{Connection, ConnectionKind, LocalServer};

/// Where a program listens unless it is told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The program.
    pub name: &'static str,
    /// Its port.
    pub port: u16,
}

/// The usual places.
pub const USUAL_PLACES: [Place; 4] = [
    Place { name: "Ollama", port: 11434 },
    Place { name: "LM Studio", port: 1234 },
    Place { name: "llama.cpp", port: 8080 },
    Place { name: "vLLM", port: 8000 },
];

/// A server nearby answers at once, or there is none.
const PATIENCE: Duration = Duration::from_millis(1500);
/// A list of models is no longer than this.
const MOST_BYTES: usize = 2 * 1024 * 1024;
/// Models that are offered.
const MOST_MODELS: usize = 500;
/// Calls at once: these machines answer one after the other.
const CONCURRENCY: u32 = 4;

/// The model servers that answer on these ports of this machine, in this order. All are asked at once.
pub async fn find_servers(places: &[Place]) -> Vec<LocalServer> {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    // No proxy stands between a machine and itself, and no answer leads anywhere else.
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE).build();
    let Ok(client) = client else { return Vec::new() };
    join_all(places.iter().map(|place| ask(&client, *place))).await.into_iter().flatten().collect()
}

async fn ask(client: &reqwest::Client, place: Place) -> Option<LocalServer> {
    let base_url = format!("http://{}:{}/v1", Ipv4Addr::LOCALHOST, place.port);
    let response = client.get(format!("{base_url}/models")).send().await.ok()?;
    let status = response.status().as_u16();
    let body = whole(response).await?;
    let wants_key = matches!(status, 401 | 403);
    let listed = body["data"].as_array();
    // Anything may listen on these ports; a model server lists models, or asks for a key in JSON.
    let is_one = (status == 200 && listed.is_some()) || (wants_key && body.is_object());
    if !is_one {
        return None;
    }
    let listed = listed.map(Vec::as_slice).unwrap_or_default();
    let models: Vec<String> = listed.iter().filter_map(|m| m["id"].as_str()).take(MOST_MODELS).map(str::to_owned).collect();
    // What the list says of itself is better than the port.
    let name = match listed.first().and_then(|m| m["owned_by"].as_str()) {
        Some("llamacpp") => "llama.cpp",
        Some("vllm") => "vLLM",
        Some("library") => "Ollama",
        _ => place.name,
    };
    let chats = |model: &&String| !model.to_lowercase().contains("embed");
    let connection = Connection {
        name: name.into(),
        kind: if name == "Ollama" { ConnectionKind::Ollama } else { ConnectionKind::Openai },
        base_url,
        concurrency: CONCURRENCY,
        default_model: models.iter().find(chats).or(models.first()).cloned().unwrap_or_default(),
        ..Connection::blank()
    };
    Some(LocalServer { connection, models, wants_key, known: None })
}

/// The JSON of a reply, when it is one.
async fn whole(response: reqwest::Response) -> Option<Value> {
    let mut bytes = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        bytes.extend_from_slice(&chunk.ok()?);
        if bytes.len() > MOST_BYTES {
            return None;
        }
    }
    serde_json::from_slice(&bytes).ok()
}
