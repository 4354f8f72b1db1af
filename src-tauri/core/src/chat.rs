//! Models behind one trait: what is sent, what comes back, what went wrong.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

mod events;
mod http;
mod nearby;
mod network;
mod outgoing;
mod quota;
mod wire;
pub use http::{HttpClient, base_url, endpoint};
pub use nearby::{Place, USUAL_PLACES, find_servers};
pub use network::check as check_network;
pub use outgoing::{KeyPlace, Outgoing, ReplyShape};
pub use quota::ServerQuota;

use crate::{prompt::Message, run::MissingCause};

/// One request to a model. Together with the connection and the sample index it is what an answer is remembered by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// Exact name, sent untouched.
    pub model: String,
    /// In order.
    pub messages: Vec<Message>,
    /// Sent when set.
    pub temperature: Option<f64>,
    /// Sent when set.
    pub max_output_tokens: Option<u32>,
    /// Sent when set and the wire has it.
    pub seed: Option<i64>,
    /// Ask for an answer of this shape where the wire can.
    pub schema: Option<AnswerSchema>,
}

/// A JSON schema for the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnswerSchema {
    /// Short name, letters and underscores.
    pub name: String,
    /// JSON Schema.
    pub schema: serde_json::Value,
}

/// Why the model stopped writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// It was done, or wrote a refusal.
    Stop,
    /// The length limit cut it.
    Length,
}

/// Tokens as the server counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUsage {
    /// In.
    pub prompt_tokens: u64,
    /// Those of them that the provider had in its own cache.
    #[serde(default)]
    pub cached_tokens: u64,
    /// Out, reasoning included.
    pub completion_tokens: u64,
    /// The server gave none; these are counted here.
    pub estimated: bool,
}

/// A paid answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    /// The raw response text.
    pub text: String,
    /// Why it ended.
    pub finish: Finish,
    /// Tokens.
    pub usage: TokenUsage,
    /// The model's own name for itself, when the server says one.
    pub model: Option<String>,
    /// Milliseconds from request to answer.
    pub latency_ms: u32,
}

/// Why a request brought no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ChatError {
    /// What may be done about it.
    pub kind: ChatErrorKind,
    /// One sentence with the host and the server's own words.
    pub message: String,
    /// When the server wants to be asked again.
    pub retry_after: Option<Duration>,
}

/// What may be done about a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatErrorKind {
    /// Ask again later; the example is missing with this cause if it keeps failing.
    Transient(MissingCause),
    /// No server was reached, so no request was sent: it is away, its name is unknown, or nothing leads to it.
    Unreached(MissingCause),
    /// Asking again cannot help for this example.
    Example(MissingCause),
    /// Nothing will work on this connection: wrong key, unknown model, wrong address.
    Connection,
    /// The server does not know structured answers; ask without.
    SchemaUnsupported,
}

/// Is handed each new piece of an answer.
pub type Listener<'a> = &'a mut (dyn FnMut(&str) + Send);

/// Where a model is reached. Implementations hold the connection and its key; one request is one HTTP call, no retries inside.
pub trait ChatModel: Send + Sync {
    /// Sends one request.
    fn complete<'a>(&'a self, request: &'a ChatRequest) -> BoxFuture<'a, Result<Completion, ChatError>>;

    /// Sends one request and hands on the text of its answer as it comes. Where nothing comes in pieces, the whole answer is one.
    fn complete_aloud<'a>(&'a self, request: &'a ChatRequest, hear: Listener<'a>) -> BoxFuture<'a, Result<Completion, ChatError>> {
        Box::pin(async move {
            let completion = self.complete(request).await?;
            hear(&completion.text);
            Ok(completion)
        })
    }

    /// Names of the models the server lists.
    fn models(&self) -> BoxFuture<'_, Result<Vec<String>, ChatError>>;

    /// What the server's latest answer said of its quota, when it said something.
    fn quota(&self) -> Option<ServerQuota> {
        None
    }

    /// What answers depend on besides the request: wire and address. Part of the cache key.
    fn identity(&self) -> String;
}

/// A shared model.
pub type SharedModel = Arc<dyn ChatModel>;
