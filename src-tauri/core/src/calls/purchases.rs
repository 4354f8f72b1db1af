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
    landed: Landed,
}

/// What reached the disk lately, as hints to look there once more: a chance likeness costs a look and no more. However long a run
/// goes on, memory holds one full period and the one that is filling; who looked before them looks again.
#[derive(Default)]
struct Landed {
    filling: HashSet<u32>,
    full: HashSet<u32>,
    period: u64,
}

impl Landed {
    /// Hints of a period: what a table of 2^17 places takes.
    const PERIOD: usize = (1 << 17) / 8 * 7;

    fn insert(&mut self, key: &CompletionKey) {
        if self.filling.len() >= Self::PERIOD {
            self.full = std::mem::take(&mut self.filling);
            self.period += 1;
        }
        self.filling.insert(hint(key));
    }

    /// Whether it may have come in this period of a look or later.
    fn may_hold(&self, key: &CompletionKey, since: Period) -> bool {
        let hint = hint(key);
        since.0 + 1 < self.period || self.filling.contains(&hint) || self.full.contains(&hint)
    }
}

/// When somebody looked on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period(u64);

/// Four bytes of a key: there are many of them, and a likeness does no harm.
fn hint(&[a, b, c, d, ..]: &CompletionKey) -> u32 {
    u32::from_le_bytes([a, b, c, d])
}

impl Purchases {
    /// The time now: to be asked before a look on disk.
    pub(super) fn period(&self) -> Period {
        Period(self.known().landed.period)
    }

    /// Whether an answer to this key may have reached the disk since the caller looked there.
    pub(super) fn may_have_landed(&self, key: &CompletionKey, since: Period) -> bool {
        self.known().landed.may_hold(key, since)
    }

    /// The request of this key, whoever sends it, for somebody who looked on disk then.
    pub(super) fn request(self: &Arc<Self>, key: CompletionKey, since: Period) -> Request {
        let mut known = self.known();
        let flight = known.under_way.entry(key).or_insert_with(|| Arc::new(watch::Sender::new(State::Waiting)));
        Request { flight: Arc::clone(flight), landed: known.landed.may_hold(&key, since), purchases: Arc::clone(self), key }
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
        self.0.purchases.known().landed.insert(&self.0.key);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: usize) -> CompletionKey {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&u32::try_from(n).unwrap().to_le_bytes());
        key
    }

    #[test]
    fn what_landed_after_a_look_is_looked_for_again_however_much_came_since() {
        let mut landed = Landed::default();
        let period = |landed: &Landed| Period(landed.period);
        let first = period(&landed);
        landed.insert(&key(0));
        for n in 1..4 * Landed::PERIOD {
            let (before, just_before) = (period(&landed), key(n - 1));
            landed.insert(&key(n));
            assert!(landed.may_hold(&key(n), before) && landed.may_hold(&just_before, before), "{n}");
            assert!(landed.may_hold(&key(0), first), "{n}");
            assert!(landed.filling.len() + landed.full.len() <= 2 * Landed::PERIOD, "{n}");
        }
        let now = period(&landed);
        assert!(!landed.may_hold(&key(0), now), "who looks now has seen what came before");
        assert!(landed.may_hold(&key(usize::try_from(u32::MAX).unwrap()), first), "what is forgotten may be anything");
    }
}
