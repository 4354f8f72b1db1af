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

/// How answers become scores.
const SCORING: [Measure; 2] = [("metric", |run| metrics(&run.config)), ("match from", |run| run.config.match_threshold.to_string())];

/// On which examples.
const DATA: [Measure; 3] = [
    ("dataset", |run| run.dataset.clone()),
    ("division", |run| run.config.repeat.map_or_else(|| "the dataset's".to_owned(), |repeat| format!("seed {}", repeat.split_seed))),
    ("validation examples", |run| run.splits.validation.to_string()),
];

/// What differs between two runs: the name of it, and what each has.
fn differing<'m>(measures: &'m [Measure], one: &'m RunSummary, other: &'m RunSummary) -> impl Iterator<Item = [String; 3]> + 'm {
    measures.iter().filter_map(|(what, of)| {
        let (there, here) = (of(one), of(other));
        (there != here).then(|| [(*what).to_owned(), there, here])
    })
}

/// In what the examples of two runs differ. What they say decides, where that is known; else what they are called.
fn differing_data(one: &RunSummary, other: &RunSummary) -> Vec<[String; 3]> {
    let named: Vec<_> = differing(&DATA, one, other).collect();
    match (&one.measured_on, &other.measured_on) {
        (Some(there), Some(here)) if there == here => Vec::new(),
        (Some(_), Some(_)) if named.is_empty() => {
            let (there, here) = (one.splits.validation, other.splits.validation);
            vec![["validation examples".to_owned(), there.to_string(), format!("{here} others")]]
        }
        _ => named,
    }
}

/// In what a run is measured differently from another one, as the window says it; empty where their scores compare.
pub(super) fn unlike(against: &RunSummary, run: &RunSummary) -> Vec<String> {
    let all = differing(&SCORING, against, run).chain(differing_data(against, run));
    all.map(|[what, there, here]| format!("{what} {there}, here {here}")).collect()
}

/// What the verdict on two runs does not say, as the window says it; none where they compare. It is made on the examples that both were asked.
pub(super) fn caution_of(first: &RunSummary, second: &RunSummary) -> Option<String> {
    let words = |differing: Vec<[String; 3]>| {
        let said: Vec<String> = differing.into_iter().map(|[what, one, other]| format!("{what} {one} against {other}")).collect();
        said.join("; ")
    };
    let (scoring, data) = (words(differing(&SCORING, first, second).collect()), words(differing_data(first, second)));
    let mut sentences = Vec::new();
    if !scoring.is_empty() {
        sentences.push(format!("Measured differently: {scoring}. The difference need not come from the prompts."));
    }
    if !data.is_empty() {
        sentences.push(format!("Not on the same data: {data}. Only examples that both were asked are compared."));
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}
