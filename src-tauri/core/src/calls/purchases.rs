//! What is bought for a project right now, and what was bought a moment ago, by whichever of its runs: the same request in
//! flight twice is sent once, and a question that was put before its answer lay on disk does not buy it again.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use crate::{chat::Completion, store::CompletionKey};

/// An answer, with who paid for it.
#[derive(Clone)]
pub(super) struct Bought {
    /// The answer.
    pub completion: Completion,
    /// The run that paid for it.
    pub by: i64,
}

enum State {
    /// Nobody sends it now.
    Waiting,
    /// Somebody does.
    Sent,
    /// It is answered.
    Answered(Bought),
}

/// Shared by the runs of a project that use one another's answers.
#[derive(Default)]
pub struct Purchases(Mutex<Known>);

#[derive(Default)]
struct Known {
    under_way: HashMap<CompletionKey, Arc<watch::Sender<State>>>,
    /// The start of every key bought: a hint to look on disk once more, so a chance likeness costs a look and no more.
    landed: HashSet<u32>,
}

/// Four bytes of a key: there are many of them, and a likeness does no harm.
fn hint(&[a, b, c, d, ..]: &CompletionKey) -> u32 {
    u32::from_le_bytes([a, b, c, d])
}

impl Purchases {
    /// Whether an answer to this key may have reached the disk since the caller looked there.
    pub(super) fn may_have_landed(&self, key: &CompletionKey) -> bool {
        self.known().landed.contains(&hint(key))
    }

    /// The request of this key, whoever sends it.
    pub(super) fn request(self: &Arc<Self>, key: CompletionKey) -> Request {
        let mut known = self.known();
        let flight = known.under_way.entry(key).or_insert_with(|| Arc::new(watch::Sender::new(State::Waiting)));
        Request { flight: Arc::clone(flight), landed: known.landed.contains(&hint(&key)), purchases: Arc::clone(self), key }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is under way or about to be. It is forgotten with the last who holds it.
pub(super) struct Request {
    flight: Arc<watch::Sender<State>>,
    /// An answer may have reached the disk since the caller looked there.
    pub landed: bool,
    purchases: Arc<Purchases>,
    key: CompletionKey,
}

impl Request {
    /// The right to send it; none while somebody else does, or has the answer.
    pub(super) fn lead(&self) -> Option<Lead<'_>> {
        let free = self.flight.send_if_modified(|state| {
            let free = matches!(state, State::Waiting);
            if free {
                *state = State::Sent;
            }
            free
        });
        // Lazily: a lead that nobody has must not be given back.
        free.then(|| Lead(self))
    }

    /// What became of it for whoever sends it now: the answer, or none when that one gave up.
    pub(super) async fn outcome(&self) -> Option<Bought> {
        let mut state = self.flight.subscribe();
        // The sender lives as long as this does.
        match state.wait_for(|state| !matches!(state, State::Sent)).await.as_deref() {
            Ok(State::Answered(bought)) => Some(bought.clone()),
            _ => None,
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        let mut known = self.purchases.known();
        // One holder is the list, one is leaving; whoever comes after an answer finds it on disk.
        let done = Arc::strong_count(&self.flight) <= 2 || matches!(*self.flight.borrow(), State::Answered(_));
        if done && known.under_way.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight)) {
            known.under_way.remove(&self.key);
        }
    }
}

/// The right to send a request; without an answer it goes to the next when this is dropped.
pub(super) struct Lead<'a>(&'a Request);

impl Lead<'_> {
    /// The answer has come to disk.
    pub(super) fn answered(self, bought: Bought) {
        self.0.purchases.known().landed.insert(hint(&self.0.key));
        self.0.flight.send_replace(State::Answered(bought));
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        self.0.flight.send_if_modified(|state| {
            let given_up = matches!(state, State::Sent);
            if given_up {
                *state = State::Waiting;
            }
            given_up
        });
    }
}
