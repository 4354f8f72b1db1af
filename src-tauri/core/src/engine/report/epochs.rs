//! The epochs of a run, drawn and as a table.

use super::score;
use crate::{
    api::RunView,
    calls::grouped,
    report::{Block, CurveChart, CurvePoint, Mark, Report},
    run::{Decision, EpochSummary, has_simulated_scores},
    stats::Score,
    train::{percent, points},
};

pub(in crate::engine) fn decision(epoch: &EpochSummary) -> &'static str {
    match epoch.decision {
        Decision::Baseline => "baseline",
        Decision::Accepted => "accepted",
        Decision::Rejected => "rejected",
        Decision::Invalid => "invalid",
    }
}

/// Training score of the prompts that are the best after an epoch, the same one for as long as they stay the best: that of the first prompts
/// as the baseline measured it, that of the run's best as the run has it, else the first that an epoch after them had.
fn train_after(view: &RunView, at: usize) -> Option<Score> {
    let brought = |e: &EpochSummary| matches!(e.decision, Decision::Accepted | Decision::Baseline);
    let from = view.epochs.get(..=at)?.iter().rposition(brought)?;
    let (first, later) = (&view.epochs[from], &view.epochs[from + 1..]);
    let known = || later.iter().find(|e| e.train.is_some() || brought(e)).and_then(|e| e.train);
    match first.decision {
        Decision::Baseline => first.train,
        _ if later.iter().any(brought) => known(),
        _ => view.summary.best.train.or_else(known),
    }
}

/// A search asks most prompts a part of the training examples alone: their score is not that of the split.
fn is_part(view: &RunView, train: &Score) -> bool {
    train.n + train.missing < view.summary.splits.train
}

pub(super) fn curve(view: &RunView) -> CurveChart {
    let point = |(at, e): (usize, &EpochSummary)| CurvePoint {
        part: train_after(view, at).is_some_and(|train| is_part(view, &train)),
        epoch: e.epoch,
        mark: match e.decision {
            _ if e.bound.is_some() => Mark::Bound,
            Decision::Baseline | Decision::Accepted => Mark::Accepted,
            Decision::Rejected => Mark::Rejected,
            Decision::Invalid => Mark::Invalid,
        },
        validation: e.validation.map(|s| (s.score, s.low, s.high)).or_else(|| e.bound.map(|b| (b.score, b.score, b.score))),
        train: train_after(view, at).map(|s| s.score),
    };
    CurveChart { simulated: has_simulated_scores(&view.summary), points: view.epochs.iter().enumerate().map(point).collect() }
}

/// A training score, with its examples where these are a part of the split.
pub(in crate::engine) fn train_words(view: &RunView, train: &Score) -> String {
    let of = if is_part(view, train) { format!(" of {} alone", grouped(u64::from(train.n))) } else { String::new() };
    percent(train.score) + &of
}

/// Every epoch with its decision and its score.
pub(super) fn epoch_table(report: &mut Report, view: &RunView) {
    let row = |(at, e): (usize, &EpochSummary)| {
        let delta = e.delta.map(points).unwrap_or_default();
        let validation = match &e.bound {
            Some(bound) => format!("stopped early: at most {}", percent(bound.score)),
            None => score(e.validation),
        };
        let changes = match (e.changes(), &e.bound) {
            (Some((fixed, broken)), Some(bound)) => format!("{fixed} / {broken} of {} answered", bound.n),
            (Some((fixed, broken)), None) => format!("{fixed} / {broken}"),
            (None, _) => "–".to_owned(),
        };
        let train = train_after(view, at).map_or_else(|| "–".to_owned(), |s| train_words(view, &s));
        [e.epoch.to_string(), decision(e).to_owned(), train, validation, delta, changes, e.reason.clone()]
    };
    report.table(
        ["epoch", "decision", "train, best so far", "validation", "gain", "fixed / broken", "why"],
        view.epochs.iter().enumerate().map(row).collect(),
    );
}

/// The score by epoch, drawn and as a table.
pub(super) fn add_curve(report: &mut Report, view: &RunView) {
    report.add(Block::Curve(curve(view)));
    epoch_table(report, view);
}
