//! Epochs: their figures and everything behind them.

use serde::{Deserialize, Serialize};

use super::{BucketCounts, Candidate, Outcome, TriedEdit, Usage};
use crate::{
    metric::{Confusion, MetricSpec},
    prompt::{Message, Prompt},
    stats::Score,
};

/// How an epoch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Decision {
    /// Epoch 0: the first prompts.
    Baseline,
    /// The proposal is the new best.
    Accepted,
    /// The best stays.
    Rejected,
    /// No usable proposal; nothing was evaluated.
    Invalid,
}

/// A validation that was stopped because its proposal could not beat the best any more: no score and no interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Bound {
    /// Mean in [0, 1] that the proposal could have reached at most.
    pub score: f64,
    /// Mean of the best on the same examples.
    pub best: f64,
    /// Examples whose answers decided it.
    pub n: u32,
    /// Examples of the whole validation.
    pub of: u32,
}

/// One epoch on the timeline and the chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct EpochSummary {
    /// 0 for the baseline.
    pub epoch: u32,
    /// How it ended.
    pub decision: Decision,
    /// Why, in one sentence.
    pub reason: String,
    /// Training score the epoch started from: that of the best prompt before the proposal.
    pub train: Option<Score>,
    /// Validation score of the proposal.
    pub validation: Option<Score>,
    /// Where the validation was stopped early: what it could have reached at most. No score, so `validation` is then none.
    #[serde(default)]
    pub bound: Option<Bound>,
    /// Validation gain over the best before it, on the common examples.
    pub delta: Option<f64>,
    /// Two-sided paired p of that gain.
    pub p: Option<f64>,
    /// Validation examples it turned to match; of those answered, where the validation was stopped early.
    pub fixed: u32,
    /// Validation examples it turned to no match; likewise.
    pub broken: u32,
    /// What the run had used when the epoch ended.
    pub usage: Usage,
    /// Unix milliseconds of the decision.
    pub decided_at: i64,
    /// Milliseconds the run had been driven when the epoch ended.
    pub active_ms: u64,
}

impl EpochSummary {
    /// What it fixed and broke; none where no validation example was answered under its proposal and the best before it.
    pub fn changes(&self) -> Option<(u32, u32)> {
        (self.delta.is_some() || self.bound.is_some()).then_some((self.fixed, self.broken))
    }
}

/// What the user keeps beside an epoch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct EpochMark {
    /// The epoch.
    pub epoch: u32,
    /// Worth finding again.
    pub starred: bool,
    /// The user's words.
    pub note: String,
}

/// One turn of the optimizer's exchange, as sent and received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Exchange {
    /// Messages that were sent.
    pub messages: Vec<Message>,
    /// The raw reply, empty when there was none.
    pub reply: String,
    /// What made the reply unusable.
    pub error: Option<String>,
}

/// A training example as the optimizer saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ShownExample {
    /// Its number in the dataset.
    pub number: u32,
    /// Id of the example.
    pub example: i64,
    /// What went to the model.
    pub user_input: String,
    /// The expected answer.
    pub ground_truth_output: String,
    /// The raw response.
    pub model_response: String,
    /// In [0, 1].
    pub score: f64,
    /// Match or no match.
    pub outcome: Outcome,
    /// The judge's words.
    pub judge_feedback: Option<String>,
}

/// Everything behind one epoch.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct EpochDetail {
    /// The figures.
    pub summary: EpochSummary,
    /// The best prompt before it.
    pub before: Prompt,
    /// The proposal, when one could be read.
    pub proposed: Option<Prompt>,
    /// Why the system prompt changed.
    pub system_reasoning: String,
    /// Why the output prompt changed.
    pub output_reasoning: String,
    /// The change as a whole.
    pub explanation: String,
    /// Training examples the optimizer saw.
    pub shown: Vec<ShownExample>,
    /// Its turns, the repair included.
    pub exchange: Vec<Exchange>,
    /// Validation labels before the proposal, when the metric has labels.
    pub confusion_before: Option<Confusion>,
    /// Validation labels under the proposal.
    pub confusion_after: Option<Confusion>,
    /// Validation examples fixed, broken, still wrong, still right.
    pub buckets: BucketCounts,
    /// Each metric on its own, in the order of the config.
    pub metrics: Vec<MetricScores>,
    /// What a search made in it, each with its parents; empty under `greedy`.
    pub candidates: Vec<Candidate>,
    /// Single edits of its proposals with what became of them; empty under `greedy`.
    pub edits: Vec<TriedEdit>,
}

/// One metric of a weighted score on the validation split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct MetricScores {
    /// The metric with its weight.
    pub metric: MetricSpec,
    /// Under the best prompt before the epoch; null for the baseline.
    pub before: Option<Score>,
    /// Under the proposal; null where its validation was not asked to the end.
    pub after: Option<Score>,
}

/// What became of an optimizer's reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ProposalStatus {
    /// Passed the checks; goes to validation.
    Valid,
    /// Unusable, with its reason.
    Invalid,
}
