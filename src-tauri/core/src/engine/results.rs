//! What came out: an epoch in detail, examples between two prompts, two runs side by side.

use std::collections::{HashMap, HashSet};

use super::{Engine, data, door, meaning::Meant};
use crate::{
    api::{Compare, ComparedPage, GetEpoch, ListCompared, RunId},
    chat::Completion,
    dataset::{Example, Split},
    error::{Error, Result},
    extract::Extractor,
    metric::{self, Confusion},
    prompt::Prompt,
    run::{
        Bucket, BucketCounts, ComparedExample, Comparison, Decision, EpochDetail, EpochSummary, Exchange, MetricScores, Outcome,
        Prediction, RunConfig, RunPoint, RunStatus, RunSummary, SampleAnswer, SearchTree, ShownExample,
    },
    stats::{self, Paired, Score},
    store::{CompletionKey, StoredEpoch, StoredPrediction},
    train,
};

/// The predictions of one prompt on one split, by example.
pub(super) struct Side {
    /// All samples of each example, in order.
    by_example: HashMap<i64, Vec<Prediction>>,
    threshold: f64,
}

impl Side {
    /// Stored predictions with their answers.
    pub(super) fn new(
        stored: Vec<StoredPrediction>,
        texts: &HashMap<CompletionKey, Completion>,
        extractor: &Extractor,
        threshold: f64,
    ) -> Self {
        let mut by_example: HashMap<i64, Vec<Prediction>> = HashMap::new();
        for prediction in stored {
            let response = texts.get(&prediction.key).map(|c| c.text.as_str());
            by_example.entry(prediction.example).or_default().push(with_answer(prediction, response, extractor));
        }
        for answers in by_example.values_mut() {
            answers.sort_by_key(|p| p.sample);
        }
        Self { by_example, threshold }
    }

    /// The first answer of each example.
    pub(super) fn firsts(&self) -> impl Iterator<Item = (i64, Prediction)> {
        self.by_example.keys().filter_map(|&id| Some((id, self.prediction(id)?)))
    }

    /// All answers to an example.
    pub(super) fn samples(&self, example: i64) -> &[Prediction] {
        self.by_example.get(&example).map_or(&[], Vec::as_slice)
    }

    /// The mean score of an example; none when it is missing.
    pub(super) fn score(&self, example: i64) -> Option<f64> {
        let scores: Vec<f64> = self.by_example.get(&example)?.iter().filter_map(|p| p.score).collect();
        (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
    }

    /// One metric alone over these examples, each the mean of its samples; none when no example was scored.
    fn metric(&self, at: usize, ids: &[i64], seed: u64) -> Option<Score> {
        let of_example = |id: &i64| {
            let scores: Vec<f64> = self.by_example.get(id)?.iter().filter_map(|p| p.scores.get(at).copied()).collect();
            (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
        };
        let scores: Vec<f64> = ids.iter().filter_map(of_example).collect();
        let missing = u32::try_from(ids.len() - scores.len()).unwrap_or(u32::MAX);
        Score::of_scores(&scores, missing, seed)
    }

    /// Answers to examples are those to the ones that say the same.
    fn stand_for(&mut self, same: &HashMap<i64, i64>) {
        for (id, mut answers) in std::mem::take(&mut self.by_example) {
            let id = same.get(&id).copied().unwrap_or(id);
            answers.iter_mut().for_each(|answer| answer.example = id);
            self.by_example.insert(id, answers);
        }
    }

    pub(super) fn matches(&self, example: i64) -> Option<bool> {
        self.score(example).map(|s| s >= self.threshold)
    }

    /// The example's first answer, its score averaged over its samples, which are told with it.
    pub(super) fn prediction(&self, example: i64) -> Option<Prediction> {
        let all = self.by_example.get(&example)?;
        let mut first = all.iter().find(|p| p.score.is_some()).or(all.first())?.clone();
        if all.len() > 1 {
            let sample = |p: &Prediction| SampleAnswer { answer: p.answer.clone(), score: p.score, outcome: p.outcome };
            first.samples = all.iter().map(sample).collect();
        }
        first.score = self.score(example);
        first.outcome = match self.matches(example) {
            None => Outcome::Missing,
            Some(true) => Outcome::Match,
            Some(false) => Outcome::NoMatch,
        };
        Some(first)
    }
}

/// Two prompts with what came of them.
pub(super) struct Pair {
    /// The examples.
    pub ids: Vec<i64>,
    /// Those that only one side was asked: nothing failed there.
    pub of_one_alone: HashSet<i64>,
    /// Their split.
    pub split: Split,
    /// The epochs they are of, where they are of runs.
    pub epochs: (Option<u32>, Option<u32>),
    pub prompts: (Prompt, Prompt),
    pub sides: (Side, Side),
    /// Of the dataset, where both sides are scored by label.
    pub labels: Vec<String>,
    /// The match threshold.
    pub threshold: f64,
    /// Of each side: its score has the interval that it has wherever else it stands.
    pub seeds: (u64, u64),
}

/// A stored prediction with its answer.
fn with_answer(stored: StoredPrediction, response: Option<&str>, extractor: &Extractor) -> Prediction {
    let response = match stored.outcome {
        Outcome::Missing => String::new(),
        _ => response.unwrap_or_default().to_owned(),
    };
    Prediction {
        example: stored.example,
        sample: stored.sample,
        answer: extractor.extract(&response).answer,
        response,
        score: stored.score,
        scores: stored.scores,
        outcome: stored.outcome,
        missing: stored.missing,
        cut: stored.cut,
        feedback: stored.feedback,
        samples: Vec::new(),
    }
}

pub(super) fn bucket(before: Option<bool>, after: Option<bool>) -> Bucket {
    match (before, after) {
        (Some(false), Some(true)) => Bucket::Fixed,
        (Some(true), Some(false)) => Bucket::Broken,
        (Some(false), Some(false)) => Bucket::StillWrong,
        (Some(true), Some(true)) => Bucket::StillRight,
        _ => Bucket::NotCompared,
    }
}

fn count(buckets: impl Iterator<Item = Bucket>) -> BucketCounts {
    let mut counts = BucketCounts::default();
    for bucket in buckets {
        *match bucket {
            Bucket::Fixed => &mut counts.fixed,
            Bucket::Broken => &mut counts.broken,
            Bucket::StillWrong => &mut counts.still_wrong,
            Bucket::StillRight => &mut counts.still_right,
            Bucket::NotCompared => &mut counts.not_compared,
        } += 1;
    }
    counts
}

impl Engine {
    /// Every candidate a run made, and what each technique of its search earned; empty under `greedy`.
    #[door]
    pub async fn search_tree(&self, request: RunId) -> Result<SearchTree> {
        let run = self.store().run(request.run).await?.id;
        let candidates = self.store().candidates(run).await?;
        let techniques = train::account_search(&self.store().edits(run).await?);
        Ok(SearchTree { candidates, techniques })
    }

    /// Everything behind one epoch.
    #[door]
    pub async fn get_epoch(&self, request: GetEpoch) -> Result<EpochDetail> {
        let run = self.store().run_row(request.run).await?;
        let epoch = self.epoch(request.run, request.epoch).await?;
        let before = self.store().prompt_text(epoch.before).await?;
        let proposals = self.store().proposals_of(request.run, request.epoch).await?;
        let first = self.side(request.run, &run.config, epoch.before, Split::Validation).await?;
        let second = match epoch.version {
            Some(version) => Some(self.side(request.run, &run.config, version, Split::Validation).await?),
            None => None,
        };
        let ids = self.split_of_run(request.run, Split::Validation).await?;
        let buckets = match &second {
            Some(second) => count(ids.iter().map(|&id| bucket(first.matches(id), second.matches(id)))),
            None => BucketCounts::default(),
        };
        // What was answered before an early stop is no fair sample: the examples the best fails on come first. Where nothing was
        // answered there is nothing to set beside the best.
        let measured = request.epoch == 0 || epoch.summary.delta.is_some();
        let labels = if data::has_labels(&run.config.metrics) && measured {
            self.labels(Some(&self.store().dataset_by_id(run.dataset).await?)).await?
        } else {
            Vec::new()
        };
        let (mut confusion_before, mut confusion_after) = (None, None);
        if !labels.is_empty() {
            if request.epoch > 0 {
                confusion_before = Some(self.confusion(&first, &ids, &labels).await?);
            }
            if let Some(second) = &second {
                confusion_after = Some(self.confusion(second, &ids, &labels).await?);
            }
        }
        let metrics = (0..).zip(&run.config.metrics).map(|(at, metric)| MetricScores {
            metric: metric.clone(),
            before: (request.epoch > 0).then(|| first.metric(at, &ids, run.config.seed)).flatten(),
            after: second.as_ref().filter(|_| epoch.summary.bound.is_none()).and_then(|s| s.metric(at, &ids, run.config.seed)),
        });
        let metrics = metrics.collect();
        let edits = self.store().edits(request.run).await?;
        let Meant { proposed, system_reasoning, output_reasoning, explanation } =
            self.meant(request.run, &epoch, &proposals, &edits).await?;
        // Everything that was shown in the epoch, each example once, and every exchange.
        let (mut shown, mut exchange): (Vec<ShownExample>, Vec<Exchange>) = Default::default();
        for proposal in proposals {
            shown.extend(proposal.shown.into_iter().filter(|e| shown.iter().all(|known| known.example != e.example)).collect::<Vec<_>>());
            exchange.extend(proposal.exchange);
        }
        Ok(EpochDetail {
            summary: epoch.summary,
            before,
            proposed,
            system_reasoning,
            output_reasoning,
            explanation,
            shown,
            exchange,
            confusion_before,
            confusion_after,
            buckets,
            metrics,
            candidates: self.store().candidates(request.run).await?.into_iter().filter(|c| c.epoch == request.epoch).collect(),
            edits: edits.into_iter().filter(|e| e.epoch == request.epoch).collect(),
        })
    }

    /// Validation examples of an epoch against the best before it.
    #[door]
    pub async fn list_compared(&self, request: ListCompared) -> Result<ComparedPage> {
        let run = self.store().run_row(request.run).await?;
        let epoch = self.epoch(request.run, request.epoch).await?;
        let Some(version) = epoch.version else { return Ok(ComparedPage { total: 0, rows: Vec::new() }) };
        let first = self.side(request.run, &run.config, epoch.before, Split::Validation).await?;
        let second = self.side(request.run, &run.config, version, Split::Validation).await?;
        let ids: Vec<i64> = self
            .split_of_run(request.run, Split::Validation)
            .await?
            .into_iter()
            .filter(|&id| request.bucket.is_none_or(|b| b == bucket(first.matches(id), second.matches(id))))
            .collect();
        let total = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        let page: Vec<i64> = ids.into_iter().skip(request.offset as usize).take(request.limit.min(500) as usize).collect();
        Ok(ComparedPage { total, rows: self.compared(page, &first, &second).await? })
    }

    /// Two prompts of runs on one split, on the examples answered under both.
    #[door]
    pub async fn compare(&self, request: Compare) -> Result<Comparison> {
        if request.split == Split::Train {
            return Err(Error::invalid("Compare on the validation or the test split; training examples say little about new inputs."));
        }
        let (first_run, first_epoch, first_version) = self.point(request.first).await?;
        let (second_run, second_epoch, second_version) = self.point(request.second).await?;
        let first = self.side(first_run.id, &first_run.config, first_version, request.split).await?;
        let mut second = self.side(second_run.id, &second_run.config, second_version, request.split).await?;
        let mut ids = self.split_of_run(first_run.id, request.split).await?;
        let mut others = self.split_of_run(second_run.id, request.split).await?;
        let same = self.same_examples(&ids, &others).await?;
        others.iter_mut().for_each(|id| *id = same.get(id).copied().unwrap_or(*id));
        second.stand_for(&same);
        let own: HashSet<i64> = ids.iter().copied().collect();
        let of_both: HashSet<i64> = others.iter().copied().filter(|id| own.contains(id)).collect();
        ids.extend(others.into_iter().filter(|id| !first.by_example.contains_key(id)));
        ids.sort_unstable();
        ids.dedup();
        let of_one_alone = ids.iter().copied().filter(|id| !of_both.contains(id)).collect();
        let labels = if data::has_labels(&first_run.config.metrics) && data::has_labels(&second_run.config.metrics) {
            let dataset = self.store().dataset_by_id(self.store().run_row(first_run.id).await?.dataset).await?;
            self.labels(Some(&dataset)).await?
        } else {
            Vec::new()
        };
        self.comparison(Pair {
            ids,
            of_one_alone,
            split: request.split,
            epochs: (Some(first_epoch), Some(second_epoch)),
            prompts: (self.store().prompt_text(first_version).await?, self.store().prompt_text(second_version).await?),
            sides: (first, second),
            labels,
            threshold: first_run.config.matched_from(),
            seeds: (first_run.config.seed, second_run.config.seed),
        })
        .await
    }

    /// What two prompts made of the same examples.
    pub(super) async fn comparison(&self, pair: Pair) -> Result<Comparison> {
        let Pair { mut ids, of_one_alone, split, epochs, prompts, sides: (first, second), labels, threshold, seeds } = pair;
        let bucket_of = |id: &i64| bucket(first.matches(*id), second.matches(*id));
        let buckets = count(ids.iter().map(bucket_of));
        let missing = count(ids.iter().filter(|id| !of_one_alone.contains(id)).map(bucket_of)).not_compared;
        let common: Vec<(f64, f64)> = ids.iter().filter_map(|&id| Some((first.score(id)?, second.score(id)?))).collect();
        let (before, after): (Vec<f64>, Vec<f64>) = common.into_iter().unzip();
        let (mut first_confusion, mut second_confusion) = (None, None);
        if !labels.is_empty() {
            let both: Vec<i64> = ids.iter().copied().filter(|&id| first.score(id).is_some() && second.score(id).is_some()).collect();
            // Where nothing was answered under both, no label has a figure.
            if !both.is_empty() {
                first_confusion = Some(self.confusion(&first, &both, &labels).await?);
                second_confusion = Some(self.confusion(&second, &both, &labels).await?);
            }
        }
        // The same whichever side is first.
        let paired = stats::paired(&before, &after, threshold, seeds.0.min(seeds.1));
        let order = [Bucket::Broken, Bucket::Fixed, Bucket::StillWrong, Bucket::StillRight, Bucket::NotCompared];
        let rank = |id: &i64| order.iter().position(|b| *b == bucket_of(id));
        ids.sort_by_key(|id| (rank(id), *id));
        Ok(Comparison {
            first_epoch: epochs.0,
            second_epoch: epochs.1,
            first: prompts.0,
            second: prompts.1,
            split,
            first_score: Score::of_scores(&before, missing, seeds.0),
            second_score: Score::of_scores(&after, missing, seeds.1),
            buckets,
            p: (paired.n > 0).then_some(paired.p),
            verdict: stats::verdict(&paired),
            first_confusion,
            second_confusion,
            rows: self.compared(ids, &first, &second).await?,
        })
    }

    /// True against answered labels of the examples that were scored.
    async fn confusion(&self, side: &Side, ids: &[i64], labels: &[String]) -> Result<Confusion> {
        let examples = self.store().examples_by_id(ids.into()).await?;
        let pairs = examples.iter().filter(|e| side.score(e.id).is_some());
        let pairs = pairs.filter_map(|e| Some((e.ground_truth_output.as_str(), side.by_example.get(&e.id)?.first()?.answer.as_str())));
        Ok(metric::confusion(pairs, labels))
    }

    /// The result of an ended run as a sentence.
    pub(super) async fn verdict(&self, run: &RunSummary) -> Result<Option<String>> {
        if !matches!(run.status, RunStatus::Completed | RunStatus::Cancelled) || run.config.epochs == 0 {
            return Ok(None);
        }
        let row = self.store().run_row(run.id).await?;
        let paired = |split| self.paired(run, row.baseline_version, row.best_version, split);
        let test = if run.best.test.is_some() { Some(paired(Split::Test).await?) } else { None };
        let validation = paired(Split::Validation).await?;
        let epochs: Vec<EpochSummary> = self.store().epochs(run.id).await?.into_iter().map(|e| e.summary).collect();
        Ok(Some(train::verdict_of_run(run, &epochs, test.as_ref(), Some(&validation))))
    }

    pub(super) async fn paired(&self, run: &RunSummary, first: i64, second: i64, split: Split) -> Result<Paired> {
        let (before, after) = self.answered_by_both(run, first, second, split).await?;
        Ok(stats::paired(&before, &after, run.config.matched_from(), run.config.seed))
    }

    /// The scores under two versions of the examples that have an answer under both.
    pub(super) async fn answered_by_both(&self, run: &RunSummary, first: i64, second: i64, split: Split) -> Result<(Vec<f64>, Vec<f64>)> {
        let first = self.side(run.id, &run.config, first, split).await?;
        let second = self.side(run.id, &run.config, second, split).await?;
        let ids = self.split_of_run(run.id, split).await?;
        Ok(ids.into_iter().filter_map(|id| Some((first.score(id)?, second.score(id)?))).unzip())
    }

    pub(super) async fn epoch(&self, run: i64, epoch: u32) -> Result<StoredEpoch> {
        let epochs = self.store().epochs(run).await?;
        epochs.into_iter().find(|e| e.summary.epoch == epoch).ok_or_else(|| Error::not_found(format!("Run {run} has no epoch {epoch}.")))
    }

    /// The run, epoch and prompt version that a point names.
    pub(super) async fn point(&self, point: RunPoint) -> Result<(RunSummary, u32, i64)> {
        let run = self.run(point.run).await?;
        let epoch = point.epoch.unwrap_or(run.best.epoch);
        let stored = self.epoch(point.run, epoch).await?;
        let unusable = || Error::invalid(format!("Epoch {epoch} of \"{}\" brought no usable prompt. Choose another epoch.", run.name));
        if stored.summary.bound.is_some() {
            return Err(Error::invalid(format!(
                "The validation of epoch {epoch} of \"{}\" was stopped early, so it has a bound and no score. Choose another epoch, or run again \
                 with early stopping off.",
                run.name
            )));
        }
        let version = match stored.summary.decision {
            Decision::Invalid => None,
            _ => stored.version,
        };
        let version = version.ok_or_else(unusable)?;
        Ok((run, epoch, version))
    }

    pub(super) async fn split_of_run(&self, run: i64, split: Split) -> Result<Vec<i64>> {
        self.store().asked_example_ids(run, split).await
    }

    pub(super) async fn side(&self, run: i64, config: &RunConfig, version: i64, split: Split) -> Result<Side> {
        let row = self.store().run_row(run).await?;
        let within: HashSet<i64> = self.split_of_run(run, split).await?.into_iter().collect();
        let stored: Vec<StoredPrediction> =
            self.store().predictions(run, version).await?.into_iter().filter(|p| within.contains(&p.example)).collect();
        let keys = stored.iter().map(|p| p.key).collect();
        let completions = self.store().completion_texts(row.project, run, keys).await?;
        let extractor = Extractor::new(config.extract.as_ref())?;
        Ok(Side::new(stored, &completions, &extractor, config.matched_from()))
    }

    pub(super) async fn compared(&self, ids: Vec<i64>, first: &Side, second: &Side) -> Result<Vec<ComparedExample>> {
        let examples = self.store().examples_with_split(ids).await?;
        let rows = examples.into_iter().map(|example| ComparedExample {
            bucket: bucket(first.matches(example.id), second.matches(example.id)),
            before: first.prediction(example.id),
            after: second.prediction(example.id),
            example,
        });
        Ok(rows.collect())
    }

    /// The baseline and the best prompt of a run.
    pub(super) async fn run_prompts(&self, run: i64) -> Result<(Prompt, Prompt)> {
        let row = self.store().run_row(run).await?;
        Ok((self.store().prompt_text(row.baseline_version).await?, self.store().prompt_text(row.best_version).await?))
    }

    /// Every prediction of a run's prompt on a split with its example, in order.
    pub(super) async fn predictions_of(&self, run: i64, version: i64, split: Split) -> Result<Vec<(Example, Option<Prediction>)>> {
        let row = self.store().run_row(run).await?;
        let side = self.side(run, &row.config, version, split).await?;
        let ids = self.store().run_example_ids(run, split).await?;
        let examples = self.store().examples_with_split(ids).await?;
        let with_prediction = |example: Example| {
            let prediction = side.prediction(example.id);
            (example, prediction)
        };
        Ok(examples.into_iter().map(with_prediction).collect())
    }
}
