//! What earlier epochs tried and how it ended, as the optimizer is told it: aggregates only.

use serde_json::{Map, Value, json};

use super::request::EARLIER_EPOCHS_SHOWN;
use crate::{
    run::{Decision, EditFate, EpochSummary, StrategyKind, TriedEdit},
    store::StoredProposal,
};

/// One earlier attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Its epoch.
    pub epoch: u32,
    /// How it ended.
    pub decision: Decision,
    /// The optimizer's own words on it.
    pub explanation: String,
    /// Validation score of the proposal.
    pub validation: Option<f64>,
    /// What it could have reached at most, where its validation was stopped early.
    pub at_most: Option<f64>,
    /// Gain over the best before it.
    pub delta: Option<f64>,
    /// What was wrong with it, when it was invalid or was turned down for a reason of its own.
    pub reason: String,
}

impl Attempt {
    /// From a decision and the optimizer's explanation.
    pub fn new(summary: &EpochSummary, explanation: String) -> Self {
        Self {
            epoch: summary.epoch,
            decision: summary.decision,
            explanation,
            validation: summary.validation.map(|s| s.score),
            at_most: summary.bound.map(|b| b.score),
            delta: summary.delta,
            reason: summary.reason.clone(),
        }
    }
}

/// The attempts of stored epochs; a search tells of the edits it kept, the written loop of its proposal.
pub fn attempts(epochs: &[EpochSummary], proposals: &[StoredProposal], edits: &[TriedEdit], strategy: StrategyKind) -> Vec<Attempt> {
    let explanation = |epoch: u32| match strategy {
        StrategyKind::Greedy => proposals.iter().find(|p| p.epoch == epoch).map(|p| p.explanation.clone()).unwrap_or_default(),
        StrategyKind::Pareto => kept(edits.iter().filter(|e| e.epoch == epoch)),
    };
    epochs.iter().filter(|e| e.epoch > 0).map(|e| Attempt::new(e, explanation(e.epoch))).collect()
}

/// The edits that were kept, as one text.
pub fn kept<'a>(edits: impl Iterator<Item = &'a TriedEdit>) -> String {
    let lines = edits.filter(|e| e.fate == EditFate::Kept).map(|e| e.added.iter().chain(&e.removed).cloned().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n").chars().take(2_000).collect()
}

/// The latest attempts as JSON, oldest first.
pub fn told(attempts: &[Attempt]) -> Value {
    let rounded = |value: f64| json!((value * 10_000.0).round() / 10_000.0);
    let start = attempts.len().saturating_sub(EARLIER_EPOCHS_SHOWN);
    attempts[start..]
        .iter()
        .map(|a| {
            let mut attempt = Map::new();
            attempt.insert("epoch".into(), json!(a.epoch));
            attempt.insert("decision".into(), json!(a.decision));
            attempt.insert("explanation".into(), json!(a.explanation));
            if let Some(score) = a.validation {
                attempt.insert("validation".into(), rounded(score));
            }
            if let Some(score) = a.at_most {
                attempt.insert("validation_at_most".into(), rounded(score));
            }
            if let Some(delta) = a.delta {
                attempt.insert("gain".into(), rounded(delta));
            }
            attempt.insert("reason".into(), json!(a.reason));
            Value::Object(attempt)
        })
        .collect()
}
