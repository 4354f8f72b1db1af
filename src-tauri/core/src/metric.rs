//! Metrics: how an answer is scored against the ground truth. Every metric is in [0, 1]; its source stands at its variant
//! and at the function that computes it.

pub(crate) mod json;
mod label;
mod normalise;
mod number;
mod scorer;
mod spec;
mod suggest;
mod text;

pub(crate) use label::Labels;
pub use label::confusion;
pub use normalise::normalise;
pub(crate) use scorer::compile_pattern;
pub use scorer::{Scorer, matched_from};
pub use spec::parse_spec;
pub use suggest::suggest;
pub(crate) use text::contains;

use serde::{Deserialize, Serialize};

use crate::run::Outcome;

/// One way to score an answer, in [0, 1].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum MetricKind {
    /// 1 when the answer equals the truth, byte for byte.
    Exact,
    /// 1 when both are equal after Unicode NFKC, case folding, and collapsing of blanks and outer punctuation.
    Normalised,
    /// 1 when the normalised answer contains the normalised truth.
    Contains,
    /// 1 when the pattern matches the answer; `{{truth}}` in it stands for the escaped ground truth.
    Regex {
        /// Pattern of the `regex` crate (linear time).
        pattern: String,
    },
    /// 1 when the only number of the answer is within the tolerance of the truth; a truth that does not hold exactly one
    /// number is compared normalised.
    Number {
        /// Absolute difference allowed.
        tolerance: f64,
    },
    /// Token F1 of SQuAD (Rajpurkar et al. 2016).
    F1,
    /// 1 - Levenshtein distance / length of the longer, in characters.
    Edit,
    /// 1 when both are the same JSON value, key order and number spelling aside; a truth that is no JSON is compared
    /// normalised.
    Json,
    /// Share of fields of the truth that the answer has with the same value.
    JsonFields {
        /// Fields to look at (dotted paths); empty: every top-level field of the truth.
        fields: Vec<String>,
    },
    /// Label accuracy: the answer, normalised, is the true label and nothing else. Brings a confusion matrix and macro F1.
    Label,
    /// A model scores the answer by a rubric and writes feedback.
    Judge {
        /// What a good answer is.
        rubric: String,
    },
}

/// A metric with its part in the score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct MetricSpec {
    /// What is measured.
    pub metric: MetricKind,
    /// Weight in the score, above 0; weights are divided by their sum.
    pub weight: f64,
}

/// The metric proposed for a dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct MetricSuggestion {
    /// What to measure.
    pub metric: MetricKind,
    /// Why, in words.
    pub reason: String,
    /// What the file itself asks for, as promptfoo's assertions do; where there is something it goes before `metric`.
    #[serde(default)]
    pub from_file: Vec<MetricSpec>,
}

impl MetricSuggestion {
    /// The metrics of a run that was told nothing else.
    pub fn metrics(&self) -> Vec<MetricSpec> {
        match self.from_file.as_slice() {
            [] => vec![MetricSpec { metric: self.metric.clone(), weight: 1.0 }],
            asked => asked.to_vec(),
        }
    }
}

/// How the answer is taken out of the response before scoring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ExtractRule {
    /// Drop thinking blocks, keep the rest.
    DropThinking,
    /// The last line that is not blank.
    LastLine,
    /// The text between `<tag>` and `</tag>`.
    Tag {
        /// Name of the tag.
        tag: String,
    },
    /// The first group of the pattern, or its whole match.
    Regex {
        /// Pattern of the `regex` crate.
        pattern: String,
    },
    /// A value inside JSON, by dotted path.
    JsonPath {
        /// For instance `result.label` or `items.0`.
        path: String,
    },
}

/// Counts of true against answered labels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Confusion {
    /// True labels, by frequency.
    pub labels: Vec<String>,
    /// `counts[true][answered]`; the last column counts answers that are no label.
    pub counts: Vec<Vec<u32>>,
    /// Unweighted mean of the F1 of each true label.
    pub macro_f1: f64,
}

/// What a judge said about one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeScore {
    /// In [0, 1]; what lies outside is cut to it.
    pub score: f64,
    /// The judge's words.
    pub feedback: String,
}

/// One answer, scored.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// Weighted mean of the metrics, in [0, 1].
    pub score: f64,
    /// Each metric on its own, in the order of the specs.
    pub scores: Vec<f64>,
    /// Match or no match.
    pub outcome: Outcome,
    /// The judge's words, or what the metrics found wrong, one line each.
    pub feedback: Option<String>,
}

/// The beginning of a text, at most `most` characters and an ellipsis, for a sentence.
fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
