//! When to give a server up: it says no, and nothing else, for longer than a hiccup takes.
//!
//! What some examples alone bring about must not end a run: up to 2 % of them may have no answer, and those are tried to the last when
//! the others are answered long since. So a server that has answered before is given up only after more new requests failed than were
//! under way and may be missing, and not before every one of them would have outlasted a restart.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::retry;
use crate::{run::MissingCause, store::Role};

/// How long a server that has answered before may be away.
const RESTART: Duration = Duration::from_secs(30);
/// How long one may be away that the run has not met yet: most likely it is not running.
const NOT_MET: Duration = Duration::from_secs(3);
/// How long a provider may refuse every request for its rate limit when it has let none through so far; quotas go by the minute.
const FIRST_QUOTA: Duration = Duration::from_secs(120);
/// The same for one that has let some through.
const NEXT_QUOTA: Duration = Duration::from_secs(300);
/// So many times the patience are not spent on a provider that has let nothing through, however quickly it refuses.
const MOST_REFUSALS: u64 = 10;

/// What failed since the last answer.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    failed: u64,
    /// Requests among them that had not been sent before.
    new: u64,
    since_ms: u64,
}

#[derive(Default)]
struct Heard {
    row: Row,
    answered: bool,
    /// Since when the server of a role cannot be reached.
    away: HashMap<Role, u64>,
}

/// The failures of a run in a row.
pub(super) struct Silence {
    heard: Mutex<Heard>,
    patience: u64,
    tolerated: u64,
}

impl Silence {
    /// For a run with so many calls at once, over so many examples.
    pub(super) fn new(concurrency: u32, examples: u64) -> Self {
        let concurrency = u64::from(concurrency);
        Self { heard: Mutex::default(), patience: concurrency * 2 + 4, tolerated: concurrency + examples.div_ceil(50) }
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server spoke.
    pub(super) fn ends(&self, role: Role) {
        let heard = &mut *self.heard();
        (heard.row, heard.answered) = (Row::default(), true);
        heard.away.remove(&role);
    }

    /// The server of a role is there, whatever it says.
    pub(super) fn is_there(&self, role: Role) {
        self.heard().away.remove(&role);
    }

    /// The server of a role cannot be reached. Says why the run should wait; nothing while there is hope. No example brings this about,
    /// and nobody was asked anything, so time alone counts.
    pub(super) fn is_away(&self, role: Role, now_ms: u64) -> Option<String> {
        let mut heard = self.heard();
        let since = *heard.away.entry(role).or_insert(now_ms);
        let lasts = Duration::from_millis(now_ms.saturating_sub(since));
        if heard.answered {
            return (lasts >= RESTART).then(|| format!("The server has been away for {}.", retry::words(lasts)));
        }
        (lasts >= NOT_MET).then(|| "The server cannot be reached.".to_owned())
    }

    /// A request failed; `retry`: it had been sent before.
    pub(super) fn goes_on(&self, retry: bool, now_ms: u64) {
        let row = &mut self.heard().row;
        if row.failed == 0 {
            row.since_ms = now_ms;
        }
        row.failed += 1;
        row.new += u64::from(!retry);
    }

    /// Why the run should wait now that a request failed for this cause; none while there is hope.
    pub(super) fn verdict(&self, cause: MissingCause, now_ms: u64) -> Option<String> {
        let (row, answered) = {
            let heard = self.heard();
            (heard.row, heard.answered)
        };
        let lasts = Duration::from_millis(now_ms.saturating_sub(row.since_ms));
        let counted = format!("{} requests in a row failed within {}.", row.failed, retry::words(lasts));
        if cause == MissingCause::RateLimited {
            let quota = if answered { NEXT_QUOTA } else { FIRST_QUOTA };
            let refused = row.failed >= self.patience && lasts >= quota || !answered && row.failed >= self.patience * MOST_REFUSALS;
            return refused.then(|| format!("The provider refuses every request for its rate limit: {counted}"));
        }
        if answered {
            let gone = row.new > self.tolerated && lasts >= RESTART;
            return gone.then(|| format!("The model does not answer any more: {counted}"));
        }
        (row.failed >= self.patience).then(|| "The model does not answer.".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: MissingCause = MissingCause::ServerError;
    const LIMIT: MissingCause = MissingCause::RateLimited;

    fn failing(silence: &Silence, requests: u64, retry: bool, from_ms: u64, to_ms: u64) {
        for n in 0..requests {
            silence.goes_on(retry, from_ms + (to_ms - from_ms) * n / requests.max(1));
        }
    }

    #[test]
    fn a_server_that_never_answered_is_given_up_soon() {
        let silence = Silence::new(16, 1_000);
        failing(&silence, 35, true, 0, 1_000);
        assert_eq!(silence.verdict(SERVER, 1_000), None);
        failing(&silence, 1, true, 1_000, 1_000);
        assert_eq!(silence.verdict(SERVER, 1_000).as_deref(), Some("The model does not answer."));
    }

    #[test]
    fn a_server_that_goes_away_has_the_time_of_a_restart() {
        let silence = Silence::new(16, 1_000);
        silence.ends(Role::Primary);
        failing(&silence, 37, false, 5_000, 20_000);
        assert_eq!(silence.verdict(SERVER, 34_999), None, "30 s from the first failure on");
        let words = silence.verdict(SERVER, 35_000);
        assert_eq!(words.as_deref(), Some("The model does not answer any more: 37 requests in a row failed within 30 s."));
        silence.ends(Role::Primary);
        failing(&silence, 37, false, 36_000, 37_000);
        assert_eq!(silence.verdict(SERVER, 40_000), None, "an answer starts it anew");
    }

    #[test]
    fn examples_that_always_fail_do_not_end_a_run_when_only_they_are_left() {
        let silence = Silence::new(16, 1_000);
        silence.ends(Role::Primary);
        // As many as were under way and 2 % may be new; they are sent again and again.
        failing(&silence, 36, false, 0, 1_000);
        failing(&silence, 36 * 7, true, 1_000, 100_000);
        assert_eq!(silence.verdict(SERVER, 100_000), None);
    }

    #[test]
    fn a_rate_limit_is_waited_for_as_long_as_a_quota_takes() {
        let silence = Silence::new(16, 1_000);
        failing(&silence, 36, true, 0, 1_000);
        assert_eq!(silence.verdict(LIMIT, 119_999), None);
        assert!(silence.verdict(LIMIT, 120_000).is_some_and(|words| words.ends_with("36 requests in a row failed within 2 min.")));
        silence.ends(Role::Primary);
        failing(&silence, 36, true, 0, 1_000);
        assert_eq!(silence.verdict(LIMIT, 299_999), None, "it has let some through");
        assert!(silence.verdict(LIMIT, 300_000).is_some());
        let quick = Silence::new(16, 1_000);
        failing(&quick, 359, true, 0, 1_000);
        assert_eq!(quick.verdict(LIMIT, 1_000), None);
        failing(&quick, 1, true, 1_000, 1_000);
        assert!(quick.verdict(LIMIT, 1_000).is_some(), "it refuses so quickly that it eats the budget");
    }

    #[test]
    fn a_server_that_cannot_be_reached_is_waited_for_by_time_and_for_itself_alone() {
        let silence = Silence::new(16, 1_000);
        assert_eq!(silence.is_away(Role::Primary, 0), None);
        assert!(silence.is_away(Role::Primary, 3_000).is_some(), "the run has not met it");
        silence.ends(Role::Primary);
        assert_eq!(silence.is_away(Role::Optimizer, 10_000), None);
        silence.ends(Role::Primary);
        assert_eq!(silence.is_away(Role::Primary, 39_000), None, "it was there a moment ago");
        assert_eq!(silence.is_away(Role::Optimizer, 40_000).as_deref(), Some("The server has been away for 30 s."));
        silence.is_there(Role::Optimizer);
        assert_eq!(silence.is_away(Role::Optimizer, 41_000), None);
    }
}
