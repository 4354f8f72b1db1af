//! A model behind HTTP: one request, one answer, bounded in time and size; the key goes to its host and nowhere else.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use futures_util::{StreamExt, future::BoxFuture};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{
    ChatError, ChatErrorKind, ChatModel, ChatRequest, Completion, Listener, ServerQuota, SharedModel, TokenUsage,
    events::{Event, Events},
    network::{self, Clients},
    wire::{Wire, anthropic::Anthropic, chat_error, gemini::Gemini, openai::OpenAi, status_error},
};
use crate::{
    clock::Clock,
    connection::{Connection, ConnectionKind},
    error::{Error, Result},
    run::MissingCause,
    tokens,
};

/// A body above this is no answer of a model.
const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;
/// So much of a server's words stands in an error.
const MAX_QUOTED_CHARS: usize = 400;

/// What reaches models over HTTP, for the whole process.
#[derive(Clone, Default)]
pub struct HttpClient(Clients);

impl HttpClient {
    /// The model of a connection.
    pub fn model(&self, connection: &Connection, key: Option<SecretString>, clock: Arc<dyn Clock>) -> Result<SharedModel> {
        let base = base_url(connection)?;
        let wire = wire_of(connection, &base);
        let host = match base.port() {
            Some(port) => format!("{}:{port}", base.host_str().unwrap_or_default()),
            None => base.host_str().unwrap_or_default().to_owned(),
        };
        let mut headers = network::headers(&connection.network)?;
        let auth = key.as_ref().map(|key| wire.auth(key.expose_secret())).unwrap_or_default();
        for (name, text) in auth.into_iter().chain(wire.headers()) {
            let mut value = HeaderValue::from_str(&text).map_err(|_| {
                Error::invalid(format!("The key of {} holds a character that cannot be sent; enter it again.", connection.name))
            })?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(Arc::new(HttpModel {
            client: self.0.of(connection)?,
            identity: endpoint(connection)?,
            base: base.as_str().trim_end_matches('/').to_owned(),
            host,
            timeout: Duration::from_secs(u64::from(connection.timeout_seconds.max(1))),
            headers,
            wire,
            clock,
            key,
            quota: Mutex::default(),
        }))
    }
}

/// The wire of a connection with this base URL.
pub(super) fn wire_of(connection: &Connection, base: &reqwest::Url) -> Box<dyn Wire> {
    let official = base.host_str() == Some("api.openai.com");
    match connection.kind {
        ConnectionKind::Anthropic => Box::new(Anthropic),
        ConnectionKind::Gemini => Box::new(Gemini),
        ConnectionKind::Openai | ConnectionKind::Ollama | ConnectionKind::Demo => {
            Box::new(OpenAi { completion_tokens_name: if official { "max_completion_tokens" } else { "max_tokens" } })
        }
    }
}

/// The base URL, checked. Ollama's door to this wire is `/v1`, so it is added where it was left out.
pub fn base_url(connection: &Connection) -> Result<reqwest::Url> {
    let text = connection.base_url.trim();
    let invalid =
        |why: &str| Error::invalid(format!("The base URL of {} {why}. Enter it like https://api.openai.com/v1.", connection.name));
    if text.is_empty() {
        return Err(invalid("is empty"));
    }
    let mut url = reqwest::Url::parse(text).map_err(|_| invalid("is no address"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(invalid("must start with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("must not hold a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::invalid(format!(
            "The base URL of {} must end before its ? or #: the path of a request is added at its end. Leave out what follows; a key is \
             entered as the API key, or named as an environment variable.",
            connection.name
        )));
    }
    if connection.kind == ConnectionKind::Ollama && matches!(url.path(), "" | "/") {
        url.set_path("/v1");
    }
    Ok(url)
}

/// What tells one endpoint from another: wire and address.
pub fn endpoint(connection: &Connection) -> Result<String> {
    Ok(format!("{:?} {}", connection.kind, base_url(connection)?.as_str().trim_end_matches('/')))
}

struct HttpModel {
    client: reqwest::Client,
    identity: String,
    base: String,
    host: String,
    timeout: Duration,
    headers: HeaderMap,
    wire: Box<dyn Wire>,
    clock: Arc<dyn Clock>,
    key: Option<SecretString>,
    quota: Mutex<Option<ServerQuota>>,
}

impl HttpModel {
    /// Sends a request and gives the beginning of what comes back.
    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, ChatError> {
        let response = request.headers(self.headers.clone()).send().await.map_err(|e| self.transport(&e))?;
        *self.quota.lock().unwrap_or_else(PoisonError::into_inner) = ServerQuota::read(response.headers(), self.clock.now_ms());
        Ok(response)
    }

    /// Reads a body to its end, chunk by chunk; too much of it is an error.
    async fn read(&self, response: reqwest::Response, mut take: impl FnMut(&[u8]) -> Result<(), ChatError>) -> Result<(), ChatError> {
        let mut length = 0;
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|e| self.transport(&e))?;
            length += chunk.len();
            if length > MAX_BODY_BYTES {
                return Err(self.error(
                    ChatErrorKind::Example(MissingCause::UnreadableBody),
                    format!("the answer is longer than {} MB and was not read to its end", MAX_BODY_BYTES / 1_048_576),
                ));
            }
            take(&chunk)?;
        }
        Ok(())
    }

    /// The work of a request, within the time limit.
    async fn in_time<T>(&self, work: impl Future<Output = Result<T, ChatError>>) -> Result<T, ChatError> {
        let late = || self.error(ChatErrorKind::Transient(MissingCause::Timeout), format!("no answer within {} s", self.timeout.as_secs()));
        tokio::time::timeout(self.timeout, work).await.unwrap_or_else(|_| Err(late()))
    }

    /// Sends and reads a whole body within the time limit. Status and headers come with it.
    async fn exchange(&self, request: reqwest::RequestBuilder) -> Result<(u16, HeaderMap, Vec<u8>), ChatError> {
        self.in_time(async {
            let response = self.send(request).await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let mut body = Vec::new();
            self.read(response, |chunk| {
                body.extend_from_slice(chunk);
                Ok(())
            })
            .await?;
            Ok((status, headers, body))
        })
        .await
    }

    /// The body of an answer that came in pieces, each handed on; none where the server refuses to answer so.
    async fn streamed(&self, request: reqwest::RequestBuilder, hear: Listener<'_>) -> Result<Option<Value>, ChatError> {
        let response = self.send(request).await?;
        if !response.status().is_success() {
            return Ok(None);
        }
        let is_stream = response.headers().get("content-type").and_then(|v| v.to_str().ok()).is_some_and(|kind| !kind.contains("/json"));
        let unreadable = |what: &str| self.error(ChatErrorKind::Transient(MissingCause::UnreadableBody), what);
        if !is_stream {
            // It answers, but not in pieces.
            let mut bytes = Vec::new();
            self.read(response, |chunk| {
                bytes.extend_from_slice(chunk);
                Ok(())
            })
            .await?;
            let body: Value = serde_json::from_slice(&bytes).map_err(|_| unreadable("the answer is not readable JSON"))?;
            if let Ok(answer) = self.wire.answer(&body) {
                hear(&answer.text);
            }
            return Ok(Some(body));
        }
        let (mut events, mut body, mut ended) = (Events::default(), Value::Null, false);
        let mut take = |event: Event| -> Result<(), ChatError> {
            match event {
                Event::Json(piece) => {
                    if let Some(words) = self.wire.error_text(&piece) {
                        return Err(unreadable(&format!("the answer holds an error: {words}")));
                    }
                    let text = self.wire.take_piece(&mut body, &piece);
                    if !text.is_empty() {
                        hear(&text);
                    }
                    Ok(())
                }
                Event::Done => {
                    ended = true;
                    Ok(())
                }
                Event::Unreadable => Err(unreadable("a piece of the answer is not readable JSON")),
            }
        };
        self.read(response, |chunk| events.take(chunk).into_iter().try_for_each(&mut take)).await?;
        events.finish().into_iter().try_for_each(&mut take)?;
        if ended || self.wire.is_whole(&body) {
            return Ok(Some(body));
        }
        let what = if body.is_null() { "the answer is empty" } else { "the answer was cut before its end" };
        Err(self.error(ChatErrorKind::Transient(MissingCause::Network), what))
    }

    /// What a body with status 200 says.
    fn completion(&self, request: &ChatRequest, body: &Value, start: u64) -> Result<Completion, ChatError> {
        let latency_ms = u32::try_from(self.clock.elapsed_ms().saturating_sub(start)).unwrap_or(u32::MAX);
        let answer = self.wire.answer(body).map_err(|unreadable| self.error(unreadable.kind, unreadable.message))?;
        let usage = answer.usage.unwrap_or_else(|| TokenUsage {
            prompt_tokens: request.messages.iter().map(|m| tokens::count(&m.content)).sum(),
            cached_tokens: 0,
            completion_tokens: tokens::count(&answer.text),
            estimated: true,
        });
        Ok(Completion { text: answer.text, finish: answer.finish, usage, model: answer.model, latency_ms })
    }

    fn error(&self, kind: ChatErrorKind, message: impl std::fmt::Display) -> ChatError {
        chat_error(kind, &self.host, self.without_key(message.to_string()))
    }

    /// A server may repeat the key in its words; it must not reach an error, a log or the database.
    fn without_key(&self, text: String) -> String {
        match &self.key {
            Some(key) if !key.expose_secret().is_empty() => text.replace(key.expose_secret(), "(key)"),
            _ => text,
        }
    }

    fn transport(&self, error: &reqwest::Error) -> ChatError {
        let cause = if error.is_timeout() { MissingCause::Timeout } else { MissingCause::Network };
        let what = if error.is_connect() {
            "no connection; is the server running and the address right?"
        } else if error.is_timeout() {
            "no answer in time"
        } else {
            "the connection was cut"
        };
        let mut innermost: &dyn std::error::Error = error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        let kind = if error.is_connect() { ChatErrorKind::Unreached(cause) } else { ChatErrorKind::Transient(cause) };
        self.error(kind, format!("{what} ({innermost})"))
    }

    /// A successful JSON body, or what went wrong.
    async fn json(&self, request: reqwest::RequestBuilder, asked_schema: bool) -> Result<Value, ChatError> {
        let (status, headers, body) = self.exchange(request).await?;
        let parsed = serde_json::from_slice::<Value>(&body);
        if (200..300).contains(&status) {
            return parsed.map_err(|_| {
                let start = String::from_utf8_lossy(&body[..body.len().min(400)]).trim_start().to_lowercase();
                let what = if body.is_empty() {
                    "the answer is empty"
                } else if start.starts_with("<!doctype") || start.starts_with("<html") {
                    "the answer is a web page, not a model's; check the base URL (most servers want it to end in /v1)"
                } else {
                    "the answer is not readable JSON"
                };
                self.error(ChatErrorKind::Transient(MissingCause::UnreadableBody), what)
            });
        }
        let words = match &parsed {
            Ok(value) => self.wire.error_text(value).unwrap_or_else(|| value.to_string()),
            Err(_) => String::from_utf8_lossy(&body).trim().to_owned(),
        };
        // Before the quotation is cut: a key that straddles its end would leave its beginning behind.
        let words = self.without_key(words);
        let code = parsed.as_ref().ok().and_then(|v| v["error"]["code"].as_str()).unwrap_or_default();
        let (kind, advice) = status_error(status, &format!("{words} {code}"), asked_schema);
        let quoted: String = words.chars().take(MAX_QUOTED_CHARS).collect();
        let mut message = format!("HTTP {status}");
        if !quoted.is_empty() && !quoted.starts_with('<') {
            message.push_str(&format!(": {quoted}"));
        }
        if let Some(advice) = advice {
            // The server's words may be a whole sentence, or none.
            let stop = if message.ends_with(['.', '!', '?']) { "" } else { "." };
            message.push_str(&format!("{stop} {advice}"));
        }
        Err(ChatError { retry_after: retry_after(&headers, SystemTime::now()), ..self.error(kind, message) })
    }
}

/// Seconds of a year: what a server asks for beyond that says no more.
const LONGEST_WAIT: f64 = 31_536_000.0;

/// How long the server wants to be left alone: `retry-after-ms`, or `Retry-After` in seconds, fractions or as a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim);
    // More than a clock can count is still a wait, and a long one.
    let seconds = |value: f64| (value.is_finite() && value >= 0.0).then(|| Duration::from_secs_f64(value.min(LONGEST_WAIT)));
    if let Some(wait) = text("retry-after-ms").and_then(|t| t.parse::<f64>().ok()).and_then(|ms| seconds(ms / 1000.0)) {
        return Some(wait);
    }
    let value = text("retry-after")?;
    match value.parse::<f64>() {
        Ok(value) => seconds(value),
        Err(_) => httpdate::parse_http_date(value).ok().map(|date| date.duration_since(now).unwrap_or(Duration::ZERO)),
    }
}

impl ChatModel for HttpModel {
    fn complete<'a>(&'a self, request: &'a ChatRequest) -> BoxFuture<'a, Result<Completion, ChatError>> {
        Box::pin(async move {
            let wire = self.wire.request(request);
            let start = self.clock.elapsed_ms();
            let http = self.client.post(format!("{}{}", self.base, wire.path)).json(&wire.body);
            let body = self.json(http, request.schema.is_some()).await?;
            self.completion(request, &body, start)
        })
    }

    fn complete_aloud<'a>(&'a self, request: &'a ChatRequest, hear: Listener<'a>) -> BoxFuture<'a, Result<Completion, ChatError>> {
        Box::pin(async move {
            let wire = self.wire.stream_request(request);
            let start = self.clock.elapsed_ms();
            let http = self.client.post(format!("{}{}", self.base, wire.path)).json(&wire.body);
            if let Some(body) = self.in_time(self.streamed(http, hear)).await? {
                return self.completion(request, &body, start);
            }
            // Some servers know no streams, others not all of its options. What else is wrong is said to the plain request as well.
            let completion = self.complete(request).await?;
            hear(&completion.text);
            Ok(completion)
        })
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<String>, ChatError>> {
        Box::pin(async move {
            let body = self.json(self.client.get(format!("{}{}", self.base, self.wire.models_path())), false).await?;
            let mut models = self.wire.models(&body);
            models.sort_unstable();
            Ok(models)
        })
    }

    fn quota(&self) -> Option<ServerQuota> {
        *self.quota.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn identity(&self) -> String {
        self.identity.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(name: &'static str, value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        retry_after(&headers, SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770))
    }

    #[test]
    fn retry_after_is_read_in_all_its_forms() {
        assert_eq!(waits("retry-after", "3"), Some(Duration::from_secs(3)));
        assert_eq!(waits("retry-after", "0.25"), Some(Duration::from_millis(250)));
        assert_eq!(waits("retry-after-ms", "120"), Some(Duration::from_millis(120)));
        assert_eq!(waits("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(7)), "a date counts from now");
        assert_eq!(waits("retry-after", "Sun, 06 Nov 1994 08:49:00 GMT"), Some(Duration::ZERO), "a date in the past means now");
        for nonsense in ["-5", "NaN", "inf", "soon", ""] {
            assert_eq!(waits("retry-after", nonsense), None, "{nonsense} is ignored");
        }
        assert_eq!(waits("retry-after", "99999999999999999999999"), Some(Duration::from_secs(31_536_000)), "no clock counts that far");
    }
}
