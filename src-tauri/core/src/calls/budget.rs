//! The meter: what a run has used, and whether the next call may be made. A call is counted before it is sent.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    chat::TokenUsage,
    clock::Clock,
    run::{Budget, RoleUsage, Usage, UsageByRole},
    store::Role,
};

/// Counts calls and tokens per role and keeps them within the budget.
pub struct Meter {
    budget: Budget,
    /// Dollars per token are known to be zero: the demo model alone.
    free: bool,
    clock: Arc<dyn Clock>,
    started_at: u64,
    earlier_ms: u64,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    by_role: HashMap<Role, RoleUsage>,
    /// Calls that are left for the test split.
    kept_calls: u64,
}

/// A call that was counted and not yet settled.
pub struct Reservation {
    role: Role,
    retry: bool,
    prompt_tokens: u64,
    completion_tokens: u64,
}

impl Meter {
    /// A meter that goes on from what is on disk.
    pub fn new(budget: Budget, free: bool, used: HashMap<Role, RoleUsage>, earlier_ms: u64, clock: Arc<dyn Clock>) -> Self {
        let started_at = clock.elapsed_ms();
        Self { budget, free, clock, started_at, earlier_ms, counts: Mutex::new(Counts { by_role: used, kept_calls: 0 }) }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Milliseconds the run has been driven, earlier sessions included.
    pub fn active_ms(&self) -> u64 {
        self.earlier_ms + self.clock.elapsed_ms().saturating_sub(self.started_at)
    }

    /// Sets aside calls for the test split. Says whether the budget is large enough for that: at least twice as many.
    pub fn keep_for_test(&self, calls: u64) -> bool {
        let affordable = self.budget.max_calls.is_none_or(|most| most >= calls * 2);
        self.counts().kept_calls = if affordable { calls } else { 0 };
        affordable
    }

    /// Counts a call with the upper bound of its tokens, or says which limit forbids it. `test` may use what was set aside.
    pub fn reserve(&self, role: Role, retry: bool, prompt_tokens: u64, completion_tokens: u64, test: bool) -> Result<Reservation, String> {
        let mut counts = self.counts();
        let calls: u64 = counts.by_role.values().map(|u| u.calls).sum();
        let tokens: u64 = counts.by_role.values().map(|u| u.prompt_tokens + u.completion_tokens).sum();
        let kept_calls = if test { 0 } else { counts.kept_calls };
        if let Some(most) = self.budget.max_calls
            && calls + 1 + kept_calls > most
        {
            return Err(format!("The budget of {} calls is spent.", grouped(most)));
        }
        if let Some(most) = self.budget.max_tokens {
            let kept_tokens = if calls == 0 { 0 } else { tokens.div_ceil(calls) * kept_calls };
            if tokens + prompt_tokens + completion_tokens + kept_tokens > most {
                return Err(format!("The budget of {} tokens is spent: the next call might exceed it.", grouped(most)));
            }
        }
        if let Some(most) = self.budget.max_seconds
            && !test
            && self.active_ms() >= most * 1000
        {
            return Err(format!("The time limit of {} s is reached.", grouped(most)));
        }
        let usage = counts.by_role.entry(role).or_default();
        usage.calls += 1;
        usage.retries += u64::from(retry);
        usage.prompt_tokens += prompt_tokens;
        usage.completion_tokens += completion_tokens;
        Ok(Reservation { role, retry, prompt_tokens, completion_tokens })
    }

    /// Replaces the bound by what the server says.
    pub fn settle(&self, reservation: &Reservation, used: TokenUsage) {
        let mut counts = self.counts();
        let usage = counts.by_role.entry(reservation.role).or_default();
        usage.prompt_tokens = (usage.prompt_tokens + used.prompt_tokens).saturating_sub(reservation.prompt_tokens);
        usage.completion_tokens = (usage.completion_tokens + used.completion_tokens).saturating_sub(reservation.completion_tokens);
    }

    /// Takes a call back that was never sent.
    pub fn release(&self, reservation: &Reservation) {
        self.settle(reservation, TokenUsage::default());
        let mut counts = self.counts();
        let usage = counts.by_role.entry(reservation.role).or_default();
        usage.calls = usage.calls.saturating_sub(1);
        usage.retries = usage.retries.saturating_sub(u64::from(reservation.retry));
    }

    /// Counts an answer that cost nothing.
    pub fn count_cached(&self, role: Role) {
        self.counts().by_role.entry(role).or_default().cached += 1;
    }

    /// Everything used so far.
    pub fn usage(&self) -> Usage {
        let counts = self.counts();
        let cost = self.free.then_some(0.0);
        let of = |role| RoleUsage { cost, ..counts.by_role.get(&role).copied().unwrap_or_default() };
        let by_role = UsageByRole { primary: of(Role::Primary), optimizer: of(Role::Optimizer), judge: of(Role::Judge) };
        let roles = [by_role.primary, by_role.optimizer, by_role.judge];
        let sum = |part: fn(&RoleUsage) -> u64| roles.iter().map(part).sum();
        Usage {
            calls: sum(|u| u.calls),
            cached: sum(|u| u.cached),
            retries: sum(|u| u.retries),
            failed: 0,
            spared: 0,
            prompt_tokens: sum(|u| u.prompt_tokens),
            completion_tokens: sum(|u| u.completion_tokens),
            cost,
            by_role,
        }
    }
}

/// 12345 as `12,345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
