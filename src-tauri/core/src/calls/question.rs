//! A question: whom it is put to, what is sent, and what comes of it.

use std::sync::Arc;

use crate::{
    chat::{ChatRequest, Completion, SharedModel},
    run::MissingCause,
    store::{CompletionKey, Role},
    tokens,
};

use super::{Gate, Recall, purchases::Period};

/// A model in a role of a run.
#[derive(Clone)]
pub struct Endpoint {
    /// Who asks.
    pub role: Role,
    /// The model behind its connection.
    pub model: SharedModel,
    /// Host or name, for messages.
    pub host: String,
    /// The gate of its connection, shared with every run that uses it.
    pub gate: Arc<Gate>,
}

/// A look for an answer on disk.
pub struct Look {
    /// What was there, with whether the run bought it itself.
    pub found: Option<(Completion, bool)>,
    pub(super) since: Period,
}

/// A question with the place it is asked from.
pub struct Question<'a> {
    /// The model in its role.
    pub endpoint: &'a Endpoint,
    /// What is sent.
    pub request: ChatRequest,
    /// What its answer is remembered by: [`completion_key`] of the request.
    pub key: CompletionKey,
    /// The example it is about.
    pub example: Option<i64>,
    /// What was found on disk for it.
    pub on_disk: Look,
    /// The test phase: may use what was kept for it, and is not ended by `Finish`.
    pub test: bool,
    /// May take the question back while it waits to be sent.
    pub recall: Option<&'a Recall>,
}

/// A question's answer, or why the example has none.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The model answered.
    Answered {
        /// The answer.
        completion: Completion,
        /// It cost nothing and was not this run's own.
        cached: bool,
    },
    /// It did not, after all retries.
    Missing {
        /// Why.
        cause: MissingCause,
        /// The server's words.
        message: String,
    },
    /// The question was taken back before it was sent.
    Recalled,
}

/// Returns when the question is taken back; never when nobody can.
pub(super) async fn recalled(question: &Question<'_>) {
    match question.recall {
        Some(recall) => recall.taken_back().await,
        None => std::future::pending().await,
    }
}

/// Upper bounds of a request, in tokens.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    pub(super) prompt_tokens: u64,
    pub(super) completion_tokens: u64,
}

impl Bound {
    pub(super) fn of(request: &ChatRequest) -> Self {
        Self {
            prompt_tokens: tokens::upper_bound(request.messages.iter().map(|m| m.content.as_str())),
            completion_tokens: u64::from(request.max_output_tokens.unwrap_or(0)),
        }
    }
}
