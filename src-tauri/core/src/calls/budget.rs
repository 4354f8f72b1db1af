//! The meter: what a run has used, and whether the next call may be made. A call is counted before it is sent.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::{
    chat::TokenUsage,
    clock::Clock,
    price::ModelPrice,
    run::{Budget, RoleUsage, Usage, UsageByRole},
    store::{Role, Used},
};

/// The price of each role's model; a role that is not in it has no model, none is an unknown price.
pub type Prices = HashMap<Role, Option<ModelPrice>>;

/// Counts calls, tokens and dollars per role and keeps them within the budget.
pub struct Meter {
    budget: Budget,
    prices: Prices,
    clock: Arc<dyn Clock>,
    started_at: u64,
    earlier_ms: u64,
    counts: Mutex<Counts>,
    settled: Notify,
}

#[derive(Default)]
struct Counts {
    by_role: HashMap<Role, Used>,
    /// Calls that are left for the test split.
    kept_calls: u64,
    /// Retries of the test split are kept for as well.
    expects_retries: bool,
    /// Calls that were counted and are not settled: what they use may turn out to be less.
    open: u64,
    /// The upper bounds of their tokens, in and out. They count against the limits and are no use yet.
    bounds: HashMap<Role, (u64, u64)>,
    /// The largest upper bounds of one call so far, in and out.
    largest: HashMap<Role, (u64, u64)>,
}

impl Counts {
    /// What is left for the test split: its calls, and as many retries as a server that goes on failing as it did so far will want,
    /// two standard deviations more than are expected.
    fn kept(&self) -> u64 {
        if !self.expects_retries {
            return self.kept_calls;
        }
        let usage = [Role::Primary, Role::Judge].into_iter().filter_map(|r| Some(self.by_role.get(&r)?.usage));
        let (calls, retries) = usage.fold((0, 0), |(calls, retries), u| (calls + u.calls, retries + u.retries));
        let expected = self.kept_calls as f64 * retries as f64 / (calls.saturating_sub(retries) as f64).max(1.0);
        self.kept_calls + (expected + 2.0 * expected.sqrt()).ceil() as u64
    }

    /// What the last call of the test split may take, tokens in and out by role: the largest call of those that answer so far and a quarter
    /// more, as none of its examples was seen. Before anything was answered it is taken to be like the call that is asked for.
    fn last_of_test(&self, role: Role, prompt_tokens: u64, completion_tokens: u64) -> (Role, u64, u64) {
        let known = |role: Role| self.largest.get(&role).map(|(read, written)| (role, read + read / 4, *written));
        let answering = [Role::Primary, Role::Judge].into_iter().filter_map(known);
        let asked = (role, prompt_tokens, completion_tokens);
        let own = Some(asked).filter(|_| role != Role::Optimizer || self.largest.is_empty());
        answering.chain(own).max_by_key(|(_, read, written)| read + written).unwrap_or(asked)
    }

    /// A call is under way no more.
    fn close(&mut self, reservation: &Reservation) {
        self.open = self.open.saturating_sub(1);
        let bounds = self.bounds.entry(reservation.role).or_default();
        *bounds = (bounds.0.saturating_sub(reservation.prompt_tokens), bounds.1.saturating_sub(reservation.completion_tokens));
    }
}

/// A call that was counted and not yet settled.
pub struct Reservation {
    role: Role,
    retry: bool,
    prompt_tokens: u64,
    completion_tokens: u64,
}

/// Why a call may not be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The limit, in words.
    pub limit: String,
    /// Calls under way count, and at their upper bounds; once they are settled it may be allowed.
    pub may_pass: bool,
}

impl Meter {
    /// How the words of a limit on calls, tokens or dollars begin.
    pub const BUDGET: &str = "The budget of ";
    /// How those of the limit on time begin.
    pub const TIME_LIMIT: &str = "The time limit of ";

    /// A meter that goes on from what is on disk.
    pub fn new(budget: Budget, prices: Prices, used: HashMap<Role, Used>, earlier_ms: u64, clock: Arc<dyn Clock>) -> Self {
        let started_at = clock.elapsed_ms();
        let counts = Mutex::new(Counts { by_role: used, ..Counts::default() });
        Self { budget, prices, clock, started_at, earlier_ms, counts, settled: Notify::new() }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Milliseconds the run has been driven, earlier sessions included.
    pub fn active_ms(&self) -> u64 {
        self.earlier_ms + self.clock.elapsed_ms().saturating_sub(self.started_at)
    }

    /// Milliseconds that the time limit leaves; none without a limit. The test split is measured all the same.
    pub fn ms_left(&self, test: bool) -> Option<u64> {
        let most = self.budget.max_seconds.filter(|_| !test)?;
        Some(most.saturating_mul(1000).saturating_sub(self.active_ms()))
    }

    /// Sets aside calls for the test split. Says whether the budget is large enough for that: at least twice as many. Where it pays for the
    /// `first` ones and not for these beside them, none are: without the first ones the test split would not be opened.
    pub fn keep_for_test(&self, calls: u64, first: u64) -> bool {
        let affordable = self.budget.max_calls.is_none_or(|most| most >= calls * 2 && !(first..first + calls).contains(&most));
        self.counts().kept_calls = if affordable { calls } else { 0 };
        affordable
    }

    /// Sets them aside after all where what is left holds them and `beside`: `keep_for_test` reckoned with first prompts that are paid for,
    /// and their answers may have been on disk.
    pub fn keep_for_test_after_all(&self, calls: u64, beside: u64) {
        let left = self.calls_left();
        let mut counts = self.counts();
        if counts.kept_calls == 0 && left.is_some_and(|left| left >= calls + beside) {
            counts.kept_calls = calls;
        }
    }

    /// Calls that the limit on them leaves, the test split's among them; none without a limit.
    pub fn calls_left(&self) -> Option<u64> {
        let used: u64 = self.counts().by_role.values().map(|u| u.usage.calls).sum();
        Some(self.budget.max_calls?.saturating_sub(used))
    }

    /// What a call of the test split may take, in and out, before this process has made any that answers.
    pub fn expect_of_test(&self, prompt_tokens: u64, completion_tokens: u64) {
        self.counts().largest.insert(Role::Primary, (prompt_tokens, completion_tokens));
    }

    /// From now on the reserve grows with the retries: the baseline is measured. Until then its answers matter more, since without them
    /// nothing is tested.
    pub fn expect_retries(&self) {
        self.counts().expects_retries = true;
    }

    fn cost(&self, role: Role, prompt_tokens: u64, cached_tokens: u64, completion_tokens: u64) -> f64 {
        let price = self.prices.get(&role).and_then(Option::as_ref);
        price.map_or(0.0, |price| price.cost(prompt_tokens, cached_tokens, completion_tokens))
    }

    /// Counts a call with the upper bound of its tokens, or says which limit forbids it. `test` may use what was set aside.
    pub fn reserve(&self, role: Role, retry: bool, prompt_tokens: u64, completion_tokens: u64, test: bool) -> Result<Reservation, Refusal> {
        let mut counts = self.counts();
        self.allows_beside(&counts, role, prompt_tokens, completion_tokens, test)?;
        counts.open += 1;
        let usage = &mut counts.by_role.entry(role).or_default().usage;
        usage.calls += 1;
        usage.retries += u64::from(retry);
        usage.prompt_tokens += prompt_tokens;
        usage.completion_tokens += completion_tokens;
        let bounds = counts.bounds.entry(role).or_default();
        *bounds = (bounds.0 + prompt_tokens, bounds.1 + completion_tokens);
        let largest = counts.largest.entry(role).or_default();
        *largest = (largest.0.max(prompt_tokens), largest.1.max(completion_tokens));
        Ok(Reservation { role, retry, prompt_tokens, completion_tokens })
    }

    /// Whether such a call could be made now: nobody waits for his turn with one that could not.
    pub fn allows(&self, role: Role, prompt_tokens: u64, completion_tokens: u64, test: bool) -> Result<(), Refusal> {
        self.allows_beside(&self.counts(), role, prompt_tokens, completion_tokens, test)
    }

    fn allows_beside(&self, counts: &Counts, role: Role, prompt_tokens: u64, completion_tokens: u64, test: bool) -> Result<(), Refusal> {
        // Whatever is settled gives no time back.
        if self.ms_left(test) == Some(0) {
            let most = self.budget.max_seconds.unwrap_or_default();
            return Err(Refusal { limit: format!("{}{} s is reached.", Self::TIME_LIMIT, grouped(most)), may_pass: false });
        }
        let calls: u64 = counts.by_role.values().map(|u| u.usage.calls).sum();
        let kept_calls = if test { 0 } else { counts.kept() };
        let may_pass = counts.open > 0;
        if let Some(most) = self.budget.max_calls
            && calls + 1 + kept_calls > most
        {
            let apart = if kept_calls > 0 {
                format!(" but for the {} that were kept for the test split", grouped(kept_calls))
            } else {
                String::new()
            };
            // A call under way that finds no server is given back.
            return Err(Refusal { limit: format!("{}{} calls is spent{apart}.", Self::BUDGET, grouped(most)), may_pass });
        }
        // The test split asks the primary model and the judge, about as much a call as they used so far; the last of them still has to
        // fit with its upper bound.
        let last = (kept_calls > 0).then(|| counts.last_of_test(role, prompt_tokens, completion_tokens));
        let answering = [Role::Primary, Role::Judge].map(|r| counts.by_role.get(&r).map(|u| u.usage).unwrap_or_default());
        let per_call = kept_calls as f64 / (answering.iter().map(|u| u.calls).sum::<u64>() as f64).max(1.0);
        if let Some(most) = self.budget.max_tokens {
            let tokens: u64 = counts.by_role.values().map(|u| u.usage.prompt_tokens + u.usage.completion_tokens).sum();
            let kept = answering.iter().map(|u| u.prompt_tokens + u.completion_tokens).sum::<u64>() as f64 * per_call;
            let next = prompt_tokens + completion_tokens;
            let of_last = last.map(|(_, read, written)| read + written);
            if tokens + next + of_last.unwrap_or(0) + kept.ceil() as u64 > most {
                let kept = of_last.map(|last| (grouped(kept.ceil() as u64), grouped(last) + " tokens"));
                let limit = no_room(&format!("{} tokens", grouped(most)), &grouped(tokens), kept, &(grouped(next) + " tokens"));
                return Err(Refusal { limit, may_pass });
            }
        }
        if let Some(most) = self.budget.max_cost {
            let of = |role: Role, u: &RoleUsage| self.cost(role, u.prompt_tokens, u.cached_tokens, u.completion_tokens);
            let spent: f64 = counts.by_role.iter().map(|(role, u)| of(*role, &u.usage)).sum();
            let kept = (of(Role::Primary, &answering[0]) + of(Role::Judge, &answering[1])) * per_call;
            let next = self.cost(role, prompt_tokens, 0, completion_tokens);
            let of_last = last.map(|(role, read, written)| self.cost(role, read, 0, written));
            if spent + next + of_last.unwrap_or(0.0) + kept > most {
                let kept = of_last.map(|last| (dollars(kept), dollars(last)));
                let limit = no_room(&format!("${most}"), &dollars(spent), kept, &dollars(next));
                return Err(Refusal { limit, may_pass });
            }
        }
        Ok(())
    }

    /// Waits until a call is settled. Called before [`Meter::reserve`], so that none is missed in between.
    pub fn next_settled(&self) -> tokio::sync::futures::Notified<'_> {
        self.settled.notified()
    }

    /// Replaces the bound by what the server says.
    pub fn settle(&self, reservation: &Reservation, used: TokenUsage) {
        {
            let mut counts = self.counts();
            counts.close(reservation);
            let usage = &mut counts.by_role.entry(reservation.role).or_default().usage;
            usage.prompt_tokens = (usage.prompt_tokens + used.prompt_tokens).saturating_sub(reservation.prompt_tokens);
            usage.completion_tokens = (usage.completion_tokens + used.completion_tokens).saturating_sub(reservation.completion_tokens);
            usage.cached_tokens += used.cached_tokens;
            usage.estimated += u64::from(used.estimated);
        }
        self.settled.notify_waiters();
    }

    /// Leaves a call that was sent and dropped at its bound: it counts as spent.
    pub fn keep(&self, reservation: &Reservation) {
        self.counts().close(reservation);
        self.settled.notify_waiters();
    }

    /// Takes a call back that was never sent.
    pub fn release(&self, reservation: &Reservation) {
        {
            let mut counts = self.counts();
            let usage = &mut counts.by_role.entry(reservation.role).or_default().usage;
            usage.calls = usage.calls.saturating_sub(1);
            usage.retries = usage.retries.saturating_sub(u64::from(reservation.retry));
        }
        // Who waits for a place looks once it is free.
        self.settle(reservation, TokenUsage::default());
    }

    /// Counts an answer that cost nothing, and what it would have used.
    pub fn count_cached(&self, role: Role, saved: TokenUsage) {
        let mut counts = self.counts();
        let used = counts.by_role.entry(role).or_default();
        used.usage.cached += 1;
        used.saved_prompt_tokens += saved.prompt_tokens;
        used.saved_completion_tokens += saved.completion_tokens;
    }

    fn role_usage(&self, counts: &Counts, role: Role) -> RoleUsage {
        let Used { mut usage, saved_prompt_tokens, saved_completion_tokens } = counts.by_role.get(&role).copied().unwrap_or_default();
        let (prompt_tokens, completion_tokens) = counts.bounds.get(&role).copied().unwrap_or_default();
        usage.prompt_tokens = usage.prompt_tokens.saturating_sub(prompt_tokens);
        usage.completion_tokens = usage.completion_tokens.saturating_sub(completion_tokens);
        let known = self.prices.get(&role).is_none_or(Option::is_some);
        // Whatever it would have cost, nothing was sent.
        let spent_is_known = known || usage.calls == 0;
        RoleUsage {
            cost: spent_is_known.then(|| self.cost(role, usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens)),
            saved: known.then(|| self.cost(role, saved_prompt_tokens, 0, saved_completion_tokens)),
            ..usage
        }
    }

    /// Everything used so far. Tokens and dollars of calls under way are not known yet; they are in it when their answers are.
    pub fn usage(&self) -> Usage {
        let counts = self.counts();
        let of = |role| self.role_usage(&counts, role);
        let by_role = UsageByRole { primary: of(Role::Primary), optimizer: of(Role::Optimizer), judge: of(Role::Judge) };
        Usage::of_roles(by_role)
    }
}

/// Why a limit that is not used up allows no further call: what is spent, what is kept for the test split with what its last call may
/// take, and what the next call may take.
fn no_room(limit: &str, spent: &str, kept: Option<(String, String)>, next: &str) -> String {
    let rest = match kept {
        Some((kept, last)) => {
            format!(", {kept} is kept for the test split and up to {last} for its last call, and the next call may take up to {next}")
        }
        None => format!(" and the next call may take up to {next}"),
    };
    format!("{}{limit} does not allow another call: {spent} is spent{rest}.", Meter::BUDGET)
}

/// Dollars with the cents, and below a dollar with two digits that count.
pub fn dollars(amount: f64) -> String {
    let digits = if amount > 0.0 && amount < 1.0 { (1.0 - amount.log10().floor()).clamp(2.0, 8.0) as usize } else { 2 };
    format!("${amount:.digits$}")
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
