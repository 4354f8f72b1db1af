//! What is known before a run starts.

use serde::{Deserialize, Serialize};

use super::Span;
use crate::stats::Score;

/// Examples with the same input and different expected answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SuspectLabel {
    /// Their numbers in the dataset.
    pub numbers: Vec<u32>,
    /// Their different expected answers.
    pub truths: Vec<String>,
}

/// Measuring the first prompts on some validation examples, each asked twice: what that would still take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Measuring {
    /// Examples that are asked.
    pub rows: u32,
    /// Calls; answers on disk are none.
    pub calls: u64,
    /// Their tokens, estimated.
    pub tokens_low: u64,
    /// Their tokens at most, estimated.
    pub tokens_high: u64,
    /// Dollars; null where a price is unknown.
    pub cost_low: Option<f64>,
    /// Dollars at most; null where a price is unknown.
    pub cost_high: Option<f64>,
    /// How long; null where nobody knows how long the model takes.
    pub seconds: Option<Span>,
}

/// Whether training is worth its money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Preflight {
    /// Score of the first prompts, where a fair part of validation was answered under them.
    pub score: Option<Score>,
    /// Mean difference of two answers to the same question, in [0, 1]; null where nothing was asked twice.
    pub noise: Option<f64>,
    /// Questions that were answered twice.
    pub asked_twice: u32,
    /// Those of them whose two answers differ in score.
    pub differing: u32,
    /// What measuring would still take.
    pub measuring: Measuring,
    /// What is left to gain at most.
    pub headroom: Option<f64>,
    /// Least gain that validation will show with 80 % probability (two-sided 5 % level).
    pub detectable: f64,
    /// Inputs that stand in more than one split.
    pub duplicates: u32,
    /// Same input, different expected answers; at most twenty.
    pub suspects: Vec<SuspectLabel>,
    /// Fewest calls.
    pub calls_low: u64,
    /// Most calls, without retries.
    pub calls_high: u64,
    /// Dollars when it ends early; null where a price is unknown.
    pub cost_low: Option<f64>,
    /// Dollars when it uses its calls; null where a price is unknown.
    pub cost_high: Option<f64>,
    /// Proposals the limits allow, about.
    pub proposals: u32,
    /// What to do, in one sentence.
    pub verdict: String,
    /// What else should be known.
    pub warnings: Vec<String>,
}
