//! Who waits: when nothing of a run is under way and every call waits for time to pass, the user is told until when.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::run::WaitReason;

/// Shorter waits are not worth telling, in milliseconds.
const WORTH_TELLING: u64 = 1000;

/// Calls of a run that are under way, and those that wait.
#[derive(Default)]
pub struct Waits(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    under_way: u32,
    /// How many wait until when, in the clock's milliseconds, and why.
    until: BTreeMap<u64, (u32, WaitReason)>,
    told: u64,
}

/// A call that waits, until it is dropped.
pub struct Waiter<'a> {
    waits: &'a Waits,
    until: u64,
}

/// A call that is under way, until it is dropped.
pub struct Sent<'a>(&'a Waits);

impl Waits {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call waits until then.
    pub fn wait(&self, until: u64, reason: WaitReason) -> Waiter<'_> {
        self.counts().until.entry(until).or_insert((0, reason)).0 += 1;
        Waiter { waits: self, until }
    }

    /// A call is under way.
    pub fn sent(&self) -> Sent<'_> {
        self.counts().under_way += 1;
        Sent(self)
    }

    /// Until when everything waits and why, when that is worth telling and was not told.
    pub fn all_wait_until(&self, now: u64) -> Option<(u64, WaitReason)> {
        let mut counts = self.counts();
        let (&earliest, &(_, reason)) = counts.until.first_key_value()?;
        counts.news(now, earliest).then_some((earliest, reason))
    }

    /// Whether it is news, and worth telling, that everything waits until then: for a gate that was closed for longer after calls had
    /// begun to wait for it.
    pub fn all_wait_for_gate(&self, now: u64, until: u64) -> bool {
        let mut counts = self.counts();
        !counts.until.is_empty() && counts.news(now, until)
    }
}

impl Counts {
    fn news(&mut self, now: u64, until: u64) -> bool {
        let news = self.under_way == 0 && until >= now.saturating_add(WORTH_TELLING) && until != self.told;
        if news {
            self.told = until;
        }
        news
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut counts = self.waits.counts();
        if let Some((count, _)) = counts.until.get_mut(&self.until) {
            *count -= 1;
            if *count == 0 {
                counts.until.remove(&self.until);
            }
        }
    }
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        self.0.counts().under_way -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHY: WaitReason = WaitReason::Failures;

    #[test]
    fn a_wait_is_told_once_and_only_when_nothing_is_under_way() {
        let waits = Waits::default();
        let sent = waits.sent();
        let first = waits.wait(5_000, WHY);
        assert_eq!(waits.all_wait_until(0), None, "a call is under way");
        drop(sent);
        let second = waits.wait(9_000, WHY);
        assert_eq!(waits.all_wait_until(0), Some((5_000, WHY)));
        assert_eq!(waits.all_wait_until(0), None, "told already");
        drop(first);
        assert_eq!(waits.all_wait_until(8_500), None, "half a second is not worth it");
        assert_eq!(waits.all_wait_until(0), Some((9_000, WHY)));
        drop(second);
        assert_eq!(waits.all_wait_until(0), None);
    }

    #[test]
    fn a_gate_that_is_closed_for_longer_meanwhile_is_told() {
        let waits = Waits::default();
        assert!(!waits.all_wait_for_gate(0, 60_000), "nobody waits");
        let _early = waits.wait(800, WHY);
        assert_eq!(waits.all_wait_until(0), None, "not worth telling");
        assert!(waits.all_wait_for_gate(1_000, 60_000));
        assert!(!waits.all_wait_for_gate(2_000, 60_000), "told already");
        assert!(waits.all_wait_for_gate(2_000, 90_000));
        let _sent = waits.sent();
        assert!(!waits.all_wait_for_gate(3_000, 120_000), "a call is under way");
    }
}
