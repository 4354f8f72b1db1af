//! How runs are measured, so that nobody reads figures against each other that do not compare.

use super::metrics;
use crate::run::RunSummary;

/// How the answers of a run become scores.
pub(super) fn scoring(run: &RunSummary) -> String {
    let threshold = run.config.match_threshold;
    let from = if threshold < 1.0 { format!(", a match from {threshold}") } else { String::new() };
    format!("{}{from}", metrics(&run.config))
}

/// The runs by their scoring, in the order in which each comes first.
pub(super) fn by_scoring<'a>(runs: &[&'a RunSummary]) -> Vec<(String, Vec<&'a RunSummary>)> {
    let mut groups: Vec<(String, Vec<&RunSummary>)> = Vec::new();
    for run in runs.iter().copied() {
        let own = scoring(run);
        match groups.iter_mut().find(|(known, _)| *known == own) {
            Some((_, group)) => group.push(run),
            None => groups.push((own, vec![run])),
        }
    }
    groups
}

type Measure = (&'static str, fn(&RunSummary) -> String);

const MEASURES: [Measure; 5] = [
    ("metric", |run| metrics(&run.config)),
    ("match from", |run| run.config.match_threshold.to_string()),
    ("dataset", |run| run.dataset.clone()),
    ("division", |run| run.config.repeat.map_or_else(|| "the dataset's".to_owned(), |repeat| format!("seed {}", repeat.split_seed))),
    ("validation examples", |run| run.splits.validation.to_string()),
];

/// In what a run is measured differently from another one, as the window says it; empty where their scores compare.
pub(super) fn unlike(first: &RunSummary, run: &RunSummary) -> Vec<String> {
    let differs = |(what, of): &Measure| {
        let (there, here) = (of(first), of(run));
        (there != here).then(|| format!("{what} {there}, here {here}"))
    };
    MEASURES.iter().filter_map(differs).collect()
}

/// Why a difference of the scores of two runs says little of their prompts, where it does.
pub(super) fn measured_differently(first: &RunSummary, second: &RunSummary) -> Option<String> {
    let mut reasons = Vec::new();
    let [one, other] = [first, second].map(|run| metrics(&run.config));
    if one != other {
        reasons.push(format!("the first is scored by {one}, the second by {other}"));
    }
    let [one, other] = [first, second].map(|run| run.config.match_threshold);
    if one != other {
        reasons.push(format!("the first counts a score from {one} as a match, the second from {other}"));
    }
    if first.dataset != second.dataset {
        reasons.push(format!("the first was trained on {}, the second on {}", first.dataset, second.dataset));
    }
    let reasons = reasons.join("; ");
    (!reasons.is_empty()).then(|| format!("The two are measured differently: {reasons}. The difference need not come from the prompts."))
}
