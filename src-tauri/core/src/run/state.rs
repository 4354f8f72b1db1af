//! Where a run stands.

use serde::{Deserialize, Serialize};

use super::{RunConfig, Usage};
use crate::{dataset::SplitSizes, stats::Score, store::Role};

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

/// Why a run waits that the user paused; every other reason is news to them.
pub(crate) const PAUSED_AS_ASKED: &str = "Paused, as you asked.";

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
    /// Until when nothing goes on, when every call waits for time to pass.
    #[serde(default)]
    pub waiting: Option<Waiting>,
}

/// Why calls wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum WaitReason {
    /// The provider's rate limit.
    ProviderLimit,
    /// The requests or tokens per minute that the user set.
    OwnLimit,
    /// The server failed and is asked again later.
    Failures,
    /// The server cannot be reached.
    Unreachable,
}

/// A wait that the user should know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Waiting {
    /// Unix milliseconds.
    pub until: i64,
    /// Why.
    pub reason: WaitReason,
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
    /// Put out of sight by the user.
    pub archived: bool,
    /// Where it stands.
    pub status: RunStatus,
    /// Why it ended or waits, in words.
    pub stop_reason: Option<String>,
    /// What was asked of it.
    pub config: RunConfig,
    /// The roles that the demo model plays in it; empty: every model is real.
    pub simulated_roles: Vec<Role>,
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
    /// How many of its test examples an earlier run had opened when it opened them; 0 for a test split that was sealed until then.
    pub test_opened_before: u32,
    /// How many of its test examples have an input that its training or validation examples have as well: they prove nothing. 0 for runs
    /// that were started before it was counted.
    #[serde(default)]
    pub test_known: u32,
    /// A hash of what its validation examples say: runs with the same are measured on the same examples, whichever import or division they
    /// come from. None for runs that were started before it was kept.
    pub measured_on: Option<String>,
}
