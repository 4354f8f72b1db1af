//! Changes of a dataset. Each makes a new dataset version; runs keep the examples they used.

use serde::{Deserialize, Serialize};

use super::{ExampleFilter, Split, SplitSizes};

/// The examples that a change is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ExampleSelection {
    /// These.
    Ids {
        /// Database ids.
        ids: Vec<i64>,
    },
    /// All that the filter leaves, wherever the list is scrolled to.
    Filter {
        /// The filter.
        filter: ExampleFilter,
    },
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ExampleEdit {
    /// Another text in one cell. The example keeps its number and gets a new id.
    SetCell {
        /// The example.
        example: i64,
        /// Name of the column.
        column: String,
        /// The text, taken as it is.
        text: String,
    },
    /// Into another split, or into none.
    MoveToSplit {
        /// Which examples.
        selection: ExampleSelection,
        /// Where to.
        split: Option<Split>,
    },
    /// Kept out of runs, or taken back.
    Exclude {
        /// Which examples.
        selection: ExampleSelection,
        /// Out, or back.
        excluded: bool,
    },
    /// Out of the dataset. Runs that used them still show them.
    Delete {
        /// Which examples.
        selection: ExampleSelection,
    },
}

/// A state of a dataset, as an import or a change left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct DatasetVersion {
    /// Database id.
    pub id: i64,
    /// Version within the project, from 1.
    pub version: u32,
    /// Unix milliseconds.
    pub created_at: i64,
    /// What was done, in words.
    pub change: String,
    /// Examples.
    pub rows: u32,
    /// Of them excluded from runs.
    pub excluded: u32,
    /// Sizes of the splits.
    pub sizes: SplitSizes,
    /// Runs that used it.
    pub runs: u32,
    /// The project uses it now.
    pub current: bool,
}

/// Which repeats are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum RepeatKind {
    /// Same input, same ground truth.
    Duplicates,
    /// Same input, different ground truths.
    Contradictions,
}

/// What becomes of repeats. Excluded examples count as no repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum RepeatResolution {
    /// Duplicates: the first of each stays, the others are excluded.
    ExcludeLater,
    /// Duplicates: the first of each stays, the others are deleted.
    DeleteLater,
    /// Contradictions: all of them are excluded.
    ExcludeAll,
    /// Contradictions: the ground truth of more than half of them stays, the others are excluded; without such a majority all.
    KeepMajority,
}
