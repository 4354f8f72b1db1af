//! Connections: where a model is reached, and where its key is kept.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{calls::GateLimits, price::ModelPrice};

/// The wire a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ConnectionKind {
    /// The embedded stand-in: offline, deterministic, free.
    Demo,
    /// `POST {base}/chat/completions`, as OpenAI and most servers speak it.
    Openai,
    /// `POST {base}/messages` of Anthropic.
    Anthropic,
    /// `POST {base}/models/{model}:generateContent` of Google.
    Gemini,
    /// A local Ollama, spoken to through its OpenAI-compatible door.
    Ollama,
}

/// Where the key of a connection is found. Never the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum KeyReference {
    /// The server wants none.
    None,
    /// In an environment variable of the process.
    Environment {
        /// Name of the variable.
        variable: String,
    },
    /// In the operating system's keychain, under the connection's id.
    Keychain,
}

/// Where a model is reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Connection {
    /// Database id; 0 for one that is not saved yet. The demo model is always 1.
    pub id: i64,
    /// The user's name for it.
    pub name: String,
    /// The wire.
    pub kind: ConnectionKind,
    /// With its `/v1` where the server has one; empty for the demo model.
    #[serde(deserialize_with = "veiled")]
    pub base_url: String,
    /// Where the key is found.
    pub key: KeyReference,
    /// Seconds one request may take.
    pub timeout_seconds: u32,
    /// Requests at once.
    pub concurrency: u32,
    /// The model to offer first.
    pub default_model: String,
    /// Most requests in any minute; null: no limit of one's own.
    #[serde(default)]
    pub requests_per_minute: Option<u32>,
    /// Most tokens in any minute; null: no limit of one's own.
    #[serde(default)]
    pub tokens_per_minute: Option<u32>,
    /// Tokens that its models take at once; null: as is known of the model.
    #[serde(default)]
    pub context_tokens: Option<u32>,
    /// How the network is reached, beyond what the system says.
    #[serde(default)]
    pub network: Network,
    /// Prices of models here; they come before every other table.
    #[serde(default)]
    pub prices: Vec<ModelPrice>,
}

/// What stands for the query of an address. No address with it is used.
const VEIL: &str = "?…";

/// An address whose query is not shown. Gateways take keys there, and older databases hold addresses that were saved with one; the veil
/// in its place keeps such an address as unusable as it was, so that whoever asks for it is told what to mend.
fn veiled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let mut address = String::deserialize(deserializer)?;
    if let Some(at) = address.find(['?', '#']) {
        address.truncate(at);
        address.push_str(VEIL);
    }
    Ok(address)
}

/// How the network of a connection is reached, beyond what the system says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Network {
    /// Sent with every request. Never a key.
    pub headers: Vec<ExtraHeader>,
    /// A PEM file with certificates to trust besides the system's.
    pub root_certificate: Option<String>,
    /// Trust a server nearby whatever its certificate.
    pub accept_self_signed: bool,
}

/// A header that a gateway wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ExtraHeader {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Connection {
    /// Id of the demo model's connection, present in every database.
    pub const DEMO: i64 = 1;

    /// A connection that is not saved and has nothing but the usual limits.
    pub fn blank() -> Self {
        Self {
            id: 0,
            name: String::new(),
            kind: ConnectionKind::Openai,
            base_url: String::new(),
            key: KeyReference::None,
            timeout_seconds: 120,
            concurrency: 16,
            default_model: String::new(),
            requests_per_minute: None,
            tokens_per_minute: None,
            context_tokens: None,
            network: Network::default(),
            prices: Vec::new(),
        }
    }

    /// A connection that a run froze, with what does not travel in a project file: values of headers and what this machine trusts; and
    /// with the address as it was mended since. All of it is for the place it was entered for, and for no other.
    pub fn completed_by(&self, today: &Self) -> Self {
        let mut completed = self.clone();
        if !self.is_where(today) {
            return completed;
        }
        for header in completed.network.headers.iter_mut().filter(|h| h.value.is_empty()) {
            if let Some(entered) = today.network.headers.iter().find(|h| h.name.eq_ignore_ascii_case(&header.name)) {
                header.value.clone_from(&entered.value);
            }
        }
        if completed.base_url.ends_with(VEIL) {
            completed.base_url.clone_from(&today.base_url);
        }
        completed.network.root_certificate = completed.network.root_certificate.or_else(|| today.network.root_certificate.clone());
        completed.network.accept_self_signed |= today.network.accept_self_signed;
        completed
    }

    /// Whether both lead to the same kind of server at the same address, whatever follows a question mark.
    pub fn is_where(&self, other: &Self) -> bool {
        (self.kind, self.address()) == (other.kind, other.address())
    }

    /// Where it leads, without what may be a secret.
    pub fn address(&self) -> &str {
        without_query(&self.base_url)
    }

    /// What its gate keeps to.
    pub fn gate_limits(&self) -> GateLimits {
        GateLimits {
            concurrency: self.concurrency.max(1),
            requests_per_minute: self.requests_per_minute.filter(|most| *most > 0),
            tokens_per_minute: self.tokens_per_minute.filter(|most| *most > 0),
        }
    }
}

/// An address up to its question mark: gateways take keys in the query.
pub fn without_query(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}

/// A model server that was found on this machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct LocalServer {
    /// A connection to it, not saved yet.
    pub connection: Connection,
    /// The models it lists.
    pub models: Vec<String>,
    /// It answers nobody without a key.
    pub wants_key: bool,
    /// Id of the connection that leads there already.
    pub known: Option<i64>,
}

/// Whether the key of a connection is there. Never the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct KeptKey {
    /// Id of a connection whose key belongs into the keychain.
    pub connection: i64,
    /// One is kept under its id; null where the keychain does not say.
    pub kept: Option<bool>,
}

/// What a test of a connection found.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ConnectionTest {
    /// The model answered.
    pub ok: bool,
    /// One sentence: what was reached, or what is wrong and what to do.
    pub message: String,
    /// Milliseconds of the test call.
    pub latency_ms: Option<u32>,
    /// Models the server lists, empty when it lists none.
    pub models: Vec<String>,
    /// There was no key to ask with: nothing was sent.
    pub key_missing: bool,
}

/// Whether keys can be kept beyond this session.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct KeychainState {
    /// A keychain answers.
    pub available: bool,
    /// One sentence on where keys go.
    pub message: String,
}
