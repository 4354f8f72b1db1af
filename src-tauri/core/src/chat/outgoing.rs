//! A request as it leaves for its server, with the place of its key left open: what is built into other programs is what was measured.

use serde_json::Value;

use super::{ChatRequest, base_url, http::wire_of};
use crate::{
    connection::{Connection, ConnectionKind, KeyReference},
    error::Result,
};

/// A request with everything but its key.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// The whole address.
    pub url: String,
    /// The JSON body.
    pub body: Value,
    /// Headers of the wire, and their values.
    pub headers: Vec<(&'static str, String)>,
    /// Names of headers that the user's gateway wants. Their values are the user's own and stay here.
    pub gateway_headers: Vec<String>,
    /// Where the key goes; none where the server wants none.
    pub key: Option<KeyPlace>,
    /// How the answer stands in the reply.
    pub reply: ReplyShape,
}

/// Where a key goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPlace {
    /// The header.
    pub header: &'static str,
    /// What stands before the key.
    pub before: String,
    /// The environment variable that holds it.
    pub variable: String,
}

/// How the text of an answer stands in a successful reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyShape {
    /// `choices[0].message.content`.
    OpenAi,
    /// The texts among `content`.
    Anthropic,
    /// The texts that are no thoughts among `candidates[0].content.parts`.
    Gemini,
}

impl Outgoing {
    /// The request that a connection sends; the demo model sends none.
    pub fn of(connection: &Connection, request: &ChatRequest) -> Result<Option<Self>> {
        if connection.kind == ConnectionKind::Demo {
            return Ok(None);
        }
        let base = base_url(connection)?;
        let wire = wire_of(connection, &base);
        let sent = wire.request(request);
        // An empty key leaves what the wire puts before every key.
        let auth = wire.auth("").into_iter().next();
        let variable = key_variable(connection, base.host_str().unwrap_or_default());
        Ok(Some(Self {
            url: format!("{}{}", base.as_str().trim_end_matches('/'), sent.path),
            body: sent.body,
            headers: wire.headers(),
            gateway_headers: connection.network.headers.iter().map(|h| h.name.trim().to_ascii_lowercase()).collect(),
            key: auth.zip(variable).map(|((header, before), variable)| KeyPlace { header, before, variable }),
            reply: match connection.kind {
                ConnectionKind::Anthropic => ReplyShape::Anthropic,
                ConnectionKind::Gemini => ReplyShape::Gemini,
                ConnectionKind::Openai | ConnectionKind::Ollama | ConnectionKind::Demo => ReplyShape::OpenAi,
            },
        }))
    }
}

/// The variable that a key is read from: the connection's own, or the one that its provider's programs read by custom.
fn key_variable(connection: &Connection, host: &str) -> Option<String> {
    let custom = || {
        let by_host = [
            ("api.openai.com", "OPENAI_API_KEY"),
            (".openai.azure.com", "AZURE_OPENAI_API_KEY"),
            ("openrouter.ai", "OPENROUTER_API_KEY"),
            ("api.groq.com", "GROQ_API_KEY"),
            ("api.together.xyz", "TOGETHER_API_KEY"),
        ];
        match connection.kind {
            ConnectionKind::Anthropic => "ANTHROPIC_API_KEY",
            ConnectionKind::Gemini => "GEMINI_API_KEY",
            _ => by_host.iter().find(|(end, _)| host.ends_with(end)).map_or("API_KEY", |(_, variable)| variable),
        }
        .to_owned()
    };
    match &connection.key {
        KeyReference::None => None,
        KeyReference::Environment { variable } if is_variable(variable) => Some(variable.clone()),
        KeyReference::Environment { .. } | KeyReference::Keychain => Some(custom()),
    }
}

/// A name that every shell takes for a variable.
fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
