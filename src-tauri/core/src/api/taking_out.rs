//! What leaves the program: examples, runs, comparisons, prompts to build in.

use serde::{Deserialize, Serialize};

use super::{ComparePrompts, ExampleFilter, ExportFormat, ModelConfig, Prompt, RunPoint, ShipFormat, Split, SplitScores};

requests! {
    /// Examples to be written into a file.
    ExportDataset {
        /// The project.
        project: i64,
        /// Which examples; without a condition all of them.
        filter: ExampleFilter,
        /// What is written.
        format: ExportFormat,
        /// Runs whose answers under their best prompt stand beside each example.
        runs: Vec<i64>,
        /// Cells that a spreadsheet would run as a formula get an apostrophe in front; no other cell is changed.
        safe_for_spreadsheets: bool,
    }
    /// An export that goes on by itself.
    ExportJob {
        /// Its number.
        job: i64,
    }
    /// How far an export is.
    ExportProgress {
        /// Examples written.
        rows_done: u64,
        /// Examples to be written; 0 until they are counted.
        rows_total: u64,
        /// Whether it goes on, or how it ended.
        state: ExportState,
    }
    /// A run as text.
    ExportRun {
        /// The run.
        run: i64,
        /// `json`, `csv`, `md`, `html` or `certificate`.
        format: String,
    }
    /// Two prompts of runs as one report.
    ExportComparison {
        /// First side.
        first: RunPoint,
        /// Second side.
        second: RunPoint,
        /// Validation, or test where both were tested.
        split: Split,
        /// `md` or `html`.
        format: String,
    }
    /// Two prompts that need be of no run as one report, of what is on disk of them.
    ExportPrompts {
        /// The prompts, and how they are asked and scored.
        pair: ComparePrompts,
        /// What the first one is called.
        first: String,
        /// What the second one is called.
        second: String,
        /// `md` or `html`.
        format: String,
    }
    /// Several runs side by side as one report.
    ExportRuns {
        /// The runs, in the order in which they are shown.
        runs: Vec<i64>,
        /// The one of them that the others are held against; none: the first.
        #[serde(default)]
        baseline: Option<i64>,
        /// `md` or `html`.
        format: String,
    }
    /// Write a prompt as something to build in.
    ShipPrompt {
        /// Which.
        source: ShipSource,
        /// The model to call; none: the one it was measured with.
        model: Option<ModelConfig>,
    }
    /// A prompt as something to build in.
    ShippedPrompt {
        /// What it is, in words.
        name: String,
        /// The prompt.
        prompt: Prompt,
        /// The model that is called.
        model: ModelConfig,
        /// It was measured with another one, or with none.
        other_model: bool,
        /// What was measured of it.
        scores: SplitScores,
        /// How many of the test examples an earlier run had opened; 0 for a test split that was sealed until then.
        test_opened_before: u32,
        /// The prompt its run began with; null where it is no prompt of a run.
        baseline: Option<SplitScores>,
        /// The same in sentences, with what limits them.
        figures: Vec<String>,
        /// It in every format.
        texts: Vec<ShippedText>,
    }
    /// A prompt in one format.
    ShippedText {
        /// The format.
        format: ShipFormat,
        /// What its file is called by custom.
        file_name: String,
        /// Null where a server would have to be called: the demo model has none.
        text: Option<String>,
    }
}

/// Whether an export goes on, or how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ExportState {
    /// It goes on.
    Running,
    /// The file is there.
    Done {
        /// Where it is.
        path: String,
        /// Its size.
        bytes: u64,
        /// Cells that got an apostrophe.
        changed_cells: u64,
    },
    /// No file was written.
    Failed {
        /// Why.
        error: crate::Error,
    },
    /// The user cancelled it; no file was written.
    Cancelled,
}

/// A prompt that can be shipped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ShipSource {
    /// A prompt of a run.
    Run {
        /// Which one.
        point: RunPoint,
    },
    /// Any prompt of a project, an edited one for instance.
    Prompt {
        /// The project.
        project: i64,
        /// The prompt.
        prompt: Prompt,
    },
}
