//! A server in this process that speaks the providers' wires, fails when it is told to, and keeps every byte it was sent.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Response, Uri},
};
use futures_util::stream;
use mlprompt_core::{
    connection::{Connection, ConnectionKind, KeyReference},
    prompt::{Message, MessageRole},
};
use serde_json::{Value, json};

use crate::world::World;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    /// From 1, in the order of arrival.
    pub number: usize,
    pub method: String,
    /// With the query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
    /// The model's name of an OpenAI body.
    pub fn model(&self) -> String {
        self.json()["model"].as_str().unwrap_or_default().to_owned()
    }
}

/// What the server does with a request.
pub enum Act {
    /// The world answers on OpenAI's wire.
    Answer,
    /// A status with headers and a body.
    Reply(u16, Vec<(&'static str, String)>, String),
    /// A body that announces more than it holds.
    Cut,
    /// No answer for so long.
    Hang(Duration),
    /// Headers of a good answer, and then nothing: the connection is closed.
    HeadersOnly,
    /// A good answer, a byte at a time.
    Drip(Duration),
    /// Status 200 and exactly these bytes.
    Bytes(Vec<u8>),
    /// Pieces of a stream of events, so long apart; then the connection ends in order, or is cut.
    Stream { pieces: Vec<String>, every: Duration, cut: bool },
    /// A body of so many megabytes.
    Flood(usize),
    /// The world's answer with this in place of its tokens.
    Counting(Value),
    /// The world's answer under this model's name.
    Named(&'static str),
}

impl Act {
    pub fn status(status: u16, body: impl Into<String>) -> Self {
        Self::Reply(status, Vec::new(), body.into())
    }
    /// An answer of OpenAI's wire with this text and finish reason.
    pub fn says(text: &str, finish: &str) -> Self {
        Self::status(200, openai(text, finish).to_string())
    }
}

type Rule = Box<dyn Fn(&Seen) -> Act + Send + Sync>;

struct Shared {
    world: World,
    rule: Rule,
    seen: Mutex<Vec<Seen>>,
}

/// Ends with the test's runtime.
pub struct FakeServer {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl FakeServer {
    pub async fn start(world: World, rule: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { world, rule: Box::new(rule), seen: Mutex::default() });
        let app = Router::new().fallback(handle).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, shared }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.shared.seen.lock().unwrap().len()
    }

    /// A connection to this server that is not saved yet.
    pub fn connection(&self, kind: ConnectionKind, key: KeyReference) -> Connection {
        Connection {
            name: "Fake".into(),
            kind,
            base_url: format!("http://{}/v1", self.address),
            key,
            timeout_seconds: 20,
            concurrency: 64,
            ..Connection::blank()
        }
    }
}

fn openai(text: &str, finish: &str) -> Value {
    json!({
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 5},
    })
}

impl Shared {
    fn answer(&self, seen: &Seen) -> Value {
        let json = seen.json();
        let messages: Vec<Message> = json["messages"].as_array().into_iter().flatten().map(message).collect();
        openai(&self.world.answer(&seen.model(), &messages), "stop")
    }
}

async fn handle(State(shared): State<Arc<Shared>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let seen = {
        let mut all = shared.seen.lock().unwrap();
        let seen = Seen { number: all.len() + 1, method: method.to_string(), path: uri.to_string(), headers, body: body.to_vec() };
        all.push(seen.clone());
        seen
    };
    match (shared.rule)(&seen) {
        Act::Answer => reply(200, &[], shared.answer(&seen).to_string().into()),
        Act::Counting(usage) => {
            let mut answer = shared.answer(&seen);
            answer["usage"] = usage;
            reply(200, &[], answer.to_string().into())
        }
        Act::Named(model) => {
            let mut answer = shared.answer(&seen);
            answer["model"] = model.into();
            reply(200, &[], answer.to_string().into())
        }
        Act::Bytes(bytes) => reply(200, &[], bytes.into()),
        Act::HeadersOnly => {
            let nothing = stream::iter([Err::<Bytes, _>(std::io::Error::other("closed"))]);
            reply(200, &[("content-length", "400".into())], Body::from_stream(nothing))
        }
        Act::Drip(every) => {
            let bytes = shared.answer(&seen).to_string().into_bytes();
            let drops = stream::unfold(bytes.into_iter(), move |mut bytes| async move {
                tokio::time::sleep(every).await;
                let byte = bytes.next()?;
                Some((Ok::<_, std::io::Error>(Bytes::copy_from_slice(&[byte])), bytes))
            });
            reply(200, &[], Body::from_stream(drops))
        }
        Act::Stream { pieces, every, cut } => {
            let end = cut.then(|| Err(std::io::Error::other("cut")));
            let all: Vec<_> = pieces.into_iter().map(|piece| Ok(Bytes::from(piece))).chain(end).collect();
            let pieces = stream::unfold(all.into_iter(), move |mut all| async move {
                tokio::time::sleep(every).await;
                Some((all.next()?, all))
            });
            let mut response = reply(200, &[], Body::from_stream(pieces));
            response.headers_mut().insert("content-type", "text/event-stream; charset=utf-8".parse().unwrap());
            response
        }
        Act::Flood(megabytes) => {
            let flood = stream::iter((0..megabytes).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 1 << 20]))));
            reply(200, &[], Body::from_stream(flood))
        }
        Act::Reply(status, headers, body) => reply(status, &headers, body.into()),
        Act::Cut => {
            let pieces = stream::iter([Ok(Bytes::from_static(b"{\"choices\": [{")), Err(std::io::Error::other("cut"))]);
            reply(200, &[("content-length", "4000".into())], Body::from_stream(pieces))
        }
        Act::Hang(time) => {
            tokio::time::sleep(time).await;
            reply(200, &[], openai("too late", "stop").to_string().into())
        }
    }
}

fn reply(status: u16, headers: &[(&'static str, String)], body: Body) -> Response<Body> {
    let mut response = Response::builder().status(status).header("content-type", "application/json");
    for (name, value) in headers {
        response = response.header(*name, value);
    }
    response.body(body).unwrap()
}

fn message(value: &Value) -> Message {
    let role = match value["role"].as_str() {
        Some("system") => MessageRole::System,
        Some("assistant") => MessageRole::Assistant,
        _ => MessageRole::User,
    };
    Message::new(role, value["content"].as_str().unwrap_or_default())
}
