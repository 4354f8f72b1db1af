//! Connections and their keys.

use std::{
    collections::HashMap,
    sync::{Arc, MutexGuard, PoisonError},
};

use secrecy::SecretString;

use super::{Engine, door};
use crate::{
    api::{ConnectionId, Done, NoRequest, SaveConnection, TestConnection},
    chat::{self, ChatError, ChatErrorKind, SharedModel},
    connection::{Connection, ConnectionKind, ConnectionTest, KeptKey, KeyReference, LocalServer},
    error::{Error, ErrorCode, Result},
    keys, price,
    prompt::{Message, MessageRole},
    run::{MissingCause, ModelConfig},
};

/// So many of the listed models are asked when none was chosen: a list says nothing about which of them chat.
const MOST_TRIED: usize = 3;

/// What the names of models say that make something else than texts, or want another address for it.
const NO_CHATS: [&str; 14] = [
    "embed",
    "whisper",
    "tts",
    "audio",
    "realtime",
    "transcribe",
    "image",
    "dall-e",
    "sora",
    "moderation",
    "rerank",
    "babbage",
    "davinci",
    "computer-use",
];

/// Whether a model may answer messages, by its name.
fn may_chat(name: &str) -> bool {
    let name = name.to_lowercase();
    !NO_CHATS.iter().any(|other| name.contains(other))
}

/// Scheme, name and port: whom a key is entered for.
fn host(connection: &Connection) -> Result<String> {
    let url = chat::base_url(connection)?;
    Ok(format!("{}://{}:{}", url.scheme(), url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default()))
}

/// Whom a refused test speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// The model that was asked; another one may answer.
    Model,
    /// How often the server was asked.
    Rate,
    /// The connection as a whole.
    Connection,
}

/// A test that was refused.
struct Refused {
    /// The reason as a sentence.
    said: String,
    cause: Cause,
}

impl Refused {
    fn by(error: &ChatError) -> Self {
        let of_the_model = ["HTTP 400", "HTTP 404", "HTTP 405", "HTTP 422"].iter().any(|code| error.message.contains(code));
        let cause = match error.kind {
            ChatErrorKind::Transient(MissingCause::RateLimited) => Cause::Rate,
            _ if of_the_model => Cause::Model,
            _ => Cause::Connection,
        };
        // The server's own words may end without a stop.
        let words = error.message.trim_end();
        let said = if words.ends_with(['.', '!', '?', '…']) { words.to_owned() } else { format!("{words}.") };
        Self { said, cause }
    }
}

impl Engine {
    /// All connections, the demo model first.
    #[door]
    pub async fn list_connections(&self, _: NoRequest) -> Result<Vec<Connection>> {
        self.store().connections().await
    }

    /// Which connections have a key in the keychain, as far as it says.
    #[door]
    pub async fn kept_keys(&self, _: NoRequest) -> Result<Vec<KeptKey>> {
        let mut kept = Vec::new();
        for connection in self.store().connections().await? {
            if connection.key == KeyReference::Keychain {
                let there = self.with_keys(connection.id, |keys, name| Ok(keys.get(name)?.is_some())).await;
                kept.push(KeptKey { connection: connection.id, kept: there.ok() });
            }
        }
        Ok(kept)
    }

    /// Saves a connection; a new key goes to the keychain.
    #[door]
    pub async fn save_connection(&self, request: SaveConnection) -> Result<Connection> {
        let mut connection = request.connection;
        if connection.id == Connection::DEMO || connection.kind == ConnectionKind::Demo {
            return Err(Error::invalid("The demo model is built in and cannot be changed. Make a new connection."));
        }
        connection.name = super::projects::checked_name(&connection.name, "connection")?;
        connection.base_url = connection.base_url.trim().trim_end_matches('/').to_owned();
        chat::base_url(&connection)?;
        if let KeyReference::Environment { variable } = &connection.key
            && (variable.is_empty() || !variable.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        {
            return Err(Error::invalid(
                "Enter the name of an environment variable, such as OPENAI_API_KEY. A key itself does not belong here.",
            ));
        }
        chat::check_network(&connection)?;
        price::check(&connection.prices)?;
        connection.concurrency = connection.concurrency.clamp(1, 1024);
        connection.requests_per_minute = connection.requests_per_minute.filter(|most| *most > 0);
        connection.tokens_per_minute = connection.tokens_per_minute.filter(|most| *most > 0);
        connection.context_tokens = connection.context_tokens.filter(|most| *most > 0);
        connection.timeout_seconds = connection.timeout_seconds.clamp(1, 3600);
        let typed = request.secret.filter(|secret| !secret.trim().is_empty()).map(|secret| SecretString::from(secret.trim().to_owned()));
        let mut key = typed;
        // Where none is kept, none could go to another host.
        if let Err(elsewhere) = self.key_is_for(&connection).await {
            let stored = self.store().connection(connection.id).await?;
            let left = self.key_of(&stored).await.ok().flatten();
            // Who goes back to a host finds the key that was entered for it.
            key = key.or(self.left_keys().get(&(connection.id, host(&connection)?)).cloned());
            if let Some(left) = left {
                if key.is_none() {
                    return Err(elsewhere);
                }
                self.left_keys().insert((stored.id, host(&stored)?), left);
            }
        }
        let saved = self.store().save_connection(connection).await?;
        if let (Some(key), KeyReference::Keychain) = (key, &saved.key) {
            self.with_keys(saved.id, move |keys, name| keys.set(name, &key)).await?;
        }
        Ok(saved)
    }

    /// Takes a connection off the list and its key out of the keychain. This process remembers the key, in memory, for as long as it lives.
    #[door]
    pub async fn delete_connection(&self, request: ConnectionId) -> Result<Done> {
        if request.connection == Connection::DEMO {
            return Err(Error::invalid("The demo model is built in and cannot be deleted."));
        }
        let connection = self.store().connection(request.connection).await?;
        let waiting = self.store().unended_on(connection.id).await?;
        if let Some(first) = waiting.first() {
            let more = if waiting.len() > 1 { format!(" and {} more", waiting.len() - 1) } else { String::new() };
            return Err(Error::invalid(format!(
                "“{}” is needed: “{first}”{more} has not ended, and without it could not go on. Stop, finish or delete the run first.",
                connection.name
            )));
        }
        self.store().delete_connection(connection.id, self.now()).await?;
        if connection.key == KeyReference::Keychain {
            let taken = self
                .with_keys(connection.id, |keys, name| {
                    // A key that cannot be read can still be forgotten.
                    let key = keys.get(name).unwrap_or_default();
                    keys.delete(name)?;
                    Ok(key)
                })
                .await?;
            if let Some(key) = taken {
                self.taken_keys().insert(connection.id, key);
            }
        }
        Ok(Done {})
    }

    /// Brings a deleted connection back, with its key if this process took it away.
    #[door]
    pub async fn restore_connection(&self, request: ConnectionId) -> Result<Connection> {
        let key = self.taken_keys().get(&request.connection).cloned();
        if let Some(key) = key {
            self.with_keys(request.connection, move |keys, name| keys.set(name, &key)).await?;
        }
        let connection = self.store().restore_connection(request.connection).await?;
        self.taken_keys().remove(&connection.id);
        Ok(connection)
    }

    fn taken_keys(&self) -> MutexGuard<'_, HashMap<i64, SecretString>> {
        self.inner.taken_keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn left_keys(&self) -> MutexGuard<'_, HashMap<(i64, String), SecretString>> {
        self.inner.left_keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends one short message, and says in words what came of it. [`Engine::stop_test`] ends it before the server answers.
    #[door]
    pub async fn test_connection(&self, request: TestConnection) -> Result<ConnectionTest> {
        tokio::select! {
            tested = self.tested(request) => tested,
            () = self.inner.tests_end.notified() => Err(Error::new(ErrorCode::Cancelled, "The test was stopped.")),
        }
    }

    /// Ends the tests of connections that wait for an answer; their requests are dropped.
    #[door]
    pub async fn stop_test(&self, _: NoRequest) -> Result<Done> {
        self.inner.tests_end.notify_waiters();
        Ok(Done {})
    }

    async fn tested(&self, request: TestConnection) -> Result<ConnectionTest> {
        let connection = request.connection;
        let failed = |message: String| ConnectionTest { ok: false, message, latency_ms: None, models: Vec::new(), key_missing: false };
        let typed = request.secret.filter(|s| !s.trim().is_empty()).map(|s| SecretString::from(s.trim().to_owned()));
        let model = match typed {
            Some(key) => self.inner.models.open(&connection, Some(key)),
            None => self.open_model(&connection).await,
        };
        let model = match model {
            Ok(model) => model,
            Err(error) if error.code == ErrorCode::Unauthorized => {
                let stored = matches!(connection.key, KeyReference::Keychain);
                // Who reads this is at the field already.
                let elsewhere = self.key_is_for(&connection).await.is_err();
                let message =
                    if stored && !elsewhere { "No key is stored for it. Enter it above and test again.".into() } else { error.message };
                return Ok(ConnectionTest { key_missing: true, ..failed(message) });
            }
            Err(error) => return Ok(failed(error.message)),
        };
        let listed = model.models().await;
        if let Err(error) = &listed
            && error.kind == ChatErrorKind::Connection
            && (error.message.contains("HTTP 401") || error.message.contains("HTTP 403"))
        {
            return Ok(failed(error.message.clone()));
        }
        let models = listed.as_ref().cloned().unwrap_or_default();
        let chosen = connection.default_model.trim();
        let names: Vec<String> = match chosen {
            "" => models.iter().filter(|name| may_chat(name)).take(MOST_TRIED).cloned().collect(),
            name => vec![name.to_owned()],
        };
        let mut said: Option<Refused> = None;
        for name in names {
            let config =
                ModelConfig { connection: connection.id, model: name.clone(), temperature: None, max_output_tokens: None, seed: None };
            let chat = config.request(vec![Message::new(MessageRole::User, "Reply with the word ok.")], None);
            match model.complete(&chat).await {
                Ok(completion) => {
                    let swapped = completion.model.filter(|m| *m != name).map(|m| format!(" The server calls it {m}.")).unwrap_or_default();
                    let count = match models.len() {
                        0 => String::new(),
                        1 => " 1 model is listed.".to_owned(),
                        count => format!(" {count} models are listed."),
                    };
                    return Ok(ConnectionTest {
                        ok: true,
                        message: format!("{name} answered in {} ms.{swapped}{count}", completion.latency_ms),
                        latency_ms: Some(completion.latency_ms),
                        models,
                        key_missing: false,
                    });
                }
                Err(error) => {
                    let refused = Refused::by(&error);
                    let of_the_model = refused.cause == Cause::Model;
                    said = Some(refused);
                    if !of_the_model {
                        break;
                    }
                }
            }
        }
        let message = match (said, listed) {
            (Some(Refused { said, cause: Cause::Model }), _) if chosen.is_empty() => {
                format!("{said} Enter the name of the model that you want to use and test again.")
            }
            (Some(Refused { said, cause: Cause::Rate }), _) => {
                format!("{said} The server was reached; it limits how often it is asked. Wait a minute, then test again.")
            }
            (Some(Refused { said, .. }), _) => said,
            (None, Ok(_)) if models.is_empty() => "The server lists no models. Enter the name of a model and test again.".into(),
            (None, Ok(_)) => "The server lists no model that looks like one for texts. Enter the name of a model and test again.".into(),
            // A server that is not there has neither a list nor a model.
            (None, Err(e)) if matches!(e.kind, ChatErrorKind::Unreached(_)) => e.message,
            (None, Err(e)) => {
                let said = e.message.trim_end_matches('.');
                let next = match e.kind {
                    ChatErrorKind::Transient(MissingCause::RateLimited) => {
                        "The server was reached; it limits how often it is asked. Wait a minute, then test again."
                    }
                    ChatErrorKind::Transient(MissingCause::ServerError) => {
                        "The server was reached and has trouble of its own. Wait a minute, then test again."
                    }
                    _ => "If the server has no model list, enter the name of a model and test again.",
                };
                format!("{said}. {next}")
            }
        };
        Ok(ConnectionTest { models, ..failed(message) })
    }

    /// The model servers of this machine that listen where they usually do.
    #[door]
    pub async fn find_local_servers(&self, _: NoRequest) -> Result<Vec<LocalServer>> {
        let known = self.store().connections().await?;
        let mut found = chat::find_servers(&chat::USUAL_PLACES).await;
        for server in &mut found {
            let here = |c: &&Connection| {
                let there = c.base_url.trim_end_matches('/').replace("://localhost:", "://127.0.0.1:");
                there.strip_suffix("/v1").unwrap_or(&there) == server.connection.base_url.trim_end_matches("/v1")
            };
            server.known = known.iter().find(here).map(|c| c.id);
        }
        Ok(found)
    }

    /// Names of the models that a connection lists.
    #[door]
    pub async fn list_models(&self, request: ConnectionId) -> Result<Vec<String>> {
        let connection = self.store().connection(request.connection).await?;
        let model = self.open_model(&connection).await?;
        model.models().await.map_err(|e| Error::new(ErrorCode::Unreachable, e.message))
    }

    /// The model behind a connection, with its key.
    pub(super) async fn open_model(&self, connection: &Connection) -> Result<SharedModel> {
        let key = self.key_of(connection).await?;
        self.inner.models.open(connection, key)
    }

    /// A kept key goes to the host that it was entered for and to no other one, whatever a form or an older run has in its place.
    async fn key_is_for(&self, connection: &Connection) -> Result<()> {
        if connection.key != KeyReference::Keychain || connection.id == 0 {
            return Ok(());
        }
        let Ok(stored) = self.store().connection(connection.id).await else { return Ok(()) };
        let (kept, asked) = (host(&stored)?, host(connection)?);
        if stored.key != KeyReference::Keychain || kept == asked {
            return Ok(());
        }
        Err(Error::new(
            ErrorCode::Unauthorized,
            format!("The key of “{}” is kept for {kept} and is not sent to {asked}. Enter the key for that host.", connection.name),
        ))
    }

    /// The key of a connection. Keychains block, so this runs aside.
    pub(super) async fn key_of(&self, connection: &Connection) -> Result<Option<SecretString>> {
        self.key_is_for(connection).await?;
        let (asked, environment) = (connection.clone(), Arc::clone(&self.inner.environment));
        let found = self.with_keys(connection.id, move |keys, name| keys::find_key(&asked, name, keys, &*environment)).await;
        let kept = connection.key == KeyReference::Keychain && connection.id != 0;
        if kept
            && found.as_ref().is_err_and(|error| error.code == ErrorCode::Unauthorized)
            && self.store().connection(connection.id).await.is_err_and(|error| error.code == ErrorCode::NotFound)
        {
            // Where keys are entered it is not to be found any more.
            let name = &connection.name;
            let message =
                format!("The connection “{name}” was deleted, and its key with it. Use these settings for a new run on another one.");
            return Err(Error::new(ErrorCode::Unauthorized, message));
        }
        found
    }

    async fn with_keys<T: Send + 'static>(
        &self,
        connection: i64,
        work: impl FnOnce(&dyn keys::KeyStore, &str) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let keys = Arc::clone(&self.inner.keys);
        let name = keys::key_name(&self.inner.database_id, connection);
        tokio::task::spawn_blocking(move || work(&*keys, &name)).await.map_err(|e| Error::internal(e.to_string()))?
    }
}
