//! Which examples of a dataset are meant, and in which order.

use serde::{Deserialize, Serialize};

/// One of the splits, or none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum SplitFilter {
    /// In training.
    Train,
    /// In validation.
    Validation,
    /// In the test split.
    Test,
    /// In no split.
    None,
}

/// How a cell is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ColumnOp {
    /// The text stands somewhere in the cell, case aside.
    Contains,
    /// The cell is the text, character for character.
    Equals,
    /// The cell starts with the text, case aside.
    StartsWith,
    /// The cell is empty; the text says nothing.
    Empty,
    /// The cell is not empty; the text says nothing.
    NotEmpty,
}

/// A condition on one column.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ColumnFilter {
    /// Name of the column.
    pub column: String,
    /// How its cells are compared.
    pub op: ColumnOp,
    /// With what.
    pub text: String,
}

/// A property that depends on more than the example itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum OnlyExamples {
    /// Input and ground truth both stand in another example too.
    Duplicates,
    /// The input stands in another example with another ground truth.
    Contradictions,
    /// The input stands in another split too.
    Leaks,
    /// In the doubt queue of the newest run that has ended.
    Doubts,
}

/// Which examples are meant; every condition that is set has to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ExampleFilter {
    /// Only this split.
    pub split: Option<SplitFilter>,
    /// Only examples in which some cell contains it, case aside.
    pub search: String,
    /// Conditions on columns.
    pub columns: Vec<ColumnFilter>,
    /// Only excluded examples, or only those that are not.
    pub excluded: Option<bool>,
    /// Only examples of this kind.
    pub only: Option<OnlyExamples>,
    /// Only the example with this number.
    pub number: Option<u32>,
}

/// The order of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ExampleSort {
    /// Name of the column; empty: by number.
    pub column: String,
    /// The other way round.
    pub descending: bool,
}
