//! Measuring the first prompts before a run: some validation examples are asked twice, each time for an answer of its own. What comes
//! back is kept like a try's, so that the run finds the first answers again; what is known follows from the answers on disk alone.

use std::sync::{Arc, Mutex};

use futures_util::{StreamExt, stream};
use tokio::sync::Notify;

use super::{
    Engine, door,
    forecast::Plan,
    jobs::{Came, Watch, lock, until_stopped},
    outside_call::{NO_RUN, Sending, Unreachable, call_outside},
    probe::{Asked, Probe, Question, Reach},
    run_settings,
    silence::Silence,
};
use crate::{
    api::{Done, MeasureJob, MeasureProgress, MeasureState, StartRun},
    chat::{ChatErrorKind, Completion},
    dataset::{DatasetInfo, sample_rows},
    error::{Error, ErrorCode, Result},
    judge,
    run::{Budget, Measuring, ModelConfig, RunConfig},
    stats::Score,
    store::StoredExample,
};

/// Validation examples that are asked, each twice.
const ASKED: usize = 40;
/// Answers to the same question.
pub(super) const SAMPLES: u32 = 2;
/// Validation examples whose answers are looked for on disk at most.
const LOOKED_AT: usize = 1_000;
/// As large a part of the examples must be answered: one that was picked, as by a validation that was stopped early, is no fair sample.
const FAIR: f64 = 0.9;
/// So many failures without an answer, and the rest is not asked.
const HOPELESS: u32 = 4;

/// What is known of the first prompts from answers on disk.
#[derive(Default)]
pub(super) struct Measured {
    /// Their score, where a fair part of validation was answered.
    pub score: Option<Score>,
    /// Mean difference of two answers to one question.
    pub noise: Option<f64>,
    /// Questions answered twice.
    pub asked_twice: u32,
    /// Those of them whose two answers differ in score.
    pub differing: u32,
}

/// A measuring, written by its task and read by whoever asks.
pub(super) struct MeasureWatch {
    seen: Mutex<MeasureProgress>,
    /// Why the last question that got no answer got none.
    refused: Mutex<Option<ChatErrorKind>>,
    stopped: Notify,
}

impl Watch for MeasureWatch {
    fn has_ended(&self) -> bool {
        !matches!(lock(&self.seen).state, MeasureState::Running)
    }
}

/// A question by the places of its prompt and its example.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub probe: usize,
    pub example: usize,
    pub sample: u32,
}

impl Engine {
    /// What the answers on disk say of the first prompts on these validation examples, and the calls that measuring would still take.
    pub(super) async fn measured(&self, request: &StartRun, dataset: &DatasetInfo, validation: &[i64]) -> Result<(Measured, u64)> {
        let StartRun { project, config } = request;
        let all = sample_rows(validation, LOOKED_AT, config.seed);
        let few = asked_of(validation);
        // What keeps it from being asked is told when something is to be asked.
        let Ok(probe) = self.probe(*project, config, dataset, &Reach::Look).await else {
            let calls = few.len() as u64 * u64::from(SAMPLES) * if run_settings::needs_judge(config) { 2 } else { 1 };
            return Ok((Measured::default(), calls));
        };
        let examples = self.store().examples_by_id(all.clone().into()).await?;
        let scores = self.scores_on_disk(&probe, &examples).await?;
        let is_asked: std::collections::HashSet<i64> = few.iter().copied().collect();
        let first = |ids: &dyn Fn(i64) -> bool| -> Vec<Option<f64>> {
            examples.iter().zip(&scores).filter(|(e, _)| ids(e.id)).map(|(_, s)| s[0]).collect()
        };
        let fair = |scores: Vec<Option<f64>>| {
            let known: Vec<f64> = scores.iter().copied().flatten().collect();
            let fair = !scores.is_empty() && known.len() as f64 >= scores.len() as f64 * FAIR;
            let missing = u32::try_from(scores.len() - known.len()).unwrap_or(u32::MAX);
            fair.then(|| Score::of_scores(&known, missing, probe.seed)).flatten()
        };
        let pairs: Vec<(f64, f64)> = scores.iter().filter_map(|s| Some((s[0]?, s[1]?))).collect();
        // Where a run asks once, only measuring asks twice, and it draws what it asks: enough of that is a fair sample too, whichever
        // draw it was. Of less there is neither a score nor a noise, so that both speak of the same questions.
        let enough = config.samples == 1 && pairs.len() * 2 >= few.len();
        let twice = || fair(pairs.iter().map(|pair| Some(pair.0)).collect()).filter(|_| enough);
        let score = fair(first(&|_| true)).or_else(|| fair(first(&|id| is_asked.contains(&id)))).or_else(twice);
        let pairs = if score.is_some() { pairs } else { Vec::new() };
        let differing = pairs.iter().filter(|(a, b)| a != b).count();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let measured = Measured {
            score,
            noise: (!pairs.is_empty()).then(|| pairs.iter().map(|(a, b)| (a - b).abs()).sum::<f64>() / pairs.len() as f64),
            asked_twice: count(pairs.len()),
            differing: count(differing),
        };
        let open = examples.iter().zip(&scores).filter(|(e, _)| is_asked.contains(&e.id));
        let open: usize = open.map(|(_, s)| s.iter().filter(|score| score.is_none()).count()).sum();
        let calls = open as u64 * if probe.judge.is_some() { 2 } else { 1 };
        Ok((measured, calls))
    }

    /// What so many calls of measuring come to.
    pub(super) async fn measuring(&self, request: &StartRun, dataset: &DatasetInfo, few: &[i64], calls: u64) -> Result<Measuring> {
        let config = RunConfig { epochs: 0, budget: Budget::default(), ..request.config.clone() };
        let connections = self.connections_of(&config).await?;
        let plan = Plan { answered: (calls, calls), turns: (0, 0) };
        let forecast = self.forecast(request.project, &config, dataset, &connections, few, plan).await?;
        Ok(Measuring {
            rows: u32::try_from(few.len()).unwrap_or(u32::MAX),
            calls,
            tokens_low: forecast.tokens.0,
            tokens_high: forecast.tokens.1,
            cost_low: forecast.cost.map(|cost| cost.0),
            cost_high: forecast.cost.map(|cost| cost.1),
            seconds: forecast.seconds,
        })
    }

    /// Begins to measure the first prompts of a run that is being prepared.
    #[door]
    pub async fn start_measure(&self, request: StartRun) -> Result<MeasureJob> {
        let dataset = self.needed_dataset(request.project).await?;
        let connections = self.connections_of(&request.config).await?;
        run_settings::check_config(&request.config, &connections, &self.labels(Some(&dataset)).await?)?;
        let [_, validation, _] = self.frozen_examples(&dataset, &request.config).await?;
        let ids = asked_of(&validation);
        let probe = self.probe(request.project, &request.config, &dataset, &Reach::Ask).await?;
        let examples = self.store().examples_by_id(ids.into()).await?;
        let places = (0..SAMPLES).flat_map(|sample| (0..examples.len()).map(move |example| Place { probe: 0, example, sample })).collect();
        Ok(self.begin_asking(vec![probe], examples, places, request.config.primary))
    }

    /// Lets a task of its own ask these questions; `primary` is the model that answers them.
    pub(super) fn begin_asking(
        &self,
        probes: Vec<Probe>,
        examples: Vec<StoredExample>,
        places: Vec<Place>,
        primary: ModelConfig,
    ) -> MeasureJob {
        let project = probes.first().map_or(NO_RUN, |probe| probe.project);
        let progress = MeasureProgress {
            done: 0,
            total: u32::try_from(places.len()).unwrap_or(u32::MAX),
            calls: 0,
            cached: 0,
            failed: 0,
            prompt_tokens: 0,
            completion_tokens: 0,
            cost: probes.iter().all(Probe::is_priced).then_some(0.0),
            said: None,
            state: MeasureState::Running,
        };
        let watch = Arc::new(MeasureWatch { seen: Mutex::new(progress), refused: Mutex::default(), stopped: Notify::new() });
        let job = self.inner.measures.add(Arc::clone(&watch));
        let engine = self.clone();
        tokio::spawn(async move {
            let teller = engine.clone();
            let heard = Arc::clone(&watch);
            let asking = async move { engine.ask_all(&probes, &examples, places, &heard).await };
            let state = match until_stopped(asking, &watch.stopped).await {
                Came::Done(Ok(())) => MeasureState::Done,
                Came::Done(Err(error)) => MeasureState::Failed { error },
                Came::Stopped => MeasureState::Stopped,
                Came::Broke(defect) => MeasureState::Failed {
                    error: Error::internal(format!("Measuring broke: {defect}. What was answered is kept; try again.")),
                },
            };
            let mut seen = lock(&watch.seen);
            if !matches!(state, MeasureState::Stopped) {
                teller.note_silence(project, &primary, Silence::of(&seen, *lock(&watch.refused)));
            }
            seen.state = state;
        });
        MeasureJob { job }
    }

    /// How far a measuring is.
    #[door]
    pub async fn measure_progress(&self, request: MeasureJob) -> Result<MeasureProgress> {
        Ok(lock(&self.measure_watch(request.job)?.seen).clone())
    }

    /// Ends a measuring; the answers that have come are kept.
    #[door]
    pub async fn stop_measure(&self, request: MeasureJob) -> Result<Done> {
        self.measure_watch(request.job)?.stopped.notify_one();
        Ok(Done {})
    }

    fn measure_watch(&self, job: i64) -> Result<Arc<MeasureWatch>> {
        self.inner.measures.find(job).ok_or_else(|| Error::not_found(format!("Measuring {job} is not known any more. Start it again.")))
    }

    async fn ask_all(&self, probes: &[Probe], examples: &[StoredExample], places: Vec<Place>, watch: &MeasureWatch) -> Result<()> {
        let at_once = probes.iter().map(|probe| probe.at_once).min().unwrap_or(1);
        // By their places: a closure over borrowed examples would not be general enough for a task.
        let mut asked = stream::iter(places)
            .map(|Place { probe, example, sample }| async move {
                let (probe, example) = (&probes[probe], &examples[example]);
                let answer = self.bought(probe.project, &probe.primary, probe.first(example, sample), watch).await?;
                match (answer, &probe.judge) {
                    (Some(answer), Some((judge, _))) => self.judged(probe, judge, (example, sample), &answer, watch).await,
                    _ => Ok::<(), Error>(()),
                }
            })
            .buffer_unordered(at_once);
        while let Some(outcome) = asked.next().await {
            outcome?;
            lock(&watch.seen).done += 1;
        }
        Ok(())
    }

    /// Sees to it that an answer has a verdict: one that cannot be read is asked for anew.
    async fn judged(
        &self,
        probe: &Probe,
        judge: &Asked,
        asked: (&StoredExample, u32),
        answer: &Completion,
        watch: &MeasureWatch,
    ) -> Result<()> {
        for unread in 0.. {
            let Some(question) = probe.verdict(asked, answer, unread) else { break };
            let known = self.on_disk(probe.project, vec![question.key]).await?.remove(&question.key);
            if known.is_none_or(|reply| judge::read(&reply.text).is_some()) {
                self.bought(probe.project, judge, question, watch).await?;
                break;
            }
        }
        Ok(())
    }

    /// An answer from disk, or bought and kept; none where there is none to be had. An error when nothing else will be either.
    async fn bought(&self, project: i64, asked: &Asked, question: Question, watch: &MeasureWatch) -> Result<Option<Completion>> {
        let Question { request, key } = question;
        if let Some(answer) = self.on_disk(project, vec![key]).await?.remove(&key) {
            lock(&watch.seen).cached += 1;
            return Ok(Some(answer));
        }
        let tell = |sending: Sending<'_>| {
            let mut seen = lock(&watch.seen);
            match sending {
                Sending::Begins => seen.calls += 1,
                Sending::Failed(error) => {
                    seen.calls -= u64::from(matches!(error.kind, ChatErrorKind::Unreached(_)));
                    seen.said = Some(error.message.clone());
                    *lock(&watch.refused) = Some(error.kind);
                }
            }
        };
        match call_outside((&*asked.model, &asked.gate), &request, Unreachable::LookedFor, None, tell).await {
            Ok(completion) => {
                // On disk before it counts.
                self.store().save_completion(project, key, asked.key, completion.clone(), self.now()).await?;
                let used = completion.usage;
                let cost = asked.price.as_ref().map(|p| p.cost(used.prompt_tokens, used.cached_tokens, used.completion_tokens));
                let mut seen = lock(&watch.seen);
                seen.prompt_tokens += used.prompt_tokens;
                seen.completion_tokens += used.completion_tokens;
                seen.cost = seen.cost.zip(cost).map(|(sum, cost)| sum + cost);
                Ok(Some(completion))
            }
            Err(error) if error.kind == ChatErrorKind::Connection => Err(Error::new(ErrorCode::ModelError, error.message)),
            Err(error) => {
                let mut seen = lock(&watch.seen);
                seen.failed += 1;
                let hopeless = seen.failed >= HOPELESS && seen.prompt_tokens + seen.completion_tokens == 0 && seen.cached == 0;
                if hopeless { Err(Error::new(ErrorCode::ModelError, error.message)) } else { Ok(None) }
            }
        }
    }
}

/// The validation examples that are asked: the same under every seed of a run, so that what was measured stands under all of them.
pub(super) fn asked_of(validation: &[i64]) -> Vec<i64> {
    sample_rows(validation, ASKED, 0)
}
