//! How examples ended under prompts, and what changed between two.

use serde::{Deserialize, Serialize};

use crate::{
    dataset::{Example, Split},
    metric::Confusion,
    prompt::Prompt,
    stats::Score,
};

/// How one example ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Outcome {
    /// Score at or above the match threshold.
    Match,
    /// Scored below it.
    NoMatch,
    /// No answer; not part of any score.
    Missing,
}

/// Why an example has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum MissingCause {
    /// The provider filtered the content. Permanent.
    ContentFilter,
    /// The input is too long for the model. Permanent.
    TooLong,
    /// The provider's rate limit, after all retries.
    RateLimited,
    /// No answer in time.
    Timeout,
    /// The server failed (5xx).
    ServerError,
    /// No connection, or it was cut.
    Network,
    /// An answer that cannot be read.
    UnreadableBody,
    /// The server refused the request (4xx).
    Refused,
    /// The judge gave no score.
    JudgeFailed,
}

impl MissingCause {
    /// Asking again cannot help.
    pub fn is_permanent(self) -> bool {
        matches!(self, Self::ContentFilter | Self::TooLong)
    }
}

/// One of several answers to an example.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SampleAnswer {
    /// What was scored, after extraction.
    pub answer: String,
    /// In [0, 1]; null when missing.
    pub score: Option<f64>,
    /// How it ended.
    pub outcome: Outcome,
}

/// One example under one prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Prediction {
    /// Id of the example.
    pub example: i64,
    /// Which answer of the example, from 0.
    pub sample: u32,
    /// The raw response.
    pub response: String,
    /// What was scored, after extraction.
    pub answer: String,
    /// In [0, 1]; null when missing.
    pub score: Option<f64>,
    /// Each metric on its own, in the order of the config.
    pub scores: Vec<f64>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why there is no answer.
    pub missing: Option<MissingCause>,
    /// The answer was cut by the length limit.
    pub cut: bool,
    /// The judge's words, or what the metric has to say.
    pub feedback: Option<String>,
    /// All answers in their order, where an example is asked several times and this one stands for them; else none.
    pub samples: Vec<SampleAnswer>,
}

/// What happened to an example between two prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Bucket {
    /// No match before, match after.
    Fixed,
    /// Match before, no match after.
    Broken,
    /// No match before and after.
    StillWrong,
    /// Match before and after.
    StillRight,
    /// Missing on a side.
    NotCompared,
}

/// Sizes of the buckets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct BucketCounts {
    /// No match before, match after.
    pub fixed: u32,
    /// Match before, no match after.
    pub broken: u32,
    /// No match before and after.
    pub still_wrong: u32,
    /// Match before and after.
    pub still_right: u32,
    /// Missing on a side.
    pub not_compared: u32,
}

/// An example under two prompts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ComparedExample {
    /// The example.
    pub example: Example,
    /// Where it belongs.
    pub bucket: Bucket,
    /// Under the first prompt.
    pub before: Option<Prediction>,
    /// Under the second.
    pub after: Option<Prediction>,
}

/// A prompt inside a run: the proposal of an epoch, or the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RunPoint {
    /// The run.
    pub run: i64,
    /// Its epoch; null: the best.
    pub epoch: Option<u32>,
}

/// Two prompts on the examples answered under both.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Comparison {
    /// Epoch of the first side; null where no run stands behind it.
    pub first_epoch: Option<u32>,
    /// Epoch of the second side; null where no run stands behind it.
    pub second_epoch: Option<u32>,
    /// First prompt.
    pub first: Prompt,
    /// Second prompt.
    pub second: Prompt,
    /// Split compared on.
    pub split: Split,
    /// First score on the common examples.
    pub first_score: Option<Score>,
    /// Second score on the common examples.
    pub second_score: Option<Score>,
    /// Sizes of the buckets.
    pub buckets: BucketCounts,
    /// Two-sided paired p.
    pub p: Option<f64>,
    /// The result as a sentence.
    pub verdict: String,
    /// Labels under the first prompt, on the common examples; null where the metric has none.
    pub first_confusion: Option<Confusion>,
    /// Labels under the second prompt, in the same order.
    pub second_confusion: Option<Confusion>,
    /// The examples, broken first, then fixed, still wrong, still right.
    pub rows: Vec<ComparedExample>,
}
