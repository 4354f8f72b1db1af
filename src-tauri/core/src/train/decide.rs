//! Step 6: does the proposal replace the best? On the examples answered under both.

use super::{evaluate::Evaluation, words};
use crate::{
    run::{AcceptRule, Decision},
    stats::{self, Paired},
};

/// A decision with its figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Accepted or rejected.
    pub decision: Decision,
    /// Why, in one sentence.
    pub reason: String,
    /// The paired comparison.
    pub paired: Paired,
}

/// Both sides on their common examples; a score at or above `threshold` is a match.
pub fn compare(before: &Evaluation, after: &Evaluation, threshold: f64, seed: u64) -> Paired {
    compare_where(|_| true, before, after, threshold, seed)
}

/// The same on some of the examples alone.
pub fn compare_where(counts: impl Fn(i64) -> bool, before: &Evaluation, after: &Evaluation, threshold: f64, seed: u64) -> Paired {
    let later: std::collections::HashMap<i64, f64> =
        after.results.iter().filter(|r| counts(r.example)).filter_map(|r| Some((r.example, r.score?))).collect();
    let (first, second): (Vec<f64>, Vec<f64>) = before.results.iter().filter_map(|r| Some((r.score?, *later.get(&r.example)?))).unzip();
    stats::paired(&first, &second, threshold, seed)
}

/// The decision under the run's rule. A tie is rejected.
pub fn decide(best: &Evaluation, proposal: &Evaluation, rule: AcceptRule, alpha: f64, threshold: f64, seed: u64) -> Verdict {
    let paired = compare(best, proposal, threshold, seed);
    let rejected = |reason: String| Verdict { decision: Decision::Rejected, reason, paired };
    if proposal.too_many_missing() {
        return rejected(words::too_many_missing(proposal, "validation"));
    }
    if paired.n == 0 {
        return rejected("No validation example was answered under both prompts.".into());
    }
    let figures = words::figures(&paired);
    // Sums of equal scores in another order may differ in the last bits; that is a tie.
    if paired.delta.abs() < 1e-12 {
        return rejected(format!("No better than the best: {figures}."));
    }
    if paired.delta < 0.0 {
        return rejected(format!("Worse than the best: {figures}."));
    }
    if rule == AcceptRule::Significant && paired.p >= alpha {
        return rejected(format!("Better, but not beyond chance at level {alpha}: {figures}."));
    }
    Verdict { decision: Decision::Accepted, reason: format!("Better than the best before it: {figures}."), paired }
}
