//! The doubt queue: examples whose ground truth may be the mistake.

use serde::{Deserialize, Serialize};

use super::Example;
use crate::run::SplitScores;

/// An example that most prompts of a run and its best one answer in the same way, and not as its ground truth says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Doubt {
    /// The example, as the dataset has it now.
    pub example: Example,
    /// What the best prompt answers.
    pub answer: String,
    /// Prompts of the run that answer the same.
    pub agreeing: u32,
    /// Prompts of the run that have an answer for it.
    pub prompts: u32,
}

/// What becomes of a doubt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum DoubtAction {
    /// The ground truth is right; it is not asked again.
    Keep,
    /// It was not decided after all: what was kept is asked again.
    Reopen,
    /// The ground truth was wrong.
    Correct {
        /// What it should be.
        text: String,
    },
    /// Nobody can say; the example is kept out of runs.
    Exclude,
}

/// Figures of a run under the ground truths of the current dataset version, from answers on disk. The run's own figures stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Rescored {
    /// The run.
    pub run: i64,
    /// The dataset version whose ground truths count.
    pub version: u32,
    /// The first prompts.
    pub baseline: SplitScores,
    /// The best prompts.
    pub best: SplitScores,
    /// Examples of the run whose ground truth is another one now.
    pub corrected: u32,
    /// Examples of the run that were excluded or deleted since, or whose input changed: they count nowhere.
    pub gone: u32,
    /// Why a figure is missing, in words; none when all could be computed.
    pub note: Option<String>,
}
