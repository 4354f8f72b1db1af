//! One prompt on one split: every example answered, scored, and stored, what is on disk not bought again.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use futures_util::{StreamExt, stream};

use super::{Context, validate::Race};
use crate::{
    calls::{Answer, Halt, Look, Question, Recall, completion_key},
    chat::{ChatRequest, Finish},
    dataset::Split,
    judge::{self, Verdict},
    prompt::{Prompt, RenderedPrompt},
    run::{MissingCause, Outcome, Phase},
    stats::Score,
    store::{CompletionKey, PredictionMark, StoredExample, StoredPrediction},
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
    /// What was said the first time each cause kept an answer back, where it was asked for now.
    pub heard: Vec<(MissingCause, String)>,
}

impl Evaluation {
    /// The mean with its interval; none when nothing was scored.
    pub fn score(&self) -> Option<Score> {
        let mut scores = Vec::with_capacity(self.results.len());
        scores.extend(self.results.iter().filter_map(|r| r.score));
        Score::of_scores(&scores, self.missing(), self.seed)
    }

    /// Examples without an answer.
    pub fn missing(&self) -> u32 {
        u32::try_from(self.results.iter().filter(|r| r.score.is_none()).count()).unwrap_or(u32::MAX)
    }

    /// More are missing than an epoch may be decided with: one example, or 2 % of them.
    pub fn too_many_missing(&self) -> bool {
        too_many(self.missing() as usize, self.results.len())
    }

    /// Every example was answered and matches.
    pub fn all_match(&self) -> bool {
        self.results.iter().all(|r| r.outcome == Outcome::Match)
    }

    /// Every answer has the highest score there is: no other prompts can have a higher mean on the same examples.
    pub fn is_full(&self) -> bool {
        self.score().is_some_and(|score| score.score > 1.0 - 1e-9)
    }

    /// The most frequent cause of missing examples, with the words that came with it.
    pub fn main_cause(&self) -> Option<(MissingCause, Option<&str>)> {
        let mut counts: HashMap<MissingCause, usize> = HashMap::new();
        for cause in self.results.iter().filter_map(|r| r.missing) {
            *counts.entry(cause).or_default() += 1;
        }
        let (main, _) = counts.into_iter().max_by_key(|(cause, count)| (*count, format!("{cause:?}")))?;
        Some((main, self.heard.iter().find(|(cause, _)| *cause == main).map(|(_, words)| words.as_str())))
    }
}

/// More of so many are missing than an epoch may be decided with: one example, or 2 % of them.
pub fn too_many(missing: usize, of: usize) -> bool {
    missing as f64 > (of as f64 * 0.02).max(1.0)
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
    /// Index into [`Sheet`].
    place: u32,
    example: StoredExample,
    sample: u32,
    request: ChatRequest,
    key: CompletionKey,
    on_disk: Look,
}

/// What is known of every example and sample of a split, in the run's order: nine bytes each, so that size is no matter.
struct Sheet {
    ids: Arc<[i64]>,
    samples: u32,
    /// By example, then sample; NaN where there is no score.
    scores: Vec<f64>,
    missing: Vec<Option<MissingCause>>,
    heard: Vec<(MissingCause, String)>,
}

impl Sheet {
    fn new(ids: Vec<i64>, samples: u32) -> Self {
        let places = ids.len() * samples as usize;
        Self { ids: ids.into(), samples, scores: vec![f64::NAN; places], missing: vec![None; places], heard: Vec::new() }
    }

    /// Keeps what was said when an answer was kept back, once for each cause.
    fn hear(&mut self, prediction: &StoredPrediction) {
        if let (Some(cause), Some(words)) = (prediction.missing, &prediction.feedback)
            && self.heard.iter().all(|(known, _)| *known != cause)
        {
            self.heard.push((cause, words.clone()));
        }
    }

    fn enter(&mut self, place: u32, score: Option<f64>, missing: Option<MissingCause>) {
        self.scores[place as usize] = score.unwrap_or(f64::NAN);
        self.missing[place as usize] = missing;
    }

    /// Takes over what is on disk, but for missing answers that asking again may mend.
    fn enter_stored(&mut self, marks: &[PredictionMark]) {
        let mut order: Vec<(i64, u32)> = self.ids.iter().copied().zip(0..).collect();
        order.sort_unstable();
        let samples = self.samples;
        for mark in marks.iter().filter(|m| m.sample < samples && m.missing.is_none_or(MissingCause::is_permanent)) {
            if let Ok(at) = order.binary_search_by_key(&mark.example, |(id, _)| *id) {
                self.enter(order[at].1 * self.samples + mark.sample, mark.score, mark.missing);
            }
        }
    }

    /// Places without an answer or a permanent cause.
    fn open(&self) -> Vec<u32> {
        (0..).zip(self.scores.iter().zip(&self.missing)).filter(|(_, (s, m))| s.is_nan() && m.is_none()).map(|(place, _)| place).collect()
    }

    /// An example with its samples averaged, always in their order; none where there is no such example.
    fn result(&self, at: usize, match_threshold: f64) -> Option<ExampleResult> {
        let example = *self.ids.get(at)?;
        let places = at * self.samples as usize..(at + 1) * self.samples as usize;
        let answered = self.scores[places.clone()].iter().filter(|s| !s.is_nan());
        let (sum, count) = answered.fold((0.0, 0_u32), |(sum, count), score| (sum + score, count + 1));
        if count == 0 {
            let cause = self.missing[places].iter().find_map(|m| *m).or(Some(MissingCause::Network));
            return Some(ExampleResult { example, score: None, outcome: Outcome::Missing, missing: cause });
        }
        let score = sum / f64::from(count);
        let outcome = if score >= match_threshold { Outcome::Match } else { Outcome::NoMatch };
        Some(ExampleResult { example, score: Some(score), outcome, missing: None })
    }

    /// The same, but none as long as a sample is still to be had.
    fn known_result(&self, at: usize, match_threshold: f64) -> Option<ExampleResult> {
        let mut places = at * self.samples as usize..(at + 1) * self.samples as usize;
        let known = at < self.ids.len() && places.all(|place| !self.scores[place].is_nan() || self.missing[place].is_some());
        if known { self.result(at, match_threshold) } else { None }
    }

    /// The first examples, each with its samples averaged.
    fn evaluation(&self, examples: usize, match_threshold: f64, seed: u64) -> Evaluation {
        // With its room from the start: growing, a large one would stand twice in memory for a moment.
        let mut results = Vec::with_capacity(examples);
        results.extend((0..examples).filter_map(|at| self.result(at, match_threshold)));
        Evaluation { results, seed, heard: self.heard.clone() }
    }
}

/// A prompt to be run on examples.
#[derive(Clone, Copy)]
pub(super) struct Errand<'a> {
    /// Its version.
    pub version: i64,
    /// Its text.
    pub prompt: &'a Prompt,
    /// What for.
    pub phase: Phase,
    /// In which epoch.
    pub epoch: u32,
    /// Examples that it may come to at most, where it is run in parts; none: those it is handed.
    pub most: Option<usize>,
}

impl Context {
    /// Runs a prompt on the split of a phase. Predictions on disk stand, but for missing ones that may be mended by asking again.
    pub async fn evaluate(&self, version: i64, prompt: &Prompt, phase: Phase, epoch: u32) -> Result<Evaluation, Halt> {
        let ids = self.examples_of(split_of(phase)).await?;
        self.answer(Errand { version, prompt, phase, epoch, most: None }, ids, None).await
    }

    /// The examples of a split in the run's order, without those left out for good.
    pub(super) async fn examples_of(&self, split: Split) -> Result<Vec<i64>, Halt> {
        Ok(self.store.asked_example_ids(self.run.id, split).await?)
    }

    /// Runs a prompt on these examples. In a race they count in this order, and once it is lost no further answer is bought:
    /// the evaluation, and the predictions on disk, then end with the example that decided it.
    pub(super) async fn answer(&self, errand: Errand<'_>, ids: Vec<i64>, race: Option<&mut Race>) -> Result<Evaluation, Halt> {
        let Errand { version, prompt, phase, epoch, most } = errand;
        let mut sheet = Sheet::new(ids, self.config.samples.max(1));
        let stored = self.store.prediction_marks(self.run.id, version).await?;
        if !stored.is_empty() {
            sheet.enter_stored(&stored);
        }
        drop(stored);
        let (recall, racing) = (Recall::default(), race.is_some());
        let mut race = Racing { race, threshold: self.config.matched_from(), recall: &recall };
        race.run_on(&sheet);
        let open = sheet.open();
        let places = sheet.scores.len();
        let total = u32::try_from(places.max(most.unwrap_or(0) * sheet.samples as usize)).unwrap_or(u32::MAX);
        let mut count = u32::try_from(places - open.len()).unwrap_or(total);
        if !open.is_empty() && !recall.is_taken_back() {
            self.progress.report(self, epoch, phase, count, total).await?;
        }
        let rendered = RenderedPrompt::new(prompt, &self.columns);
        let test = phase == Phase::Test;
        // Wider than the limit on calls, so that an answer that waits for its retry holds no other back.
        let width = (self.config.concurrency.max(1) as usize) * 4;
        let mut unsaved = Vec::new();
        let mut halted = None;
        {
            let (ids, samples) = (Arc::clone(&sheet.ids), sheet.samples);
            let portions = (0..open.len().div_ceil(PORTION)).map(move |portion| {
                let places = &open[portion * PORTION..((portion + 1) * PORTION).min(open.len())];
                places.iter().map(|&place| (place, ids[(place / samples) as usize], place % samples)).collect::<Vec<_>>()
            });
            let wanted = || std::future::ready(!recall.is_taken_back());
            let portions = stream::iter(portions).take_while(|_| wanted()).map(|portion| self.prepare(portion, &rendered)).buffered(2);
            let tasks = portions.flat_map(|portion| match portion {
                Ok(tasks) => stream::iter(tasks.into_iter().map(Ok).collect::<Vec<_>>()),
                Err(halt) => stream::iter(vec![Err(halt)]),
            });
            let asker = racing.then_some(&recall);
            let tasks = tasks.take_while(|_| wanted());
            let answers = tasks.map(|task| async move { self.predict(task?, test, asker).await }).buffer_unordered(width);
            let mut answers = std::pin::pin!(answers);
            while let Some(answer) = answers.next().await {
                match answer {
                    Ok(None) => {}
                    Ok(Some((place, prediction))) => {
                        count += 1;
                        sheet.enter(place, prediction.score, prediction.missing);
                        sheet.hear(&prediction);
                        race.run_on(&sheet);
                        unsaved.push(prediction);
                        if unsaved.len() >= PORTION && !racing {
                            self.save_predictions(version, std::mem::take(&mut unsaved)).await?;
                        }
                        if halted.is_none() && !recall.is_taken_back() {
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
        // In a race only what counts is kept: a prediction beyond it depends on the order in which answers arrived.
        let counted = race.race.map_or(sheet.ids.len(), |race| race.counted());
        if racing {
            let within: HashSet<i64> = sheet.ids[..counted].iter().copied().collect();
            let answered = unsaved.len();
            unsaved.retain(|p: &StoredPrediction| within.contains(&p.example));
            count = count.saturating_sub(u32::try_from(answered - unsaved.len()).unwrap_or(0));
        }
        self.save_predictions(version, unsaved).await?;
        if let Some(halt) = halted {
            // What came to its end meanwhile is on disk as well.
            self.progress.record(self, epoch, phase, count, total).await?;
            return Err(halt);
        }
        Ok(sheet.evaluation(counted, self.config.matched_from(), self.config.seed))
    }

    /// The examples of a split that a prompt was asked so far, in the run's order.
    pub(super) async fn asked_so_far(&self, version: i64, split: Split) -> Result<Vec<i64>, Halt> {
        let marks = self.store.prediction_marks(self.run.id, version).await?;
        let asked: HashSet<i64> = marks.iter().map(|mark| mark.example).collect();
        Ok(self.examples_of(split).await?.into_iter().filter(|id| asked.contains(id)).collect())
    }

    /// What a prompt scored on them; none before the first.
    pub(super) async fn score_so_far(&self, version: i64, split: Split) -> Result<Option<Score>, Halt> {
        let mut sheet = Sheet::new(self.asked_so_far(version, split).await?, self.config.samples.max(1));
        sheet.enter_stored(&self.store.prediction_marks(self.run.id, version).await?);
        Ok(sheet.evaluation(sheet.ids.len(), self.config.matched_from(), self.config.seed).score())
    }

    /// Further answers to these examples, one each, beyond those the run takes for their scores: what a model that does not always
    /// answer the same says on another day. Nothing is kept of them but the answers, which are not bought twice, unless the caller
    /// stores what it is handed.
    pub(super) async fn answer_anew(&self, errand: Errand<'_>, ids: &[i64]) -> Result<(Evaluation, Vec<StoredPrediction>), Halt> {
        let rendered = RenderedPrompt::new(errand.prompt, &self.columns);
        let sample = self.config.samples.max(1);
        let places = (0..).zip(ids).map(|(place, id)| (place, *id, sample)).collect();
        let tasks = self.prepare(places, &rendered).await?;
        let width = self.config.concurrency.max(1) as usize;
        // All that were asked come to their end before the first reason to halt counts, so that none is paid for twice.
        let answers: Vec<_> = stream::iter(tasks.into_iter().map(|task| self.predict(task, false, None))).buffered(width).collect().await;
        let (mut results, mut predictions) = (Vec::new(), Vec::new());
        for answer in answers {
            let Some((_, p)) = answer? else { continue };
            results.push(ExampleResult { example: p.example, score: p.score, outcome: p.outcome, missing: p.missing });
            predictions.push(p);
        }
        Ok((Evaluation { results, seed: self.config.seed, ..Evaluation::default() }, predictions))
    }

    /// Calls that answering these examples would still take, judge included.
    pub(super) async fn unbought(&self, prompt: &Prompt, ids: &[i64]) -> Result<u64, Halt> {
        let rendered = RenderedPrompt::new(prompt, &self.columns);
        let samples = self.config.samples.max(1);
        let mut unbought = 0;
        for portion in ids.chunks(PORTION) {
            let places = portion.iter().flat_map(|&id| (0..samples).map(move |sample| (0, id, sample))).collect();
            let tasks = self.prepare(places, &rendered).await?;
            unbought += tasks.iter().filter(|t| t.on_disk.found.is_none()).count() as u64;
        }
        Ok(unbought * if self.judge.is_some() { 2 } else { 1 })
    }

    /// Reads examples, renders their messages and looks for their answers on disk.
    async fn prepare(&self, portion: Vec<(u32, i64, u32)>, rendered: &RenderedPrompt) -> Result<Vec<Task>, Halt> {
        let examples = self.store.examples_by_id(portion.iter().map(|(_, id, _)| *id).collect()).await?;
        let identity = self.primary.model.identity();
        let asked: Vec<_> = portion
            .into_iter()
            .zip(examples)
            .map(|((place, _, sample), example)| {
                let request = self.config.primary.request(rendered.messages(&example.cells, &example.user_input), None);
                let key = completion_key(&identity, &request, sample);
                (place, example, sample, request, key)
            })
            .collect();
        let looks = self.desk.look(asked.iter().map(|(.., key)| *key).collect()).await?;
        let task = |((place, example, sample, request, key), on_disk)| Task { place, example, sample, request, key, on_disk };
        Ok(asked.into_iter().zip(looks).map(task).collect())
    }

    /// The answer of a task, scored; none when it was taken back.
    async fn predict(&self, task: Task, test: bool, recall: Option<&Recall>) -> Result<Option<(u32, StoredPrediction)>, Halt> {
        let Task { place, example, sample, request, key, on_disk } = task;
        let blank = StoredPrediction {
            example: example.id,
            sample,
            key,
            score: None,
            scores: Vec::new(),
            outcome: Outcome::Missing,
            missing: None,
            cut: false,
            feedback: None,
        };
        let question = Question { endpoint: &self.primary, request, key, example: Some(example.id), on_disk, test, recall };
        let completion = match self.desk.ask(question).await? {
            Answer::Recalled => return Ok(None),
            Answer::Missing { cause, message } => {
                return Ok(Some((place, StoredPrediction { missing: Some(cause), feedback: Some(message), ..blank })));
            }
            Answer::Answered { completion, .. } => completion,
        };
        let cut = completion.finish == Finish::Length;
        let answer = self.extractor.extract(&completion.text).answer;
        let verdict = match (&self.judge, &self.rubric) {
            (Some(endpoint), Some(rubric)) => {
                match judge::judge(self, endpoint, rubric, (&example, sample), &answer, test, recall).await? {
                    Verdict::Given(verdict) => Some(verdict),
                    Verdict::Recalled => return Ok(None),
                    Verdict::None => return Ok(Some((place, StoredPrediction { missing: Some(MissingCause::JudgeFailed), cut, ..blank }))),
                }
            }
            _ => None,
        };
        let scored = self.scorer.score(&answer, &example.ground_truth_output, verdict.as_ref());
        let (score, scores, outcome, feedback) = (Some(scored.score), scored.scores, scored.outcome, scored.feedback);
        Ok(Some((place, StoredPrediction { score, scores, outcome, cut, feedback, ..blank })))
    }
}

/// The race of an evaluation, if it runs one.
struct Racing<'a> {
    race: Option<&'a mut Race>,
    threshold: f64,
    recall: &'a Recall,
}

impl Racing<'_> {
    /// Counts what has become known, and takes back what is not needed any more.
    fn run_on(&mut self, sheet: &Sheet) {
        let Some(race) = &mut self.race else { return };
        race.run_on(|at| sheet.known_result(at, self.threshold));
        if race.is_lost() {
            self.recall.take_back();
        }
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
            let missing = super::words::too_many_missing(evaluation, split);
            return Err(Halt::Pause(Some(format!("{missing} Resume asks for them again."))));
        }
    }
    Ok((train, validation))
}
