//! Runs: set up, started, repeated, named.

use serde::{Deserialize, Serialize};

use super::{EpochMark, EpochSummary, PreparedRun, RunConfig, RunSummary, Spread};

requests! {
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
