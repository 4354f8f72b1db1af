//! Runs: set up, started, repeated, named.

use serde::{Deserialize, Serialize};

use super::{EpochMark, EpochSummary, PreparedRun, RunConfig, RunSummary, Spread};

requests! {
    /// What a project has, briefly.
    KnownRuns {
        /// How many runs.
        count: u32,
        /// The newest of them.
        last: Option<i64>,
        /// Its current dataset version.
        dataset: Option<i64>,
        /// Those that go on, in this program or another.
        moving: Vec<i64>,
        /// Those that wait: paused or interrupted.
        waiting: Vec<i64>,
        /// When the last of them ended (Unix milliseconds); none has before the first.
        ended_at: Option<i64>,
    }
    /// Settings of runs under a name, for any project.
    RunPreset {
        /// Its name.
        name: String,
        /// What a run is told; prompts, instructions and names of runs are no part of it and empty.
        config: RunConfig,
    }
    /// Names a preset.
    PresetName {
        /// The preset.
        name: String,
    }
    /// Keep what is filled in for a new run.
    SavePreparedRun {
        /// The project.
        project: i64,
        /// What is filled in; none to begin with what is usual.
        prepared: Option<PreparedRun>,
    }
    /// Start the same settings on several divisions of the dataset.
    StartRepeats {
        /// The project.
        project: i64,
        /// What is asked of each run.
        config: RunConfig,
        /// How many runs, 2 to 50.
        repeats: u32,
    }
    /// Names a group of repeats.
    RepeatGroup {
        /// The project.
        project: i64,
        /// The group.
        group: i64,
    }
    /// A group of repeats; figures over its completed runs.
    RepeatSummary {
        /// The group.
        group: i64,
        /// Name of its runs, without their numbers.
        name: String,
        /// Its runs, in order.
        runs: Vec<i64>,
        /// How many were asked for.
        of: u32,
        /// How many are completed.
        completed: u32,
        /// In how many of those a proposal beat the baseline.
        better: u32,
        /// Validation score of the first prompts.
        baseline_validation: Option<Spread>,
        /// Validation score of the best prompts.
        best_validation: Option<Spread>,
        /// Its gain over the first prompts.
        gain_validation: Option<Spread>,
        /// Test score of the first prompts.
        baseline_test: Option<Spread>,
        /// Test score of the best prompts.
        best_test: Option<Spread>,
        /// Its gain over the first prompts.
        gain_test: Option<Spread>,
    }
    /// Start a run on the current dataset.
    StartRun {
        /// The project.
        project: i64,
        /// What is asked.
        config: RunConfig,
    }
    /// Names a measuring of first prompts.
    MeasureJob {
        /// Its number in this process.
        job: i64,
    }
    /// How far a measuring is, and what it used.
    MeasureProgress {
        /// Questions that are over.
        done: u32,
        /// Questions in all: to measure first prompts each example is asked twice, to compare two once under each.
        total: u32,
        /// Requests that were sent.
        calls: u64,
        /// Answers that were on disk.
        cached: u64,
        /// Questions that got no answer.
        failed: u32,
        /// Tokens in.
        prompt_tokens: u64,
        /// Tokens out.
        completion_tokens: u64,
        /// Dollars; null where a price is unknown.
        cost: Option<f64>,
        /// What a server said that did not answer, the latest of it.
        said: Option<String>,
        /// Whether it goes on, or how it ended.
        state: MeasureState,
    }
    /// Rename a run.
    RenameRun {
        /// The run.
        run: i64,
        /// New name.
        name: String,
    }
    /// Put a run out of sight, or bring it back.
    ArchiveRun {
        /// The run.
        run: i64,
        /// Out of sight.
        archived: bool,
    }
    /// A run with its epochs.
    RunView {
        /// The run.
        summary: RunSummary,
        /// Its epochs in order.
        epochs: Vec<EpochSummary>,
        /// Number of the last kept event, to watch from.
        last_seq: u64,
        /// The result in a sentence, when it has ended.
        verdict: Option<String>,
        /// Warnings so far.
        warnings: Vec<String>,
        /// Epochs that were starred or noted.
        marks: Vec<EpochMark>,
    }
    /// Star an epoch, or note something beside it.
    MarkEpoch {
        /// The run.
        run: i64,
        /// The epoch.
        epoch: u32,
        /// Worth finding again.
        starred: bool,
        /// At most 2,000 characters.
        note: String,
    }
}

/// Whether a measuring goes on, or how it ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum MeasureState {
    /// It goes on.
    Running,
    /// Every question was asked.
    Done,
    /// Nothing more will be answered.
    Failed {
        /// Why.
        error: crate::Error,
    },
    /// The user stopped it; the answers that had come are kept.
    Stopped,
}
