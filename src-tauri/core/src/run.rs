//! Runs: what is asked of a training, what came out, and what happens meanwhile.

use serde::{Deserialize, Serialize};

use crate::{
    dataset::{Example, Split, SplitSizes},
    metric::{Confusion, ExtractRule, MetricSpec},
    prompt::{Message, Prompt},
    stats::Score,
};

/// A model at a connection, with the parameters that are sent; what is unset is not sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ModelConfig {
    /// Id of the connection.
    pub connection: i64,
    /// Exact name, sent untouched.
    pub model: String,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Most tokens of one answer.
    pub max_output_tokens: Option<u32>,
    /// Sampling seed, for servers that take one.
    pub seed: Option<i64>,
}

/// How proposals are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum StrategyKind {
    /// One proposal an epoch, kept when validation beats the best.
    Greedy,
    /// A pool of candidates with a minibatch gate.
    Pareto,
}

/// When a proposal replaces the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum AcceptRule {
    /// Strictly greater mean on the common validation examples.
    Any,
    /// Greater, and two-sided paired p below alpha.
    Significant,
}

/// Which training examples the optimizer sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Selection {
    /// The lowest scores first.
    Worst,
    /// Half failing, half passing.
    Mixed,
    /// Any.
    Random,
}

/// Limits over everything a run does: primary, optimizer, judge and retries together. None is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Budget {
    /// HTTP requests.
    pub max_calls: Option<u64>,
    /// Tokens in and out.
    pub max_tokens: Option<u64>,
    /// Dollars.
    pub max_cost: Option<f64>,
    /// Seconds of running time.
    pub max_seconds: Option<u64>,
}

/// Everything that defines a run. The same config on the same data with the same answers gives the same run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RunConfig {
    /// The user's name for it.
    pub name: String,
    /// Where training starts.
    pub prompt: Prompt,
    /// The optimizer's own instructions.
    pub optimizer_system_prompt: String,
    /// Answers the examples.
    pub primary: ModelConfig,
    /// Writes the proposals.
    pub optimizer: ModelConfig,
    /// Scores by rubric, when a judge metric is used.
    pub judge: Option<ModelConfig>,
    /// Weighted into one score.
    pub metrics: Vec<MetricSpec>,
    /// A score at or above it is a match.
    pub match_threshold: f64,
    /// How the answer is taken out of the response.
    pub extract: Option<ExtractRule>,
    /// The search.
    pub strategy: StrategyKind,
    /// When a proposal replaces the best.
    pub accept: AcceptRule,
    /// Level of the `significant` rule.
    pub alpha: f64,
    /// Most epochs.
    pub epochs: u32,
    /// Examples shown to the optimizer.
    pub examples: u32,
    /// Which ones.
    pub select: Selection,
    /// Stop after so many epochs in a row that were not accepted; 0: never.
    pub patience: u32,
    /// Stop when the best validation score reaches it.
    pub target_score: Option<f64>,
    /// Calls at once.
    pub concurrency: u32,
    /// Answers per example, averaged.
    pub samples: u32,
    /// Everything random is drawn from it.
    pub seed: u64,
    /// Use answers that other runs of the project bought.
    pub use_cache: bool,
    /// Limits.
    pub budget: Budget,
    /// Most training examples used; 0: all.
    pub train_rows: u32,
    /// Most validation examples used; 0: all.
    pub validation_rows: u32,
    /// Most test examples used; 0: all.
    pub test_rows: u32,
    /// Most characters of a proposed prompt (each half).
    pub max_prompt_chars: u32,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum RunStatus {
    /// Created, not started.
    Queued,
    /// Driven by a process.
    Running,
    /// Waits for the user; calls in flight have finished.
    Paused,
    /// Ended in order, test split opened when there is one.
    Completed,
    /// Stopped by the user, test unopened.
    Cancelled,
    /// Ended by an error nothing can mend.
    Failed,
    /// Its process died; can be resumed.
    Interrupted,
}

/// Tokens, calls and money of one role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RoleUsage {
    /// HTTP requests sent, retries included.
    pub calls: u64,
    /// Answers that cost nothing.
    pub cached: u64,
    /// Requests that were sent again.
    pub retries: u64,
    /// Tokens in.
    pub prompt_tokens: u64,
    /// Tokens out.
    pub completion_tokens: u64,
    /// Dollars; null where a price is unknown.
    pub cost: Option<f64>,
}

/// Usage per role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct UsageByRole {
    /// The model that answers the examples.
    pub primary: RoleUsage,
    /// The model that writes proposals.
    pub optimizer: RoleUsage,
    /// The model that scores.
    pub judge: RoleUsage,
}

/// What a run has used so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Usage {
    /// HTTP requests sent, all roles, retries included.
    pub calls: u64,
    /// Answers that cost nothing.
    pub cached: u64,
    /// Requests that were sent again.
    pub retries: u64,
    /// Examples missing at the end.
    pub failed: u64,
    /// Tokens in.
    pub prompt_tokens: u64,
    /// Tokens out.
    pub completion_tokens: u64,
    /// Dollars; null where a price is unknown. The demo model costs 0.
    pub cost: Option<f64>,
    /// The same per role.
    pub by_role: UsageByRole,
}

/// Scores of one prompt on the three splits; null where it was not measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SplitScores {
    /// Training split.
    pub train: Option<Score>,
    /// Validation split.
    pub validation: Option<Score>,
    /// Test split, opened at the end.
    pub test: Option<Score>,
}

/// The last accepted prompt of a run, at first the baseline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct BestPrompt {
    /// Epoch that brought it, 0 for the baseline.
    pub epoch: u32,
    /// Its system prompt.
    pub system_prompt: String,
    /// Its output prompt.
    pub output_prompt: String,
    /// Training split.
    pub train: Option<Score>,
    /// Validation split.
    pub validation: Option<Score>,
    /// Test split.
    pub test: Option<Score>,
}

/// What a run is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Phase {
    /// Running the primary model on the training split.
    Train,
    /// Waiting for the optimizer.
    Propose,
    /// Running the proposal on the validation split.
    Validate,
    /// Weighing it against the best.
    Decide,
    /// Baseline and best on the test split.
    Test,
}

/// How far a phase is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Progress {
    /// Current epoch, 0 for the baseline.
    pub epoch: u32,
    /// Current phase.
    pub phase: Phase,
    /// Examples done in it.
    pub done: u32,
    /// Examples in it.
    pub total: u32,
}

/// A run as lists and the run pill show it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RunSummary {
    /// Database id.
    pub id: i64,
    /// Project it belongs to.
    pub project: i64,
    /// The user's name for it.
    pub name: String,
    /// Where it stands.
    pub status: RunStatus,
    /// Why it ended or waits, in words.
    pub stop_reason: Option<String>,
    /// What was asked of it.
    pub config: RunConfig,
    /// A demo model takes part: its figures say nothing about a real model.
    pub simulated: bool,
    /// Name of the dataset it froze.
    pub dataset: String,
    /// Sizes of the splits it froze.
    pub splits: SplitSizes,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds of its end.
    pub ended_at: Option<i64>,
    /// Milliseconds it has been driven, pauses left out.
    pub active_ms: u64,
    /// Epochs decided, the baseline not counted.
    pub epochs_done: u32,
    /// Where it is now, while it runs or waits.
    pub progress: Option<Progress>,
    /// Scores of the prompt it started from.
    pub baseline: SplitScores,
    /// The last accepted prompt.
    pub best: BestPrompt,
    /// What it has used.
    pub usage: Usage,
}

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
    /// Validation gain over the best before it, on the common examples.
    pub delta: Option<f64>,
    /// Two-sided paired p of that gain.
    pub p: Option<f64>,
    /// Validation examples it turned to match.
    pub fixed: u32,
    /// Validation examples it turned to no match.
    pub broken: u32,
    /// What the run had used when the epoch ended.
    pub usage: Usage,
    /// Unix milliseconds of the decision.
    pub decided_at: i64,
    /// Milliseconds the run had been driven when the epoch ended.
    pub active_ms: u64,
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
}

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
    /// Epoch of the first side.
    pub first_epoch: u32,
    /// Epoch of the second side.
    pub second_epoch: u32,
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
    /// The examples, broken first, then fixed, still wrong, still right.
    pub rows: Vec<ComparedExample>,
}

/// What a run will use, before it starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Estimate {
    /// Sizes of the splits it will use.
    pub splits: SplitSizes,
    /// Fewest calls (answers on disk cost nothing, patience ends it early).
    pub calls_low: u64,
    /// Most calls, without retries.
    pub calls_high: u64,
    /// Tokens at most, estimated.
    pub tokens_high: u64,
    /// Dollars at most; null where a price is unknown.
    pub cost_high: Option<f64>,
    /// Proposals that the limits allow at most.
    pub proposals: u32,
    /// The hosts that data goes to; empty when it stays on this machine.
    pub hosts: Vec<String>,
    /// What should be known before starting.
    pub warnings: Vec<String>,
}

/// What a run tells while it goes on: the events of the command line and of the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum RunEvent {
    /// The run is being driven.
    Started {
        /// The run.
        run: i64,
        /// What was asked of it.
        config: RunConfig,
        /// Sizes of its splits.
        splits: SplitSizes,
        /// What it will use.
        estimate: Estimate,
        /// It goes on where it stopped.
        resumed: bool,
    },
    /// How far the phase is; at most five a second.
    Progress {
        /// The run.
        run: i64,
        /// Current epoch.
        epoch: u32,
        /// Current phase.
        phase: Phase,
        /// Examples done.
        done: u32,
        /// Examples in the phase.
        total: u32,
        /// Usage so far.
        usage: Usage,
        /// Milliseconds driven so far.
        active_ms: u64,
    },
    /// The optimizer replied.
    Proposal {
        /// The run.
        run: i64,
        /// The epoch.
        epoch: u32,
        /// Proposed system prompt.
        system_prompt: String,
        /// Proposed output prompt.
        output_prompt: String,
        /// Why the system prompt changed.
        system_reasoning: String,
        /// Why the output prompt changed.
        output_reasoning: String,
        /// The change as a whole.
        explanation: String,
        /// Whether it can be evaluated.
        status: ProposalStatus,
        /// Why not.
        reason: Option<String>,
    },
    /// An epoch was decided.
    Epoch {
        /// The run.
        run: i64,
        /// Its figures.
        #[serde(flatten)]
        summary: EpochSummary,
    },
    /// Something the user should know.
    Warning {
        /// The run.
        run: i64,
        /// One sentence.
        message: String,
    },
    /// The run waits.
    Paused {
        /// The run.
        run: i64,
        /// Why, in words.
        reason: String,
    },
    /// Always the last.
    Finished {
        /// The run.
        run: i64,
        /// How it ended.
        status: RunStatus,
        /// Why, in words.
        stop_reason: String,
        /// Scores of the prompt it started from.
        baseline: SplitScores,
        /// The last accepted prompt.
        best: BestPrompt,
        /// What it used.
        usage: Usage,
    },
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

/// An event with its place in the run's history, for replay after a reload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct NumberedEvent {
    /// Grows by one within a run; 0 for progress, which is not kept.
    pub seq: u64,
    /// The event.
    pub event: RunEvent,
}

impl ModelConfig {
    /// The request with this model's parameters.
    pub fn request(&self, messages: Vec<Message>, schema: Option<crate::chat::AnswerSchema>) -> crate::chat::ChatRequest {
        crate::chat::ChatRequest {
            model: self.model.clone(),
            messages,
            temperature: self.temperature,
            max_output_tokens: self.max_output_tokens,
            seed: self.seed,
            schema,
        }
    }
}
