//! What a server says of its own quota: the `x-ratelimit-*` headers of OpenAI and those who follow it, and Anthropic's.

use std::time::Duration;

use reqwest::header::HeaderMap;

/// One of a server's quotas, as a header set gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Part {
    remaining: f64,
    limit: Option<f64>,
    /// Until it is whole again, or until there is room, as the server counts.
    reset: Option<Duration>,
}

impl Part {
    /// How long until one more fits, when nothing is left.
    fn until_next(&self) -> Option<Duration> {
        let reset = self.reset?;
        // Servers fill up evenly, so that one is there long before all are.
        Some(self.limit.map_or(reset, |limit| reset.div_f64(limit.max(1.0))))
    }
}

/// A server's figures on requests and tokens, as they came with an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ServerQuota {
    requests: Option<Part>,
    tokens: Option<Part>,
}

impl ServerQuota {
    /// Reads the headers; none when they say nothing. `now` is Unix milliseconds, for times of day.
    pub fn read(headers: &HeaderMap, now: i64) -> Option<Self> {
        let part = |what: &str| {
            let text = |openai: &str, anthropic: &str| {
                let name = [format!("x-ratelimit-{openai}-{what}"), format!("anthropic-ratelimit-{what}-{anthropic}")];
                name.iter().find_map(|name| headers.get(name.as_str()))?.to_str().ok().map(str::trim)
            };
            let number = |text: Option<&str>| text.and_then(|t| t.parse::<f64>().ok()).filter(|n| n.is_finite() && *n >= 0.0);
            Some(Part {
                remaining: number(text("remaining", "remaining"))?,
                limit: number(text("limit", "limit")),
                reset: text("reset", "reset").and_then(|t| reset(t, now)),
            })
        };
        let quota = Self { requests: part("requests"), tokens: part("tokens") };
        (quota.requests.is_some() || quota.tokens.is_some()).then_some(quota)
    }

    /// Nothing is left of one of them.
    pub fn is_spent(&self) -> bool {
        [self.requests, self.tokens].into_iter().flatten().any(|part| part.remaining < 1.0)
    }

    /// How long until the next call fits, as far as the server tells; none when something is left.
    pub fn until_next(&self) -> Option<Duration> {
        [self.requests, self.tokens].into_iter().flatten().filter(|part| part.remaining < 1.0).filter_map(|part| part.until_next()).max()
    }
}

/// `1s`, `6m0s`, `120ms`, `1h2m3.5s`, plain seconds, or a time of day (RFC 3339).
fn reset(text: &str, now: i64) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    if text.contains('T') {
        return until(text, now);
    }
    let mut rest = text;
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value: f64 = rest[..digits].parse().ok()?;
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        total += value
            * match &rest[digits..unit_end] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86_400.0,
                _ => return None,
            };
        rest = &rest[unit_end..];
    }
    Duration::try_from_secs_f64(total).ok()
}

/// From now until `2026-11-23T21:00:00Z` (RFC 3339; offsets are read, fractions of seconds are not).
fn until(text: &str, now: i64) -> Option<Duration> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let zone = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            sign * (hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?)
        }
    };
    // Days since 1970 by the proleptic Gregorian calendar, years counted from March.
    let (years, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * years + years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400) + (153 * months + 2) / 5 + day - 719_469;
    let then = ((days * 24 + hour) * 60 + minute - offset) * 60 + second;
    Some(Duration::from_millis(u64::try_from(then * 1000 - now).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn quota(headers: &[(&'static str, &str)], now: i64) -> Option<ServerQuota> {
        let pairs = headers.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_str(v).unwrap()));
        ServerQuota::read(&pairs.collect(), now)
    }

    #[test]
    fn an_answer_without_figures_says_nothing() {
        assert_eq!(quota(&[("content-type", "application/json")], 0), None);
        assert_eq!(quota(&[("x-ratelimit-remaining-requests", "many")], 0), None);
    }

    #[test]
    fn a_spent_quota_tells_when_the_next_call_fits() {
        let openai =
            [("x-ratelimit-limit-requests", "60"), ("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "1m0s")];
        assert_eq!(quota(&openai, 0).and_then(|q| q.until_next()), Some(Duration::from_secs(1)), "one of sixty a minute");
        let left = quota(&[("x-ratelimit-remaining-requests", "3"), ("x-ratelimit-reset-requests", "1m0s")], 0).unwrap();
        assert!(!left.is_spent() && left.until_next().is_none());
        let tokens = quota(
            &[("x-ratelimit-remaining-requests", "3"), ("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "120ms")],
            0,
        );
        assert_eq!(tokens.and_then(|q| q.until_next()), Some(Duration::from_millis(120)));
    }

    #[test]
    fn times_are_read_in_all_their_forms() {
        assert_eq!(reset("6m0s", 0), Some(Duration::from_secs(360)));
        assert_eq!(reset("1h2m3.5s", 0), Some(Duration::from_millis(3_723_500)));
        assert_eq!(reset("1.5", 0), Some(Duration::from_millis(1500)));
        assert_eq!(reset("soon", 0), None);
        assert_eq!(reset("-5", 0), None);
        let noon = 1_767_268_800_000; // 2026-01-01T12:00:00Z
        assert_eq!(reset("2026-01-01T12:00:30Z", noon), Some(Duration::from_secs(30)));
        assert_eq!(reset("2026-01-01T13:00:30.250+01:00", noon), Some(Duration::from_secs(30)));
        assert_eq!(reset("2025-12-31T23:59:59Z", noon), Some(Duration::ZERO), "a time in the past means now");
    }
}
