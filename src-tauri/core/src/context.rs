//! How much text a model takes at once. What is not known is assumed, and then said to be.

use serde::{Deserialize, Serialize};

use crate::{calls::grouped, connection::Connection, price};

/// Tokens that most models of today take; what is assumed where nothing is known.
const USUAL: u64 = 128_000;

/// The tokens that a model takes in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ContextLimit {
    /// Tokens.
    pub tokens: u64,
    /// The model they are known of; none: what most models take, assumed.
    pub model: Option<String>,
}

impl Default for ContextLimit {
    fn default() -> Self {
        Self { tokens: USUAL, model: None }
    }
}

impl ContextLimit {
    /// Of a model at a connection: as the user says there, else as its provider says, else assumed.
    pub fn of(connection: &Connection, model: &str) -> Self {
        let said = connection.context_tokens.map(u64::from);
        said.or_else(|| known(model)).map_or_else(Self::default, |tokens| Self { tokens, model: Some(model.to_owned()) })
    }

    /// Such as `8,192 tokens, all that llama3 takes`.
    pub fn words(&self) -> String {
        let tokens = grouped(self.tokens);
        match &self.model {
            Some(model) => format!("{tokens} tokens, all that {model} takes"),
            None => format!("{tokens} tokens, which is assumed because most models take that much"),
        }
    }
}

/// Tokens that models take in, as their providers say; where a context is shared, without the part that is kept for the answer. Names
/// whose limit was not confirmed are not here.
const KNOWN: &[(u64, &[&str])] = &[
    (1_048_576, &["gemini-4-argon", "gemini-3.8-flash", "gemini-3.1-pro-preview", "gemini-3-flash-preview", "gemini-2.5-pro"]),
    (1_048_576, &["gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-2.0-flash"]),
    (1_047_576, &["gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano"]),
    (1_000_000, &["claude-fable-5-1", "claude-mythos-5-1", "claude-fable-5", "claude-mythos-5", "claude-opus-5-5", "claude-opus-5"]),
    (1_000_000, &["claude-opus-4-8", "claude-opus-4-7", "claude-opus-4-6", "claude-sonnet-5-5", "claude-sonnet-5"]),
    (1_000_000, &["claude-sonnet-4-6", "claude-haiku-5-5"]),
    (922_000, &["gpt-6.2-sol", "gpt-6.1-terra", "gpt-6-astra", "gpt-5.6-sol", "gpt-5.6-terra", "gpt-5.6-luna"]),
    (272_000, &["gpt-5.4-mini", "gpt-5.4-nano", "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5.1", "gpt-5.2"]),
    (200_000, &["claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5", "o3", "o4-mini"]),
    (128_000, &["gpt-4o", "gpt-4o-mini"]),
];

/// By its name alone, which gateways pass on with the provider in front.
fn known(model: &str) -> Option<u64> {
    let name = model.rsplit_once('/').map_or(model, |(_, name)| name);
    let named = |name: &str| KNOWN.iter().find(|(_, models)| models.contains(&name)).map(|(tokens, _)| *tokens);
    named(name).or_else(|| named(price::without_date(name)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_s_word_comes_before_the_provider_s_and_what_is_unknown_is_said_to_be_assumed() {
        let mut connection = Connection::blank();
        let of = |connection: &Connection, model: &str| ContextLimit::of(connection, model);
        assert_eq!(of(&connection, "gpt-4o-2024-08-06").tokens, 128_000);
        assert_eq!(of(&connection, "anthropic/claude-sonnet-4-5-20250929").tokens, 200_000);
        assert_eq!(of(&connection, "gpt-4o").words(), "128,000 tokens, all that gpt-4o takes");
        let unknown = of(&connection, "llama3");
        assert_eq!((unknown.tokens, &unknown.model), (128_000, &None));
        assert!(unknown.words().contains("is assumed"), "{}", unknown.words());
        connection.context_tokens = Some(8_192);
        assert_eq!(of(&connection, "llama3").words(), "8,192 tokens, all that llama3 takes");
        assert_eq!(of(&connection, "gpt-4o").tokens, 8_192, "the server may take less than the model could");
    }

    #[test]
    fn no_model_has_two_limits() {
        let mut names: Vec<&str> = KNOWN.iter().flat_map(|(_, models)| models.iter().copied()).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }
}
