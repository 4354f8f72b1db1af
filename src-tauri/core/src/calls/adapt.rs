//! How many calls at once a connection is given: all that it may have until fewer are shown to be better.
//!
//! Nothing is lowered on suspicion. When many calls meet the rate limit, or the median latency has risen and stays up, a window
//! of calls is sent with fewer at once; only if that helps does it stay so. Failures that have nothing to do with how many calls
//! go at once therefore slow nothing down. From below, the limit is tried upwards again in the same way.

/// How one call ended, as far as the limit is concerned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Seen {
    /// With an answer after so many milliseconds.
    Answered(f64),
    /// With the provider's rate limit.
    RateLimited,
    /// In another way, which says nothing here.
    Failed,
    /// Not at all: no server was reached.
    Unreached,
}

/// Fewest calls that a judgement is made on.
const SMALLEST_WINDOW: usize = 40;
/// A smaller share of rate-limited calls is no trouble.
const TROUBLE: f64 = 0.05;
/// One-sided normal quantile beyond which two shares differ: by chance in 1 of 200 trials.
const Z: f64 = 2.58;
/// So much slower than at its best is slow.
const SLOW: f64 = 2.0;
/// A median that has risen by fewer milliseconds says nothing of the server: threads that wait for a processor take as long.
const NOTICEABLE_MS: f64 = 20.0;
/// So many slow windows in a row are for good.
const SLOW_WINDOWS: u32 = 3;
/// Half the calls at once are right when they get at least so much of the work done: midway between all of it and half.
const WORTH_HALVING: f64 = 0.75;
/// Half as many more are right when they get so much more done: midway between nothing and half as much.
const WORTH_RAISING: f64 = 1.2;
/// Windows without trouble before more is tried; doubled by each vain try.
const CALM_WINDOWS: u32 = 2;
const MOST_CALM_WINDOWS: u32 = 64;
/// Windows for which a vain trial is not repeated, unless matters get worse; doubled by each further one.
const REST_WINDOWS: u32 = 16;
const MOST_REST_WINDOWS: u32 = 256;

/// What a window of calls at one limit looked like.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sample {
    calls: f64,
    limited: f64,
    median: Option<f64>,
}

impl Sample {
    fn share(&self) -> f64 {
        self.limited / self.calls
    }

    /// Calls done in a millisecond with so many at once (Little's law), as far as the median tells.
    fn done(&self, at_once: u32) -> f64 {
        self.median.map_or(0.0, |ms| f64::from(at_once) / ms.max(1e-3))
    }

    /// Its share of rate-limited calls is lower than the other's beyond chance (two-proportion z test).
    fn clearly_below(&self, other: &Self) -> bool {
        let pooled = (self.limited + other.limited) / (self.calls + other.calls);
        let error = (pooled * (1.0 - pooled) * (1.0 / self.calls + 1.0 / other.calls)).sqrt();
        other.share() - self.share() > Z * error
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    Steady,
    /// Fewer, to see whether the rate limit is met less often.
    FewerForTheLimit {
        before: Sample,
        from: u32,
    },
    /// Fewer, to see whether as much gets done all the same.
    FewerForSpeed {
        before: Sample,
        from: u32,
    },
    /// More, to see whether it is safe again.
    More {
        before: Sample,
        from: u32,
    },
}

/// The limit on calls at once of one connection.
#[derive(Debug)]
pub struct Adaptive {
    ceiling: u32,
    limit: u32,
    /// Counts changes of the limit: what was sent under another limit says nothing about this one.
    generation: u64,
    mode: Mode,
    calls: usize,
    limited: usize,
    latencies: Vec<f64>,
    best_median: Option<f64>,
    slow_windows: u32,
    calm_windows: u32,
    calm_needed: u32,
    rest: u32,
    next_rest: u32,
    /// Share of rate-limited calls that fewer at once did not lower.
    scattered: f64,
}

impl Adaptive {
    /// Starts at the full limit, at least 1.
    pub fn new(ceiling: u32) -> Self {
        let ceiling = ceiling.max(1);
        Self {
            ceiling,
            limit: ceiling,
            generation: 0,
            mode: Mode::Steady,
            calls: 0,
            limited: 0,
            latencies: Vec::new(),
            best_median: None,
            slow_windows: 0,
            calm_windows: 0,
            calm_needed: CALM_WINDOWS,
            rest: 0,
            next_rest: REST_WINDOWS,
            scattered: 0.0,
        }
    }

    /// Calls at once.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// To be remembered with each call, and handed back with how it ended.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The user's own limit has changed.
    pub fn set_ceiling(&mut self, ceiling: u32) {
        let ceiling = ceiling.max(1);
        if ceiling != self.ceiling {
            *self = Self::new(ceiling);
        }
    }

    /// The server's own figures say that its quota is used up: fewer at once, without a trial. Said by many calls of the same
    /// moment, it counts once.
    pub fn quota_is_spent(&mut self, generation: u64) {
        if generation == self.generation {
            self.calm_windows = 0;
            self.mode = Mode::Steady;
            self.go_to(self.limit - self.limit.div_ceil(4).min(self.limit - 1));
        }
    }

    /// Takes in how a call ended that was sent in this generation.
    pub fn observe(&mut self, seen: Seen, generation: u64) {
        if generation != self.generation {
            return;
        }
        match seen {
            Seen::Failed | Seen::Unreached => return,
            Seen::RateLimited => self.limited += 1,
            Seen::Answered(ms) => self.latencies.push(ms),
        }
        self.calls += 1;
        if self.calls >= SMALLEST_WINDOW.max(self.limit as usize * 2) {
            let sample = Sample { calls: self.calls as f64, limited: self.limited as f64, median: median(&mut self.latencies) };
            self.forget();
            self.judge(sample);
        }
    }

    fn forget(&mut self) {
        self.calls = 0;
        self.limited = 0;
        self.latencies.clear();
    }

    fn go_to(&mut self, limit: u32) {
        self.forget();
        self.generation += 1;
        self.limit = limit.clamp(1, self.ceiling);
    }

    fn judge(&mut self, now: Sample) {
        match std::mem::replace(&mut self.mode, Mode::Steady) {
            Mode::Steady => self.judge_steady(now),
            Mode::FewerForTheLimit { before, from } => {
                if !now.clearly_below(&before) {
                    self.scattered = before.share().max(now.share());
                    self.rest = self.next_rest;
                    self.next_rest = (self.next_rest * 2).min(MOST_REST_WINDOWS);
                    self.go_to(from);
                } else {
                    self.next_rest = REST_WINDOWS;
                }
            }
            Mode::FewerForSpeed { before, from } => {
                if now.done(self.limit) < WORTH_HALVING * before.done(from) {
                    // The answers themselves take longer now.
                    self.best_median = before.median;
                    self.go_to(from);
                }
                self.slow_windows = 0;
            }
            Mode::More { before, from } => {
                if before.clearly_below(&now) || now.done(self.limit) < WORTH_RAISING * before.done(from) {
                    self.calm_needed = (self.calm_needed * 2).min(MOST_CALM_WINDOWS);
                    self.go_to(from);
                } else {
                    self.calm_needed = CALM_WINDOWS;
                }
            }
        }
    }

    fn judge_steady(&mut self, now: Sample) {
        self.rest = self.rest.saturating_sub(1);
        let worse = now.share() > 1.5 * self.scattered + TROUBLE;
        if now.share() >= TROUBLE && (self.rest == 0 || worse) && self.limit > 1 {
            self.calm_windows = 0;
            self.mode = Mode::FewerForTheLimit { before: now, from: self.limit };
            self.go_to(self.limit / 4);
            return;
        }
        if let Some(median) = now.median {
            let best = self.best_median.map_or(median, |best| best.min(median));
            self.best_median = Some(best);
            let slow = median > SLOW * best && median - best > NOTICEABLE_MS;
            self.slow_windows = if slow { self.slow_windows + 1 } else { 0 };
            if self.slow_windows >= SLOW_WINDOWS && self.limit > 1 {
                self.calm_windows = 0;
                self.mode = Mode::FewerForSpeed { before: now, from: self.limit };
                self.go_to(self.limit / 2);
                return;
            }
        }
        self.calm_windows += 1;
        if self.limit < self.ceiling && self.slow_windows == 0 && self.calm_windows >= self.calm_needed {
            self.calm_windows = 0;
            self.mode = Mode::More { before: now, from: self.limit };
            self.go_to(self.limit + self.limit.div_ceil(2));
        }
    }
}

fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    Some(*values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Lets a server answer `calls` calls; what it does depends on how many go at once. Gives every limit that was in force.
    fn against(adaptive: &mut Adaptive, calls: usize, mut server: impl FnMut(u32, &mut ChaCha8Rng) -> Seen) -> Vec<u32> {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        (0..calls)
            .map(|_| {
                let (limit, generation) = (adaptive.limit(), adaptive.generation());
                adaptive.observe(server(limit, &mut random), generation);
                limit
            })
            .collect()
    }

    fn mean(limits: &[u32]) -> f64 {
        limits.iter().map(|&l| f64::from(l)).sum::<f64>() / limits.len() as f64
    }

    /// Log-normal latency around a median.
    fn latency(median: f64, random: &mut ChaCha8Rng) -> Seen {
        let (u, v): (f64, f64) = (random.random::<f64>().max(1e-12), random.random());
        let normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        Seen::Answered(median * (0.8 * normal).exp())
    }

    #[test]
    fn scattered_rate_limits_and_failures_slow_nothing_down() {
        let mut adaptive = Adaptive::new(32);
        let limits = against(&mut adaptive, 20_000, |_, random| match random.random::<f64>() {
            x if x < 0.1 => Seen::RateLimited,
            x if x < 0.15 => Seen::Failed,
            _ => latency(400.0, random),
        });
        assert!(mean(&limits) > 30.0, "{}", mean(&limits));
    }

    #[test]
    fn changing_latency_alone_lowers_nothing() {
        let mut adaptive = Adaptive::new(64);
        let limits = against(&mut adaptive, 20_000, |_, random| latency(400.0, random));
        assert!(limits.iter().all(|&l| l == 64));
    }

    #[test]
    fn a_limit_that_depends_on_concurrency_is_found_and_kept_to() {
        let mut adaptive = Adaptive::new(64);
        // What goes beyond 10 at once is refused.
        let server = |limit: u32, random: &mut ChaCha8Rng| match random.random::<f64>() < 1.0 - 10.0 / f64::from(limit.max(10)) {
            true => Seen::RateLimited,
            false => latency(100.0, random),
        };
        against(&mut adaptive, 2_000, server);
        let limits = against(&mut adaptive, 4_000, server);
        assert!((5.0..16.0).contains(&mean(&limits)), "{}", mean(&limits));
    }

    #[test]
    fn it_goes_up_again_once_the_server_allows_it() {
        let mut adaptive = Adaptive::new(32);
        against(&mut adaptive, 3_000, |limit, random| {
            if random.random::<f64>() < 1.0 - 4.0 / f64::from(limit.max(4)) { Seen::RateLimited } else { latency(100.0, random) }
        });
        assert!(adaptive.limit() < 12, "{}", adaptive.limit());
        against(&mut adaptive, 30_000, |_, random| latency(100.0, random));
        assert_eq!(adaptive.limit(), 32);
    }

    #[test]
    fn a_server_that_only_queues_is_given_fewer_calls() {
        let mut adaptive = Adaptive::new(64);
        against(&mut adaptive, 1_000, |_, random| latency(100.0, random));
        // From now on it works on four at a time; the others wait their turn.
        against(&mut adaptive, 20_000, |limit, random| latency(100.0 * f64::from(limit) / 4.0, random));
        assert!(adaptive.limit() <= 16, "{}", adaptive.limit());
    }

    #[test]
    fn longer_answers_are_no_reason_for_fewer_calls() {
        let mut adaptive = Adaptive::new(32);
        against(&mut adaptive, 1_000, |_, random| latency(100.0, random));
        let limits = against(&mut adaptive, 20_000, |_, random| latency(900.0, random));
        assert!(mean(&limits) > 31.0, "{}", mean(&limits));
    }

    #[test]
    fn a_server_that_answers_at_once_is_given_all_calls_however_its_milliseconds_fall() {
        let mut adaptive = Adaptive::new(32);
        let mut quickest_first = 0;
        let limits = against(&mut adaptive, 20_000, |_, random| {
            quickest_first += 1;
            // Whole milliseconds, as a clock tells them: none at first, then a few that depend on what else the machine does.
            Seen::Answered(if quickest_first < 200 { 0.0 } else { f64::from(random.random_range(1_u32..6)) })
        });
        assert!(limits.iter().all(|&l| l == 32));
    }

    #[test]
    fn a_spent_quota_counts_once_for_all_calls_of_its_moment() {
        let mut adaptive = Adaptive::new(32);
        let generation = adaptive.generation();
        for _ in 0..10 {
            adaptive.quota_is_spent(generation);
        }
        assert_eq!(adaptive.limit(), 24);
        for _ in 0..50 {
            adaptive.quota_is_spent(adaptive.generation());
        }
        assert_eq!(adaptive.limit(), 1);
    }
}
