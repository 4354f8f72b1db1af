//! The doubt queue, and figures of a run under corrected ground truths. Nothing here makes a call.

use std::collections::{HashMap, HashSet};

use super::{Engine, door, results::Side};
use crate::{
    api::{ListDoubts, ResolveDoubt, RunId},
    dataset::{DatasetInfo, Doubt, DoubtAction, Rescored, Split},
    error::{Error, Result},
    extract::Extractor,
    metric::{Scorer, normalise},
    run::{Outcome, RunStatus, RunSummary, SplitScores},
    stats::Score,
    store::RunExampleNow,
};

/// Prompts that have to have answered before their agreement means anything.
const LEAST_PROMPTS: u32 = 2;

impl Engine {
    /// Examples that most prompts of a run and its best one answer in the same way, and not as the ground truth says.
    #[door]
    pub async fn list_doubts(&self, request: ListDoubts) -> Result<Vec<Doubt>> {
        let run = self.run(request.run).await?;
        if run.project != request.project {
            return Err(Error::not_found(format!("Run {} does not belong to this project. Choose another run.", request.run)));
        }
        let dataset = self.needed_dataset(request.project).await?;
        self.doubts(&dataset, &run).await
    }

    /// The examples in the doubt queue of the newest run that has ended.
    pub(super) async fn newest_doubts(&self, dataset: &DatasetInfo, project: i64) -> Result<HashSet<i64>> {
        let runs = self.store().runs(project).await?;
        let Some(run) = runs.into_iter().find(|run| run.status == RunStatus::Completed) else { return Ok(HashSet::new()) };
        Ok(self.doubts(dataset, &run).await?.into_iter().map(|doubt| doubt.example.id).collect())
    }

    async fn doubts(&self, dataset: &DatasetInfo, run: &RunSummary) -> Result<Vec<Doubt>> {
        let row = self.store().run_row(run.id).await?;
        let mut wrong = HashMap::new();
        // Test examples stay out: who corrects them by looking at answers has opened them.
        for split in [Split::Train, Split::Validation] {
            let side = self.side(run.id, &run.config, row.best_version, split).await?;
            for (id, prediction) in side.firsts() {
                if prediction.outcome == Outcome::NoMatch && !prediction.cut && !prediction.answer.trim().is_empty() {
                    wrong.insert(id, prediction.answer);
                }
            }
        }
        let ids: Vec<i64> = wrong.keys().copied().collect();
        let confirmed = self.store().confirmed_truths(ids.clone()).await?;
        let here = self.store().usable_of(dataset.id, ids).await?;
        wrong.retain(|id, _| !confirmed.contains(id) && here.contains(id));
        let answers = self.store().answers_by_version(run.id, wrong.keys().copied().collect()).await?;
        let keys = answers.iter().map(|answer| answer.key).collect();
        let texts = self.store().completion_texts(run.project, run.id, keys).await?;
        let extractor = Extractor::new(run.config.extract.as_ref())?;
        // For each example: prompts that answered, and those that answered as the best one.
        let mut counts: HashMap<i64, (u32, u32)> = HashMap::new();
        for answer in answers {
            let (Some(best), Some(completion)) = (wrong.get(&answer.example), texts.get(&answer.key)) else { continue };
            let count = counts.entry(answer.example).or_default();
            count.0 += 1;
            count.1 += u32::from(normalise(&extractor.extract(&completion.text).answer) == normalise(best));
        }
        counts.retain(|_, (prompts, agreeing)| *prompts >= LEAST_PROMPTS && *agreeing * 2 > *prompts);
        let examples = self.store().examples_with_split(counts.keys().copied().collect()).await?;
        let mut doubts: Vec<Doubt> = examples
            .into_iter()
            .filter_map(|example| {
                let (prompts, agreeing) = *counts.get(&example.id)?;
                let answer = wrong.remove(&example.id)?;
                Some(Doubt { example, answer, agreeing, prompts })
            })
            .collect();
        let share = |doubt: &Doubt| f64::from(doubt.agreeing) / f64::from(doubt.prompts);
        doubts
            .sort_by(|a, b| share(b).total_cmp(&share(a)).then(b.agreeing.cmp(&a.agreeing)).then(a.example.number.cmp(&b.example.number)));
        Ok(doubts)
    }

    /// Decides about a doubt.
    #[door]
    pub async fn resolve_doubt(&self, request: ResolveDoubt) -> Result<DatasetInfo> {
        let dataset = self.needed_dataset(request.project).await?;
        match request.action {
            DoubtAction::Keep => {
                let example = self.store().example_of_project(request.project, request.example).await?;
                self.store().confirm_truth(example.id, self.now()).await?;
                Ok(dataset)
            }
            DoubtAction::Reopen => {
                self.store().reopen_truth(self.store().example_of_project(request.project, request.example).await?.id).await?;
                Ok(dataset)
            }
            DoubtAction::Correct { text } => {
                let column = dataset.roles.truth.ok_or_else(|| Error::internal("The dataset has no ground truth column."))?;
                self.store().set_cell(request.project, request.example, column, text, self.now()).await
            }
            DoubtAction::Exclude => self.store().exclude(request.project, dataset.id, vec![request.example], true, self.now()).await,
        }
    }

    /// Figures of a run under the ground truths of the current dataset version, from answers on disk.
    #[door]
    pub async fn rescored(&self, request: RunId) -> Result<Rescored> {
        let run = self.run(request.run).await?;
        let dataset = self.needed_dataset(run.project).await?;
        let row = self.store().run_row(run.id).await?;
        let labels = self.labels(Some(&dataset)).await?;
        let scorer = Scorer::new(&run.config.metrics, &labels, run.config.match_threshold)?;
        let mut rescored = Rescored {
            run: run.id,
            version: dataset.version,
            baseline: SplitScores::default(),
            best: SplitScores::default(),
            corrected: 0,
            gone: 0,
            note: None,
        };
        let mut kept = 0;
        for split in Split::ALL {
            let ids = self.store().asked_example_ids(run.id, split).await?;
            let now = self.store().run_examples_now(dataset.id, ids).await?;
            let of = |scores: &SplitScores| match split {
                Split::Train => scores.train,
                Split::Validation => scores.validation,
                Split::Test => scores.test,
            };
            let own_best = SplitScores { train: run.best.train, validation: run.best.validation, test: run.best.test };
            if of(&run.baseline).is_none() && of(&own_best).is_none() {
                continue;
            }
            rescored.corrected += now.iter().filter(|e| matches!(e, RunExampleNow::Corrected { .. })).count() as u32;
            rescored.gone += now.iter().filter(|e| matches!(e, RunExampleNow::Gone)).count() as u32;
            kept += now.iter().filter(|e| !matches!(e, RunExampleNow::Gone)).count();
            for (own, version, into) in
                [(of(&run.baseline), row.baseline_version, &mut rescored.baseline), (of(&own_best), row.best_version, &mut rescored.best)]
            {
                if own.is_none() {
                    continue;
                }
                let side = self.side(run.id, &run.config, version, split).await?;
                let score = score_now(&side, &now, &scorer, run.config.seed);
                *match split {
                    Split::Train => &mut into.train,
                    Split::Validation => &mut into.validation,
                    Split::Test => &mut into.test,
                } = score;
            }
        }
        rescored.note = if kept == 0 {
            Some("None of the run's examples is in the current data, so there is nothing to score anew.".into())
        } else if scorer.needs_judge() && rescored.corrected > 0 {
            Some("Corrected examples are left out: their answers need the judge, and asking it costs calls.".into())
        } else {
            None
        };
        Ok(rescored)
    }
}

/// The score of one prompt over a run's examples under the ground truths of now.
fn score_now(side: &Side, now: &[RunExampleNow], scorer: &Scorer, seed: u64) -> Option<Score> {
    let (mut scores, mut missing) = (Vec::new(), 0);
    for example in now {
        let score = match example {
            RunExampleNow::Gone => continue,
            // A search asks the best prompts some of the training examples alone.
            RunExampleNow::Same { id } | RunExampleNow::Corrected { id, .. } if side.samples(*id).is_empty() => continue,
            RunExampleNow::Corrected { .. } if scorer.needs_judge() => continue,
            RunExampleNow::Same { id } => side.score(*id),
            RunExampleNow::Corrected { id, truth } => {
                let answered = side.samples(*id).iter().filter(|p| p.outcome != Outcome::Missing);
                let fresh: Vec<f64> = answered.map(|p| scorer.score(&p.answer, truth, None).score).collect();
                (!fresh.is_empty()).then(|| fresh.iter().sum::<f64>() / fresh.len() as f64)
            }
        };
        match score {
            Some(score) => scores.push(score),
            None => missing += 1,
        }
    }
    Score::of_scores(&scores, missing, seed)
}
