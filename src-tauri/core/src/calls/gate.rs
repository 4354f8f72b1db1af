//! The gate of a connection: every call of every run passes it. It keeps to the calls at once, to the requests and tokens per
//! minute the user set, and to what the server says of its quota, and lets waiting runs pass in turn.

use std::{
    collections::VecDeque,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::Clock as GovernorClock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use tokio::sync::oneshot;

use super::adapt::{Adaptive, Seen};
use crate::{
    chat::{ChatError, ChatErrorKind, ServerQuota},
    clock::Clock,
    run::{MissingCause, WaitReason},
};

/// What the user allows a connection; none is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateLimits {
    /// Calls at once, at least 1.
    pub concurrency: u32,
    /// Requests in any minute.
    pub requests_per_minute: Option<u32>,
    /// Tokens in any minute, estimated before each call.
    pub tokens_per_minute: Option<u32>,
}

/// How a call ended that passed the gate.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    /// As far as the limit is concerned.
    pub seen: Seen,
    /// When the server wants to be asked again.
    pub retry_after: Option<Duration>,
    /// The server's own figures, where it gives some.
    pub quota: Option<ServerQuota>,
}

impl Ended {
    /// How a request ended: `answered_ms` is how long its answer took, when it had one.
    pub fn of<T>(outcome: &Result<T, ChatError>, answered_ms: f64, quota: Option<ServerQuota>) -> Self {
        let seen = match outcome {
            Ok(_) => Seen::Answered(answered_ms),
            Err(error) => match error.kind {
                ChatErrorKind::Transient(MissingCause::RateLimited) => Seen::RateLimited,
                ChatErrorKind::Unreached(_) => Seen::Unreached,
                _ => Seen::Failed,
            },
        };
        Self { seen, retry_after: outcome.as_ref().err().and_then(|error| error.retry_after), quota }
    }
}

/// As many rate-limited calls in a row, and no more are sent until one has been answered.
const CLOSED_AFTER: u32 = 8;
const FIRST_HOLD: Duration = Duration::from_secs(1);
const LONGEST_HOLD: Duration = Duration::from_secs(60);
/// A server that is away is looked for no less often: one that comes back is found soon.
const LONGEST_ABSENCE_HOLD: Duration = Duration::from_secs(4);

/// The handed-in clock as the rate limiter wants it.
#[derive(Clone)]
struct LimiterClock(Arc<dyn Clock>);

impl GovernorClock for LimiterClock {
    type Instant = Nanos;
    fn now(&self) -> Nanos {
        Duration::from_millis(self.0.elapsed_ms()).into()
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, LimiterClock, NoOpMiddleware<Nanos>>;

/// At most `most` cells in any minute: so large a part of them at once, the rest evenly.
fn per_minute(most: u32, part: u32, clock: LimiterClock) -> Option<(Limiter, NonZeroU32)> {
    let burst = NonZeroU32::new((most / part).max(1))?;
    let quota = Quota::with_period(Duration::from_secs(60) / (most - burst.get() + 1))?.allow_burst(burst);
    Some((RateLimiter::direct_with_clock(quota, clock), burst))
}

struct Waiter {
    tokens: u32,
    tokens_taken: bool,
    pass: oneshot::Sender<Pass>,
}

struct State {
    limits: GateLimits,
    requests: Option<(Limiter, NonZeroU32)>,
    tokens: Option<(Limiter, NonZeroU32)>,
    adaptive: Adaptive,
    in_flight: u32,
    /// Runs that wait, the next first, each with its calls in order.
    queues: VecDeque<(i64, VecDeque<Waiter>)>,
    limited_in_a_row: u32,
    /// How often in a row the server was looked for in vain; one call at a time looks.
    away: u32,
    /// Nothing passes before then, in the clock's milliseconds.
    held_until: u64,
    /// When somebody will look again.
    timer: Option<u64>,
    reason: WaitReason,
}

/// One connection's gate, shared by all runs that use it.
pub struct Gate {
    clock: Arc<dyn Clock>,
    me: Weak<Gate>,
    state: Mutex<State>,
}

impl Gate {
    /// An open gate.
    pub fn new(clock: Arc<dyn Clock>, limits: GateLimits) -> Arc<Self> {
        let state = State {
            requests: None,
            tokens: None,
            adaptive: Adaptive::new(limits.concurrency),
            limits,
            in_flight: 0,
            queues: VecDeque::new(),
            limited_in_a_row: 0,
            away: 0,
            held_until: 0,
            timer: None,
            reason: WaitReason::ProviderLimit,
        };
        let gate = Arc::new_cyclic(|me| Self { clock, me: me.clone(), state: Mutex::new(state) });
        gate.limiters(&mut gate.state());
        gate
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn limiters(&self, state: &mut State) {
        let clock = || LimiterClock(Arc::clone(&self.clock));
        state.requests = state.limits.requests_per_minute.and_then(|most| per_minute(most, 20, clock()));
        state.tokens = state.limits.tokens_per_minute.and_then(|most| per_minute(most, 2, clock()));
    }

    /// The user has changed the limits.
    pub fn set_limits(&self, limits: GateLimits) {
        let mut state = self.state();
        if state.limits != limits {
            state.limits = limits;
            state.adaptive.set_ceiling(limits.concurrency);
            self.limiters(&mut state);
            self.pump(&mut state);
        }
    }

    /// Waits for a pass for a call of about so many tokens. Runs pass in turn, the calls of one run in order.
    pub async fn enter(&self, run: i64, tokens: u64) -> Option<Pass> {
        let (pass, passed) = oneshot::channel();
        {
            let mut state = self.state();
            let waiter = Waiter { tokens: u32::try_from(tokens).unwrap_or(u32::MAX), tokens_taken: false, pass };
            match state.queues.iter_mut().find(|(of, _)| *of == run) {
                Some((_, queue)) => queue.push_back(waiter),
                None => state.queues.push_back((run, VecDeque::from([waiter]))),
            }
            self.pump(&mut state);
        }
        passed.await.ok()
    }

    /// Until when nothing passes, in the clock's milliseconds, and why; none when the gate is open.
    pub fn held(&self) -> Option<(u64, WaitReason)> {
        let state = self.state();
        let until = state.held_until.max(state.timer.unwrap_or(0));
        (until > self.clock.elapsed_ms()).then_some((until, state.reason))
    }

    /// Calls at once that pass now, and that the user allows.
    pub fn concurrency(&self) -> (u32, u32) {
        let state = self.state();
        (state.adaptive.limit(), state.limits.concurrency)
    }

    /// Lets pass what may pass; sees to it that somebody looks again when time alone opens the gate.
    fn pump(&self, state: &mut State) {
        loop {
            let closed = state.away > 0 || state.limited_in_a_row >= CLOSED_AFTER.max(state.adaptive.limit());
            let most = if closed { 1 } else { state.adaptive.limit() };
            if state.in_flight >= most {
                return;
            }
            // Who does not wait any more (paused, stopped) is passed over.
            while let Some((_, queue)) = state.queues.front_mut() {
                while queue.front().is_some_and(|w| w.pass.is_closed()) {
                    queue.pop_front();
                }
                if !queue.is_empty() {
                    break;
                }
                state.queues.pop_front();
            }
            if state.queues.is_empty() {
                return;
            }
            let now = self.clock.elapsed_ms();
            if now < state.held_until {
                return self.look_again(state, state.held_until);
            }
            if let Some(wait) = state.rate_wait() {
                state.reason = WaitReason::OwnLimit;
                let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                return self.look_again(state, now.saturating_add(millis + 1));
            }
            let Some((run, mut queue)) = state.queues.pop_front() else { return };
            let Some(waiter) = queue.pop_front() else { continue };
            if !queue.is_empty() {
                state.queues.push_back((run, queue));
            }
            let Some(gate) = self.me.upgrade() else { return };
            state.in_flight += 1;
            let pass = Pass { gate, generation: state.adaptive.generation(), ended: None, counted: true };
            if let Err(mut refused) = waiter.pass.send(pass) {
                // It went away this instant; its place is free again, without the lock being taken twice.
                refused.counted = false;
                state.in_flight -= 1;
            }
        }
    }

    fn look_again(&self, state: &mut State, at: u64) {
        if state.timer.is_some_and(|timer| timer <= at) {
            return;
        }
        state.timer = Some(at);
        let gate = self.me.clone();
        let sleep = self.clock.sleep(Duration::from_millis(at.saturating_sub(self.clock.elapsed_ms())));
        tokio::spawn(async move {
            sleep.await;
            if let Some(gate) = gate.upgrade() {
                let mut state = gate.state();
                if state.timer == Some(at) {
                    state.timer = None;
                    gate.pump(&mut state);
                }
            }
        });
    }

    fn hold(&self, state: &mut State, wait: Duration, reason: WaitReason) {
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        state.held_until = state.held_until.max(self.clock.elapsed_ms().saturating_add(millis));
        state.reason = reason;
    }

    fn leave(&self, pass: &Pass) {
        let mut state = self.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        if let Some(Ended { seen, retry_after, quota }) = pass.ended {
            state.adaptive.observe(seen, pass.generation);
            let held = self.clock.elapsed_ms() < state.held_until;
            match seen {
                // Those that were under way together found out the same.
                Seen::Unreached if held && state.away > 0 => {}
                Seen::Unreached => {
                    let wait = FIRST_HOLD.saturating_mul(2_u32.saturating_pow(state.away.min(10))).min(LONGEST_ABSENCE_HOLD);
                    state.away = state.away.saturating_add(1);
                    self.hold(&mut state, wait, WaitReason::Unreachable);
                }
                Seen::RateLimited => {
                    state.away = 0;
                    state.limited_in_a_row = state.limited_in_a_row.saturating_add(1);
                    let spent = quota.is_some_and(|q| q.is_spent());
                    if spent {
                        state.adaptive.quota_is_spent(pass.generation);
                    }
                    let closed_for = state.limited_in_a_row.saturating_sub(CLOSED_AFTER.max(state.adaptive.limit()) - 1);
                    if spent || closed_for > 0 {
                        let patience =
                            FIRST_HOLD.saturating_mul(2_u32.saturating_pow(closed_for.saturating_sub(1).min(10))).min(LONGEST_HOLD);
                        let told = retry_after.or_else(|| quota.and_then(|q| q.until_next()));
                        self.hold(&mut state, told.unwrap_or(patience).min(LONGEST_HOLD), WaitReason::ProviderLimit);
                    }
                }
                Seen::Answered(_) => {
                    state.away = 0;
                    state.limited_in_a_row = 0;
                    if let Some(wait) = quota.filter(ServerQuota::is_spent).and_then(|q| q.until_next()) {
                        self.hold(&mut state, wait.min(LONGEST_HOLD), WaitReason::ProviderLimit);
                    }
                }
                // What was cut when the server went away says nothing of now.
                Seen::Failed if held => {}
                Seen::Failed => state.away = 0,
            }
        }
        self.pump(&mut state);
    }
}

impl State {
    /// How long the next call has to wait for the minute's requests and tokens; takes them when it has not.
    fn rate_wait(&mut self) -> Option<Duration> {
        let waiter = self.queues.front_mut()?.1.front_mut()?;
        let take = |limiter: &(Limiter, NonZeroU32), cells: u32| -> Option<Duration> {
            let (limiter, burst) = limiter;
            // A call larger than what may go at once takes all of that.
            let cells = NonZeroU32::new(cells)?.min(*burst);
            let clock = limiter.clock();
            limiter.check_n(cells).ok()?.err().map(|not_yet| not_yet.wait_time_from(clock.now()))
        };
        if let (Some(limiter), false) = (&self.tokens, waiter.tokens_taken) {
            if let Some(wait) = take(limiter, waiter.tokens.max(1)) {
                return Some(wait);
            }
            waiter.tokens_taken = true;
        }
        self.requests.as_ref().and_then(|limiter| take(limiter, 1))
    }
}

/// Leave to send one call; the place is free again when it is dropped.
pub struct Pass {
    gate: Arc<Gate>,
    generation: u64,
    ended: Option<Ended>,
    counted: bool,
}

impl Pass {
    /// Gives the place back and tells how the call ended.
    pub fn end(mut self, ended: Ended) {
        self.ended = Some(ended);
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.counted {
            let gate = Arc::clone(&self.gate);
            gate.leave(self);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Time passes by sleeping, and sleeping takes no time.
    #[derive(Default)]
    struct Fast(AtomicU64);

    impl Clock for Fast {
        fn now_ms(&self) -> i64 {
            0
        }
        fn elapsed_ms(&self) -> u64 {
            self.0.load(Ordering::SeqCst)
        }
        fn sleep(&self, duration: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
            self.0.fetch_add(u64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
            Box::pin(tokio::task::yield_now())
        }
    }

    fn gate(concurrency: u32, requests_per_minute: Option<u32>) -> (Arc<Fast>, Arc<Gate>) {
        let clock = Arc::new(Fast::default());
        let limits = GateLimits { concurrency, requests_per_minute, tokens_per_minute: None };
        (Arc::clone(&clock), Gate::new(clock, limits))
    }

    fn answered() -> Ended {
        Ended { seen: Seen::Answered(1.0), retry_after: None, quota: None }
    }

    #[tokio::test]
    async fn runs_that_share_a_connection_pass_in_turn() {
        let (_, gate) = gate(1, None);
        let first = gate.enter(1, 1).await.unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let waiting: Vec<_> = [1, 1, 1, 2, 2]
            .into_iter()
            .map(|run| {
                let (gate, order) = (Arc::clone(&gate), Arc::clone(&order));
                tokio::spawn(async move {
                    let pass = gate.enter(run, 1).await.unwrap();
                    order.lock().unwrap().push(run);
                    tokio::task::yield_now().await;
                    pass.end(answered());
                })
            })
            .collect();
        tokio::task::yield_now().await;
        first.end(answered());
        for task in waiting {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), [1, 2, 1, 2, 1]);
    }

    #[tokio::test]
    async fn who_no_longer_waits_takes_no_place() {
        let (clock, gate) = gate(1, Some(20));
        let first = gate.enter(1, 1).await.unwrap();
        drop(tokio::time::timeout(Duration::ZERO, gate.enter(1, 1)).await);
        let asked = clock.elapsed_ms();
        drop(first);
        let second = gate.enter(2, 1).await.unwrap();
        drop(second);
        assert_eq!(gate.state().in_flight, 0);
        assert!(clock.elapsed_ms() - asked <= 60_000 / 20 + 1, "nor a request of the minute");
    }

    #[tokio::test]
    async fn no_minute_has_more_requests_than_the_user_allows() {
        for most in [1, 7, 60, 1000] {
            let (clock, gate) = gate(64, Some(most));
            let mut times = Vec::new();
            for _ in 0..most * 3 + 3 {
                gate.enter(1, 1).await.unwrap().end(answered());
                times.push(clock.elapsed_ms());
            }
            let busiest = times.iter().map(|t| times.iter().filter(|u| (*t..*t + 60_000).contains(u)).count()).max().unwrap();
            assert!(busiest <= most as usize, "{busiest} in a minute where {most} are allowed");
            let minutes = f64::from(u32::try_from(*times.last().unwrap()).unwrap()) / 60_000.0;
            let needed = times.len() as f64 / f64::from(most);
            assert!(minutes < needed * 1.1, "and no fewer than need be: {minutes} minutes for {needed} minutes' worth");
        }
    }

    #[tokio::test]
    async fn rate_limits_in_a_row_close_the_gate_until_one_call_is_answered() {
        let (clock, gate) = gate(4, None);
        let refused = Ended { seen: Seen::RateLimited, retry_after: Some(Duration::from_secs(12)), quota: None };
        for _ in 0..CLOSED_AFTER {
            gate.enter(1, 1).await.unwrap().end(refused);
        }
        assert_eq!(gate.held(), Some((12_000, WaitReason::ProviderLimit)));
        let probe = gate.enter(1, 1).await.unwrap();
        assert_eq!(clock.elapsed_ms(), 12_000);
        let mut next = std::pin::pin!(gate.enter(1, 1));
        assert!(tokio::time::timeout(Duration::ZERO, next.as_mut()).await.is_err(), "one call looks whether the door is open");
        probe.end(answered());
        next.await.unwrap().end(answered());
    }

    #[tokio::test]
    async fn a_server_that_is_away_is_looked_for_by_one_call_at_a_time_and_ever_more_seldom() {
        let (clock, gate) = gate(4, None);
        let unreached = Ended { seen: Seen::Unreached, retry_after: None, quota: None };
        for pass in [gate.enter(1, 1).await.unwrap(), gate.enter(1, 1).await.unwrap()] {
            pass.end(unreached);
        }
        assert_eq!(gate.held(), Some((1_000, WaitReason::Unreachable)), "what was under way together counts once");
        for until in [3_000, 7_000, 11_000, 15_000] {
            gate.enter(1, 1).await.unwrap().end(unreached);
            assert_eq!(gate.held(), Some((until, WaitReason::Unreachable)));
        }
        let probe = gate.enter(1, 1).await.unwrap();
        assert_eq!(clock.elapsed_ms(), 15_000);
        let mut next = std::pin::pin!(gate.enter(1, 1));
        assert!(tokio::time::timeout(Duration::ZERO, next.as_mut()).await.is_err(), "one call looks");
        probe.end(answered());
        let next = next.await.unwrap();
        let beside = tokio::time::timeout(Duration::ZERO, gate.enter(1, 1)).await;
        assert!(beside.is_ok(), "it is back, so calls go side by side");
        next.end(answered());
    }
}
