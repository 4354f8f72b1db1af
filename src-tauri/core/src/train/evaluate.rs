//! One prompt on one split: every example answered, scored, and stored, what is on disk not bought again.

use std::{collections::HashMap, sync::Arc};

use futures_util::{StreamExt, stream};

use super::Context;
use crate::{
    calls::{Answer, Halt, Question, completion_key},
    chat::{ChatRequest, Completion, Finish},
    dataset::Split,
    judge,
    metric::Scored,
    prompt::{Prompt, RenderedPrompt},
    run::{MissingCause, Outcome, Phase},
    stats::Score,
    store::{CompletionKey, StoredExample, StoredPrediction},
};

/// One example under a prompt, its samples averaged.
#[derive(Debug, Clone, PartialEq)]
pub struct ExampleResult {
    /// Id of the example.
    pub example: i64,
    /// Mean score of its answered samples; none when there is none.
    pub score: Option<f64>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it has no answer.
    pub missing: Option<MissingCause>,
}

/// A prompt on a split, in the run's order, without the examples left out for good.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evaluation {
    /// One per example.
    pub results: Vec<ExampleResult>,
    /// Seed of the bootstrap.
    pub seed: u64,
}

impl Evaluation {
    /// The mean with its interval; none when nothing was scored.
    pub fn score(&self) -> Option<Score> {
        let scores: Vec<f64> = self.results.iter().filter_map(|r| r.score).collect();
        Score::of_scores(&scores, self.missing(), self.seed)
    }

    /// Examples without an answer.
    pub fn missing(&self) -> u32 {
        u32::try_from(self.results.iter().filter(|r| r.score.is_none()).count()).unwrap_or(u32::MAX)
    }

    /// More are missing than an epoch may be decided with: one example, or 2 % of them.
    pub fn too_many_missing(&self) -> bool {
        f64::from(self.missing()) > (self.results.len() as f64 * 0.02).max(1.0)
    }

    /// Every example was answered and matches.
    pub fn all_match(&self) -> bool {
        self.results.iter().all(|r| r.outcome == Outcome::Match)
    }

    /// The most frequent cause of missing examples.
    pub fn main_cause(&self) -> Option<MissingCause> {
        let mut counts: HashMap<MissingCause, usize> = HashMap::new();
        for cause in self.results.iter().filter_map(|r| r.missing) {
            *counts.entry(cause).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(cause, count)| (*count, format!("{cause:?}"))).map(|(cause, _)| cause)
    }
}

/// The split a phase works on.
pub fn split_of(phase: Phase) -> Split {
    match phase {
        Phase::Train | Phase::Propose => Split::Train,
        Phase::Validate | Phase::Decide => Split::Validation,
        Phase::Test => Split::Test,
    }
}

/// Examples are read, and looked up on disk, in portions of this size.
const PORTION: usize = 256;

/// An example's answer still to be had.
struct Task {
    example: Arc<StoredExample>,
    sample: u32,
    request: ChatRequest,
    key: CompletionKey,
    on_disk: Option<(Completion, bool)>,
}

impl Context {
    /// Runs a prompt on the split of a phase. Predictions on disk stand, but for missing ones that may be mended by asking again.
    pub async fn evaluate(&self, version: i64, prompt: &Prompt, phase: Phase, epoch: u32) -> Result<Evaluation, Halt> {
        let split = split_of(phase);
        let frozen = self.store.run_examples(self.run.id, split).await?;
        let ids: Vec<i64> = frozen.into_iter().filter(|(_, left_out)| left_out.is_none()).map(|(id, _)| id).collect();
        let samples = self.config.samples.max(1);
        let mut done: HashMap<(i64, u32), StoredPrediction> = HashMap::new();
        for prediction in self.store.predictions(self.run.id, version).await? {
            if prediction.missing.is_none_or(MissingCause::is_permanent) {
                done.insert((prediction.example, prediction.sample), prediction);
            }
        }
        let open: Vec<(i64, u32)> =
            ids.iter().flat_map(|&id| (0..samples).map(move |s| (id, s))).filter(|place| !done.contains_key(place)).collect();
        let total = u32::try_from(ids.len() * samples as usize).unwrap_or(u32::MAX);
        let mut count = total - u32::try_from(open.len()).unwrap_or(total);
        if !open.is_empty() {
            self.progress.report(self, epoch, phase, count, total).await?;
        }
        let rendered = RenderedPrompt::new(prompt, &self.columns);
        let test = phase == Phase::Test;
        // Wider than the limit on calls, so that an answer that waits for its retry holds no other back.
        let width = (self.config.concurrency.max(1) as usize) * 4;
        let mut unsaved = Vec::new();
        let mut halted = None;
        {
            let portions: Vec<Vec<(i64, u32)>> = open.chunks(PORTION).map(<[_]>::to_vec).collect();
            let portions = stream::iter(portions).map(|portion| self.prepare(portion, &rendered)).buffered(2);
            let tasks = portions.flat_map(|portion| match portion {
                Ok(tasks) => stream::iter(tasks.into_iter().map(Ok).collect::<Vec<_>>()),
                Err(halt) => stream::iter(vec![Err(halt)]),
            });
            let answers = tasks.map(|task| async move { self.predict(task?, test).await }).buffer_unordered(width);
            let mut answers = std::pin::pin!(answers);
            while let Some(answer) = answers.next().await {
                match answer {
                    Ok(prediction) => {
                        count += 1;
                        unsaved.push(prediction.clone());
                        done.insert((prediction.example, prediction.sample), prediction);
                        if unsaved.len() >= PORTION {
                            self.store.save_predictions(self.run.id, version, std::mem::take(&mut unsaved)).await?;
                        }
                        if halted.is_none() {
                            self.progress.report(self, epoch, phase, count, total).await?;
                        }
                    }
                    // The first reason counts; calls in flight come to their end, so that none is paid for twice.
                    Err(halt) => {
                        let stop = halt == Halt::Stop;
                        halted.get_or_insert(halt);
                        if stop {
                            break;
                        }
                    }
                }
            }
        }
        self.store.save_predictions(self.run.id, version, unsaved).await?;
        if let Some(halt) = halted {
            return Err(halt);
        }
        Ok(Evaluation { results: ids.iter().map(|&id| self.summarise(id, samples, &done)).collect(), seed: self.config.seed })
    }

    /// Reads examples, renders their messages and looks for their answers on disk.
    async fn prepare(&self, portion: Vec<(i64, u32)>, rendered: &RenderedPrompt) -> Result<Vec<Task>, Halt> {
        let mut ids: Vec<i64> = portion.iter().map(|(id, _)| *id).collect();
        ids.dedup();
        let examples: HashMap<i64, Arc<StoredExample>> =
            self.store.examples_by_id(ids.into()).await?.into_iter().map(|e| (e.id, Arc::new(e))).collect();
        let identity = self.primary.model.identity();
        let mut tasks: Vec<Task> = portion
            .into_iter()
            .filter_map(|(id, sample)| {
                let example = Arc::clone(examples.get(&id)?);
                let request = self.config.primary.request(rendered.messages(&example.cells, &example.user_input), None);
                let key = completion_key(&identity, &request, sample);
                Some(Task { example, sample, request, key, on_disk: None })
            })
            .collect();
        let found = self.desk.on_disk(tasks.iter().map(|t| t.key).collect()).await?;
        for task in &mut tasks {
            task.on_disk = found.get(&task.key).cloned();
        }
        Ok(tasks)
    }

    async fn predict(&self, task: Task, test: bool) -> Result<StoredPrediction, Halt> {
        let question = Question { endpoint: &self.primary, request: task.request, sample: task.sample, on_disk: task.on_disk, test };
        let blank = StoredPrediction {
            example: task.example.id,
            sample: task.sample,
            key: task.key,
            score: None,
            scores: Vec::new(),
            outcome: Outcome::Missing,
            missing: None,
            cut: false,
            feedback: None,
        };
        match self.desk.ask(question).await? {
            Answer::Missing { cause, message } => Ok(StoredPrediction { missing: Some(cause), feedback: Some(message), ..blank }),
            Answer::Answered { completion, .. } => {
                let cut = completion.finish == Finish::Length;
                let answer = self.extractor.extract(&completion.text).answer;
                match self.score(&task.example, &answer, test).await? {
                    Some(scored) => Ok(StoredPrediction {
                        score: Some(scored.score),
                        scores: scored.scores,
                        outcome: scored.outcome,
                        cut,
                        feedback: scored.feedback,
                        ..blank
                    }),
                    None => Ok(StoredPrediction { missing: Some(MissingCause::JudgeFailed), cut, ..blank }),
                }
            }
        }
    }

    /// Scores an answer; none when a judge was needed and gave no score.
    async fn score(&self, example: &StoredExample, answer: &str, test: bool) -> Result<Option<Scored>, Halt> {
        let verdict = match (&self.judge, &self.rubric) {
            (Some(endpoint), Some(rubric)) => match judge::judge(self, endpoint, rubric, example, answer, test).await? {
                Some(verdict) => Some(verdict),
                None => return Ok(None),
            },
            _ => None,
        };
        Ok(Some(self.scorer.score(answer, &example.ground_truth_output, verdict.as_ref())))
    }

    /// Averages the samples of an example.
    fn summarise(&self, example: i64, samples: u32, done: &HashMap<(i64, u32), StoredPrediction>) -> ExampleResult {
        let all: Vec<&StoredPrediction> = (0..samples).filter_map(|s| done.get(&(example, s))).collect();
        let scores: Vec<f64> = all.iter().filter_map(|p| p.score).collect();
        if scores.is_empty() {
            let missing = all.iter().find_map(|p| p.missing).or(Some(MissingCause::Network));
            return ExampleResult { example, score: None, outcome: Outcome::Missing, missing };
        }
        let score = scores.iter().sum::<f64>() / scores.len() as f64;
        let outcome = if score >= self.config.match_threshold { Outcome::Match } else { Outcome::NoMatch };
        ExampleResult { example, score: Some(score), outcome, missing: None }
    }
}

/// Decides over the missing examples of the baseline: permanent ones leave the run, too many others make it wait.
pub async fn settle_baseline(context: &Context, train: Evaluation, validation: Evaluation) -> Result<(Evaluation, Evaluation), Halt> {
    let permanent: Vec<(i64, MissingCause)> = train
        .results
        .iter()
        .chain(&validation.results)
        .filter_map(|r| r.missing.filter(|m| m.is_permanent()).map(|m| (r.example, m)))
        .collect();
    if !permanent.is_empty() {
        context.warn(super::words::left_out(&permanent)).await?;
        context.store.leave_out(context.run.id, permanent).await?;
    }
    let stays = |evaluation: Evaluation| Evaluation {
        results: evaluation.results.into_iter().filter(|r| !r.missing.is_some_and(MissingCause::is_permanent)).collect(),
        ..evaluation
    };
    let (train, validation) = (stays(train), stays(validation));
    for (evaluation, split) in [(&train, "training"), (&validation, "validation")] {
        if evaluation.too_many_missing() {
            return Err(Halt::Pause(Some(super::words::too_many_missing(evaluation, split))));
        }
    }
    Ok((train, validation))
}
