//! Why a run does not go on, and why a question has no answer.

use crate::{
    chat::ChatError,
    error::{Error, ErrorCode},
    run::MissingCause,
};

/// What the user asks of a run while it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Go on.
    Run,
    /// Let calls in flight finish, then wait.
    Pause,
    /// End in order, with the test split.
    Finish,
    /// End at once; calls in flight are dropped, the test split stays sealed.
    Stop,
}

/// Why a run does not go on.
#[derive(Debug, Clone, PartialEq)]
pub enum Halt {
    /// It waits; the reason in words when the user did not ask for it.
    Pause(Option<String>),
    /// The user wants it to end in order.
    Finish,
    /// The user wants it to end at once.
    Stop,
    /// A limit is reached; in words.
    Budget(String),
    /// An error nothing can mend.
    Fail(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        match error.code {
            // What is on disk stays; with space or the lock back, the run goes on.
            ErrorCode::Database => Self::Pause(Some(format!("{} Nothing on disk is lost; resume once that is mended.", error.message))),
            _ => Self::Fail(error),
        }
    }
}

/// The user wants something else than going on.
pub(super) fn goes_on_not(control: Control, test: bool) -> bool {
    !(control == Control::Run || test && control == Control::Finish)
}

/// Why a question has no answer.
pub(super) enum NoAnswer {
    Missing(MissingCause, String),
    Recalled,
    Halt(Halt),
}

/// Why an attempt brought no answer.
pub(super) enum Unsent {
    /// There will be none.
    No(NoAnswer),
    /// The request failed; another may not.
    Failed(ChatError),
}

impl From<NoAnswer> for Unsent {
    fn from(no: NoAnswer) -> Self {
        Self::No(no)
    }
}

/// The end of an attempt by what keeps the run from going on.
pub(super) fn no(halt: impl Into<Halt>) -> Unsent {
    Unsent::No(NoAnswer::Halt(halt.into()))
}

impl From<Halt> for NoAnswer {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

/// The end of a run whose connection does not work at all.
pub(super) fn failed(error: ChatError) -> Halt {
    let unauthorized = error.message.contains("HTTP 401") || error.message.contains("HTTP 403");
    Halt::Fail(Error::new(if unauthorized { ErrorCode::Unauthorized } else { ErrorCode::ModelError }, error.message))
}
