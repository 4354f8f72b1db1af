//! What a run teaches about its examples: which flipped when, why answers failed, and what to do with the result.

use serde::{Deserialize, Serialize};

use super::{MissingCause, Prediction};
use crate::{
    dataset::{Example, Split},
    stats::Score,
};

/// Examples of a run by its epochs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct LearningMap {
    /// The split shown.
    pub split: Split,
    /// Epochs that were evaluated, in order.
    pub epochs: Vec<u32>,
    /// The examples in the run's order.
    pub rows: Vec<MapRow>,
}

/// One example on the learning map.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct MapRow {
    /// Id of the example.
    pub example: i64,
    /// Its number in the dataset.
    pub number: u32,
    /// The beginning of its input.
    pub input: String,
    /// The beginning of its ground truth.
    pub truth: String,
    /// One character an epoch: `1` match, `0` no match, `?` missing, `.` not asked.
    pub cells: String,
    /// How often it changed between match and no match from one evaluated prompt to the next.
    pub flips: u32,
}

/// What every evaluated prompt of a run made of one example.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ExampleHistory {
    /// The example.
    pub example: Example,
    /// Answers by epoch, in order; an epoch that did not ask it has none.
    pub answers: Vec<EpochAnswer>,
}

/// The answer of one epoch's prompt.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct EpochAnswer {
    /// The epoch.
    pub epoch: u32,
    /// Its first answer, the score averaged over its samples.
    pub prediction: Prediction,
}

/// Why an answer is no match.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Failure {
    /// There is no answer.
    Missing {
        /// Why.
        cause: MissingCause,
    },
    /// The answer was cut by the length limit.
    Cut,
    /// The answer is empty.
    Empty,
    /// Another label than the true one.
    Confused {
        /// The true label.
        truth: String,
        /// The label that was answered; null: the answer is no known label.
        answered: Option<String>,
    },
    /// Right but for case, blanks or punctuation.
    Form,
    /// The expected answer with other text around it.
    Surrounded,
    /// Not JSON where JSON was expected.
    NotJson,
    /// JSON with wrong fields.
    Fields {
        /// Dotted paths, the first ones.
        fields: Vec<String>,
    },
    /// Another number, none, or several.
    Number,
    /// The judge's score is below the threshold.
    Judged,
    /// Another answer.
    Other,
}

/// Failures with one cause.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FailureGroup {
    /// The cause.
    pub failure: Failure,
    /// Examples with it.
    pub count: u32,
    /// Those of them that the best before the epoch had right.
    pub broken: u32,
}

/// A gain on one split, on the examples answered under both prompts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Gain {
    /// The first prompts.
    pub before: Score,
    /// The best prompts.
    pub after: Score,
    /// Mean difference in [-1, 1].
    pub delta: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
    /// Two-sided paired p.
    pub p: f64,
    /// Examples turned to match.
    pub fixed: u32,
    /// Examples turned to no match.
    pub broken: u32,
    /// Examples compared.
    pub n: u32,
}

/// What would help most now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum NextAction {
    /// Take the best prompts.
    UsePrompts,
    /// Go on with a larger limit.
    MoreBudget,
    /// Go on from the best with further epochs.
    GoOn,
    /// Ask again for what is missing.
    RetryMissing,
    /// Add examples.
    MoreExamples,
    /// Look at the labels that every prompt gets wrong.
    ReviewLabels,
    /// Try again with other settings.
    OtherSettings,
}

/// One thing to do, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct NextStep {
    /// What.
    pub action: NextAction,
    /// Why, a sentence.
    pub reason: String,
}

/// What an ended run came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RunOutcome {
    /// First prompts against best on the validation split; null where nothing beat them.
    pub validation: Option<Gain>,
    /// The same on the sealed test split; null where it was not opened.
    pub test: Option<Gain>,
    /// What to do now, the best first.
    pub next: Vec<NextStep>,
}
