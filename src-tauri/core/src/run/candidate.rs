//! Candidates of a search: what was made of what, and what became of it.

use serde::{Deserialize, Serialize};

use crate::{prompt::Half, stats::Score};

/// How a candidate was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Technique {
    /// The first prompts.
    Baseline,
    /// One edit of an optimizer's reply, tried alone.
    Edit,
    /// The same, of a reply to another candidate of the Pareto front, moved to the one the round builds on.
    Front,
    /// A whole reply that rewrites the prompt, tried alone.
    Rewrite,
    /// All edits of the round at once, to see which of them carry something.
    Trial,
    /// The edits that proved good, merged into one prompt. No model call.
    Merge,
    /// System and output prompt of different candidates. No model call.
    Cross,
    /// Lines that carry nothing dropped. No model call.
    Prune,
    /// Worked examples of the training split appended. No model call.
    Examples,
    /// Written from the data alone, without the current prompts.
    Restart,
}

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Fate {
    /// Where the search started.
    Baseline,
    /// It was only made to see what its edits do.
    Trial,
    /// No better than its parent on the same few training examples.
    Gated,
    /// Passed the gate; merged into another candidate of its round.
    Merged,
    /// Passed the gate; validation gave it up early.
    Outrun,
    /// Validated in full, without becoming the best.
    Validated,
    /// Became the best.
    Best,
}

/// A candidate of a search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Candidate {
    /// Its place in the run, from 1; 0 is the baseline.
    pub number: u32,
    /// The epoch that made it.
    pub epoch: u32,
    /// Its prompt version.
    pub version: i64,
    /// Numbers of the candidates it was made of.
    pub parents: Vec<u32>,
    /// How it was made.
    pub technique: Technique,
    /// What became of it.
    pub fate: Fate,
    /// Why, in one sentence.
    pub reason: String,
    /// Training examples scored under it; null if none.
    pub train: Option<Score>,
    /// Its score on validation, when it was validated in full.
    pub validation: Option<Score>,
}

/// What became of a single edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum EditFate {
    /// The examples it concerns got better.
    Kept,
    /// They did not.
    Dropped,
    /// Turned down before a call was spent on it.
    Refused,
    /// Not tested: more urgent edits came first.
    Waiting,
}

/// One change of a proposal, tested on its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct TriedEdit {
    /// The epoch it was tried in.
    pub epoch: u32,
    /// Where it changes the prompt.
    pub half: Half,
    /// Lines it takes away.
    pub removed: Vec<String>,
    /// Lines it adds.
    pub added: Vec<String>,
    /// What the optimizer meant by it.
    pub hypothesis: String,
    /// What became of it.
    pub fate: EditFate,
    /// Why, in one sentence.
    pub reason: String,
    /// Training examples it was judged on.
    pub rows: u32,
    /// Mean change of their scores, in [-1, 1].
    pub gain: f64,
    /// How it was made.
    #[serde(default = "plain_edit")]
    pub technique: Technique,
    /// Share of the training examples it speaks of, in (0, 1]; 1: it is about the task as a whole.
    #[serde(default = "all")]
    pub reach: f64,
    /// Edits that were tested as one, itself included.
    #[serde(default = "alone")]
    pub together: u32,
}

// What edits were before these were told apart.
fn plain_edit() -> Technique {
    Technique::Edit
}
fn all() -> f64 {
    1.0
}
fn alone() -> u32 {
    1
}

/// What a technique of a search came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Earned {
    /// The technique.
    pub technique: Technique,
    /// Edits it put to a test.
    pub tried: u32,
    /// Those that were kept.
    pub kept: u32,
    /// Calls their tests took, about.
    pub calls: f64,
    /// What they added to the mean training score, estimated from their tests; in [0, 1] each.
    pub gain: f64,
}

/// A whole search: every candidate under its parents, and what each technique earned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SearchTree {
    /// Candidates in the order they were made; the baseline, 0, is the root and has no entry.
    pub candidates: Vec<Candidate>,
    /// Techniques that were tried.
    pub techniques: Vec<Earned>,
}
