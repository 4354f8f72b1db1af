//! Honest numbers: intervals for one score, paired tests for two.

use serde::{Deserialize, Serialize};

/// A mean score over the examples that were scored, with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Score {
    /// Mean in [0, 1].
    pub score: f64,
    /// Scored examples.
    pub n: u32,
    /// Examples without an answer, not part of the mean.
    pub missing: u32,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
}
