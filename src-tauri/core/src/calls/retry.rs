//! When a request is sent again, and how often.

use std::time::Duration;

use rand::RngExt;

use crate::{random, run::MissingCause, store::CompletionKey};

/// Most times one request is sent when the server fails.
const MOST_FAILURES: u32 = 8;
/// Most times it is sent when the server only asks for patience.
const MOST_RATE_LIMITED: u32 = 30;
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);
/// A server that asks for a longer rest than this has a quota of hours or days.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(120);

/// The patience with one request.
pub struct Patience {
    seed: u64,
    request: u64,
    sent: u32,
    failures: u32,
    rate_limited: u32,
}

impl Patience {
    /// Fresh patience; its jitter depends on the run's seed and the request.
    pub fn new(seed: u64, key: &CompletionKey) -> Self {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&key[..8]);
        Self { seed, request: u64::from_le_bytes(bytes), sent: 0, failures: 0, rate_limited: 0 }
    }

    /// The request has been sent before.
    pub fn is_retry(&self) -> bool {
        self.sent > 0
    }

    /// The request goes out again at once, changed.
    pub fn again(&mut self) {
        self.sent += 1;
    }

    /// How long to wait after this failure; none when it was the last. Full jitter over an exponential window (Brooker,
    /// "Exponential Backoff And Jitter", 2015); the server's own wish comes first.
    pub fn next_wait(&mut self, cause: MissingCause, retry_after: Option<Duration>) -> Option<Duration> {
        self.sent += 1;
        let (count, most) = match cause {
            MissingCause::RateLimited => (&mut self.rate_limited, MOST_RATE_LIMITED),
            _ => (&mut self.failures, MOST_FAILURES),
        };
        *count += 1;
        let count = *count;
        if count >= most {
            return None;
        }
        let jitter: f64 = random::generator(self.seed, "backoff", &[self.request, u64::from(self.sent)]).random();
        let window = FIRST_BACKOFF.saturating_mul(2_u32.saturating_pow(count - 1)).min(LONGEST_BACKOFF);
        Some(match retry_after {
            // A little apart, so that all who wait do not come back at once.
            Some(wait) => wait + FIRST_BACKOFF.mul_f64(jitter * 0.2),
            None => window.mul_f64(jitter),
        })
    }
}

/// A duration in words: `45 s`, `12 min`, `3 h`.
pub fn words(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jitter_is_full_and_comes_from_the_seed() {
        let waits = |seed| -> Vec<Duration> {
            (0..200_u8).map(|k| Patience::new(seed, &[k; 32]).next_wait(MissingCause::ServerError, None).unwrap()).collect()
        };
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
        let below = |share: f64| waits(1).iter().filter(|w| **w < FIRST_BACKOFF.mul_f64(share)).count();
        assert_eq!(below(1.0), 200);
        assert!((70..130).contains(&below(0.5)), "over the whole window: {}", below(0.5));
    }

    #[test]
    fn patience_ends_and_is_longer_with_a_rate_limit() {
        let times = |cause| {
            let mut patience = Patience::new(0, &[0; 32]);
            std::iter::from_fn(|| patience.next_wait(cause, None)).count() + 1
        };
        assert_eq!((times(MissingCause::ServerError), times(MissingCause::RateLimited)), (8, 30));
    }
}
