//! Why answers failed: validation answers of an epoch in groups with one cause, named without a model's help.

use std::collections::HashMap;

use super::{Engine, data, door};
use crate::{
    api::{ConfusionCell, FailurePage, ListFailures},
    dataset::Split,
    error::Result,
    metric::{Labels, MetricKind, contains, json, normalise},
    run::{Failure, FailureGroup, Outcome, Prediction},
};

/// Fields of a group's name; answers that differ beyond them are one group.
const NAMED_FIELDS: usize = 3;

impl Engine {
    /// Validation answers of an epoch by why they failed.
    #[door]
    pub async fn list_failures(&self, request: ListFailures) -> Result<FailurePage> {
        let run = self.store().run_row(request.run).await?;
        let epoch = self.epoch(request.run, request.epoch).await?;
        let Some(version) = epoch.version else { return Ok(FailurePage { groups: Vec::new(), total: 0, rows: Vec::new() }) };
        let first = self.side(request.run, &run.config, epoch.before, Split::Validation).await?;
        let second = self.side(request.run, &run.config, version, Split::Validation).await?;
        let ids = self.split_of_run(request.run, Split::Validation).await?;
        let truths: HashMap<i64, String> =
            self.store().examples_by_id(ids.clone().into()).await?.into_iter().map(|e| (e.id, e.ground_truth_output)).collect();
        let labels = if data::has_labels(&run.config.metrics) {
            let mut known = Labels::new(&self.labels(Some(&self.store().dataset_by_id(run.dataset).await?)).await?);
            // In the order of the confusion matrix: a truth that is no frequent label stands behind.
            ids.iter().filter_map(|id| truths.get(id)).for_each(|truth| {
                known.add(truth);
            });
            Some(known)
        } else {
            None
        };
        // Of several metrics the first that is not content.
        let metric = |prediction: &Prediction| {
            let scored = run.config.metrics.iter().zip(&prediction.scores).find(|(_, score)| **score < 1.0).map(|(spec, _)| spec);
            scored.or(run.config.metrics.first()).map_or(&MetricKind::Exact, |spec| &spec.metric)
        };
        let mut groups: Vec<FailureGroup> = Vec::new();
        let mut places: HashMap<Failure, usize> = HashMap::new();
        let mut wanted = Vec::new();
        for id in ids {
            let (Some(prediction), Some(truth)) = (second.prediction(id), truths.get(&id)) else { continue };
            let matched = prediction.outcome == Outcome::Match;
            let failure = (!matched).then(|| cause(metric(&prediction), labels.as_ref(), &prediction, truth));
            if let Some(failure) = &failure {
                let place = *places.entry(failure.clone()).or_insert_with(|| {
                    groups.push(FailureGroup { failure: failure.clone(), count: 0, broken: 0 });
                    groups.len() - 1
                });
                groups[place].count += 1;
                groups[place].broken += u32::from(first.matches(id) == Some(true));
            }
            let listed = match (&request.cell, &request.only) {
                (Some(cell), _) => {
                    let counted = if request.before { first.prediction(id) } else { Some(prediction) };
                    counted
                        .filter(|p| p.missing.is_none())
                        .zip(labels.as_ref())
                        .is_some_and(|(p, known)| counts(cell, &read(known, &p, truth)))
                }
                (None, Some(only)) => failure.as_ref() == Some(only),
                (None, None) => !matched,
            };
            if listed {
                wanted.push(id);
            }
        }
        // The order of equals is that of their first example.
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        let total = u32::try_from(wanted.len()).unwrap_or(u32::MAX);
        let page = wanted.into_iter().skip(request.offset as usize).take(request.limit.min(500) as usize).collect();
        Ok(FailurePage { groups, total, rows: self.compared(page, &first, &second).await? })
    }
}

/// The cell of the confusion matrix that counts an answer.
fn read(labels: &Labels, prediction: &Prediction, truth: &str) -> ConfusionCell {
    let name = |text: &str| labels.name(text).map(str::to_owned);
    ConfusionCell { truth: name(truth).unwrap_or_else(|| truth.to_owned()), answered: name(&prediction.answer) }
}

fn counts(cell: &ConfusionCell, read: &ConfusionCell) -> bool {
    cell.truth == read.truth && cell.answered == read.answered
}

/// The plainest cause of a failure: what is wrong whatever is measured first, then by the metric.
fn cause(metric: &MetricKind, labels: Option<&Labels>, prediction: &Prediction, truth: &str) -> Failure {
    if let Some(cause) = prediction.missing {
        return Failure::Missing { cause };
    }
    let answer = prediction.answer.as_str();
    if prediction.cut {
        return Failure::Cut;
    }
    if answer.trim().is_empty() {
        return Failure::Empty;
    }
    if let Some(labels) = labels {
        let ConfusionCell { truth, answered } = read(labels, prediction, truth);
        // Where the label is right, something else is not.
        if answered.as_ref() != Some(&truth) {
            return Failure::Confused { truth, answered };
        }
    }
    let fields: &[String] = match metric {
        MetricKind::JsonFields { fields } => fields,
        _ => &[],
    };
    match metric {
        MetricKind::Json | MetricKind::JsonFields { .. } => match json::wrong_fields(answer, truth, fields) {
            None => Failure::NotJson,
            Some(fields) if fields.is_empty() => Failure::Other,
            Some(mut fields) => {
                fields.truncate(NAMED_FIELDS);
                Failure::Fields { fields }
            }
        },
        MetricKind::Judge { .. } => Failure::Judged,
        _ if normalise(answer) == normalise(truth) => Failure::Form,
        _ if contains(answer, truth) => Failure::Surrounded,
        MetricKind::Number { .. } => Failure::Number,
        _ => Failure::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::MissingCause;

    fn answered(answer: &str) -> Prediction {
        Prediction {
            example: 1,
            sample: 0,
            response: answer.into(),
            answer: answer.into(),
            score: Some(0.0),
            scores: vec![0.0],
            outcome: Outcome::NoMatch,
            missing: None,
            cut: false,
            feedback: None,
            samples: Vec::new(),
        }
    }

    #[test]
    fn every_failure_has_its_plainest_cause() {
        let labels = Labels::new(&["billing".into(), "cards".into()]);
        let of = |metric: MetricKind, answer: &str, truth: &str| cause(&metric, None, &answered(answer), truth);
        assert_eq!(of(MetricKind::Exact, " \n", "a"), Failure::Empty);
        let judge = MetricKind::Judge { rubric: "Is it kind?".into() };
        assert_eq!(cause(&judge, Some(&labels), &answered("billing"), "billing"), Failure::Judged);
        assert_eq!(of(MetricKind::Exact, "A.", "a"), Failure::Form);
        assert_eq!(of(MetricKind::Exact, "It is a", "a"), Failure::Surrounded);
        assert_eq!(of(MetricKind::Exact, "b", "a"), Failure::Other);
        assert_eq!(of(MetricKind::Number { tolerance: 0.0 }, "13", "12"), Failure::Number);
        assert_eq!(of(MetricKind::Json, "{oops", "{\"a\":1}"), Failure::NotJson);
        assert_eq!(of(MetricKind::Json, "{\"a\":2,\"b\":1}", "{\"a\":1,\"b\":1}"), Failure::Fields { fields: vec!["a".into()] });
        assert_eq!(of(MetricKind::Judge { rubric: "kind".into() }, "No.", "Yes."), Failure::Judged);
        let label = |answer: &str| cause(&MetricKind::Label, Some(&labels), &answered(answer), "billing");
        assert_eq!(label("Cards."), Failure::Confused { truth: "billing".into(), answered: Some("cards".into()) });
        assert_eq!(label("I think billing"), Failure::Confused { truth: "billing".into(), answered: None });
        let cut = Prediction { cut: true, ..answered("a long") };
        assert_eq!(cause(&MetricKind::Exact, None, &cut, "a"), Failure::Cut);
        let missing = Prediction { missing: Some(MissingCause::Timeout), outcome: Outcome::Missing, ..answered("") };
        assert_eq!(cause(&MetricKind::Label, Some(&labels), &missing, "billing"), Failure::Missing { cause: MissingCause::Timeout });
    }
}
