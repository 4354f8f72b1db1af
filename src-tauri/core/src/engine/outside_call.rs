//! A request that belongs to no run: it waits at the gate of its connection as those of runs do, and is sent again where that may help soon.

use crate::{
    calls::{Ended, Gate, LONGEST_RETRY_AFTER, Seen},
    chat::{ChatError, ChatErrorKind, ChatModel, ChatRequest, Completion, Listener},
    tokens,
};

/// Calls outside of runs pass the gates of their connections as those of this run, which there is not.
pub(super) const NO_RUN: i64 = 0;
/// Times a request is sent, when asking again may help.
const ATTEMPTS: usize = 3;

/// What a server that is not there means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreachable {
    /// It is looked for, at growing distances.
    LookedFor,
    /// Somebody waits for the answer and is told at once.
    Told,
}

/// What is told of a request each time it is sent.
pub(super) enum Sending<'a> {
    /// It goes out.
    Begins,
    /// It failed.
    Failed(&'a ChatError),
}

/// Sends a request once it is its turn; `hear` is handed the answer as it comes, and nothing is sent again once it was.
pub(super) async fn call_outside(
    (model, gate): (&dyn ChatModel, &Gate),
    request: &ChatRequest,
    unreachable: Unreachable,
    mut hear: Option<Listener<'_>>,
    mut tell: impl FnMut(Sending<'_>),
) -> Result<Completion, ChatError> {
    let size = request.messages.iter().map(|m| tokens::rough(&m.content)).sum();
    let mut attempt = 1;
    loop {
        // The gate goes with the program alone.
        let pass = gate.enter(NO_RUN, size).await;
        tell(Sending::Begins);
        let mut heard = false;
        let answered = match hear.as_mut() {
            Some(hear) => {
                let mut noted = |text: &str| {
                    heard = true;
                    hear(text);
                };
                model.complete_aloud(request, &mut noted).await
            }
            None => model.complete(request).await,
        };
        let took = answered.as_ref().map_or(0.0, |completion| completion.latency_ms.into());
        let mut ended = Ended::of(&answered, took, model.quota());
        if unreachable == Unreachable::Told && matches!(ended.seen, Seen::Unreached) {
            ended.seen = Seen::Failed;
        }
        if let Some(pass) = pass {
            pass.end(ended);
        }
        let error = match answered {
            Ok(completion) => return Ok(completion),
            Err(error) => error,
        };
        tell(Sending::Failed(&error));
        let may_help = match error.kind {
            ChatErrorKind::Unreached(_) => unreachable == Unreachable::LookedFor,
            ChatErrorKind::Transient(_) => error.retry_after.is_none_or(|wait| wait <= LONGEST_RETRY_AFTER),
            _ => false,
        };
        if !may_help || heard || attempt == ATTEMPTS {
            return Err(error);
        }
        attempt += 1;
    }
}
