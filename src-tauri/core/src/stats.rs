//! Honest numbers: intervals for one score, paired tests for two.

mod interval;
mod paired;
mod spread;
mod verdict;

pub use paired::{Paired, mcnemar_exact, paired, sign_flip};
pub use spread::Spread;
pub use verdict::{in_points, verdict};

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

/// 0.975 quantile of the standard normal distribution: two-sided 95 %.
pub(crate) const Z_95: f64 = 1.959_963_984_540_054;
