//! What a run tells while it goes on: the events of the command line and of the window.

use serde::{Deserialize, Serialize};

use super::{BestPrompt, EpochSummary, Estimate, Phase, ProposalStatus, RunConfig, RunStatus, SplitScores, Usage, Waiting};
use crate::{dataset::SplitSizes, stats::Score};

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
        /// Until when every call waits, and why.
        #[serde(default)]
        waiting: Option<Waiting>,
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
        /// Training score of the best prompts after it, where it was measured.
        #[serde(default)]
        best_train: Option<Score>,
        /// The baseline as it is told from now on, where this decision asked the first prompts for fresh answers.
        #[serde(default)]
        restated: Option<Box<EpochSummary>>,
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

/// An event with its place in the run's history, for replay after a reload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct NumberedEvent {
    /// Grows by one within a run; 0 for progress, which is not kept.
    pub seq: u64,
    /// The event.
    pub event: RunEvent,
}
