//! Measuring the first prompts before a run: some validation examples are asked twice, each time for an answer of its own. What comes
//! back is kept like a try's, so that the run finds the first answers again; what is known follows from the answers on disk alone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use futures_util::{StreamExt, stream};
use tokio::sync::Notify;

use super::{
    Engine, door, estimate,
    forecast::Plan,
    jobs::{Watch, lock},
    prices,
    silence::Silence,
};
use crate::{
    api::{Done, MeasureJob, MeasureProgress, MeasureState, StartRun},
    calls::{Ended, Gate, Seen, asked_key, completion_key},
    chat::{ChatErrorKind, ChatRequest, Completion, SharedModel},
    connection::Connection,
    dataset::{DatasetInfo, sample_rows},
    error::{Error, ErrorCode, Result},
    extract::Extractor,
    judge,
    metric::{MetricKind, Scored, Scorer},
    price::ModelPrice,
    prompt::RenderedPrompt,
    run::{Budget, Measuring, ModelConfig, RunConfig},
    stats::Score,
    store::{AskedKey, CompletionKey, Others, Role, StoredExample},
    tokens,
};

/// Validation examples that are asked, each twice.
const ASKED: usize = 40;
/// Answers to the same question.
const SAMPLES: u32 = 2;
/// Validation examples whose answers are looked for on disk at most.
const LOOKED_AT: usize = 1_000;
/// As large a part of the examples must be answered: one that was picked, as by a validation that was stopped early, is no fair sample.
const FAIR: f64 = 0.9;
/// Times a request is sent, when asking again may help.
const ATTEMPTS: usize = 3;
/// So many failures without an answer, and the rest is not asked.
const HOPELESS: u32 = 4;
/// Calls of measuring pass the gates of their connections as those of this run, which there is not.
const NO_RUN: i64 = 0;

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

/// A model to be asked, with its gate and its price.
struct Asked {
    model: SharedModel,
    config: ModelConfig,
    /// Whose answers these are.
    key: Option<AskedKey>,
    gate: Arc<Gate>,
    price: Option<ModelPrice>,
    /// Where it is reached.
    reached: Connection,
}

/// What a probe is made for.
pub(super) enum Reach<'a> {
    /// To look at what is on disk, which needs no key.
    Look,
    /// The same, at answers of the connections as they were.
    LookAs(&'a [Connection]),
    /// To ask.
    Ask,
}

/// The first prompts of a run with everything that scores them.
pub(super) struct Probe {
    project: i64,
    primary: Asked,
    judge: Option<(Asked, String)>,
    scorer: Scorer,
    pub extractor: Extractor,
    prompt: RenderedPrompt,
    at_once: usize,
    seed: u64,
}

/// What is on disk of a question about an example.
pub(super) struct Kept {
    pub key: CompletionKey,
    /// The answer; none when nobody bought it.
    pub answer: Option<Completion>,
    /// Calls until it is known how good the answer is.
    pub open: u32,
    /// The answer, scored; none as well where the judge's words cannot be read.
    pub scored: Option<Scored>,
}

/// A question by the places of its prompt and its example.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub probe: usize,
    pub example: usize,
    pub sample: u32,
}

/// One question about one example.
struct Question {
    request: ChatRequest,
    key: CompletionKey,
}

impl Asked {
    fn question(&self, request: ChatRequest, sample: u32) -> Question {
        Question { key: completion_key(&self.model.identity(), &request, sample), request }
    }
}

impl Probe {
    /// Where its models are reached, with their roles.
    pub(super) fn reached(&self) -> impl Iterator<Item = (Role, &Connection)> {
        let judge = self.judge.as_ref().map(|(judge, _)| (Role::Judge, &judge.reached));
        std::iter::once((Role::Primary, &self.primary.reached)).chain(judge)
    }

    /// Whether what it spends can be said in dollars.
    fn is_priced(&self) -> bool {
        self.primary.price.is_some() && self.judge.as_ref().is_none_or(|(judge, _)| judge.price.is_some())
    }

    fn first(&self, example: &StoredExample, sample: u32) -> Question {
        let messages = self.prompt.messages(&example.cells, &example.user_input);
        self.primary.question(self.primary.config.request(messages, None), sample)
    }

    /// The question to the judge about an answer, after so many replies that could not be read.
    fn verdict(&self, (example, sample): (&StoredExample, u32), answer: &Completion, unread: u32) -> Option<Question> {
        let (asked, rubric) = self.judge.as_ref()?;
        let answer = self.extractor.extract(&answer.text).answer;
        Some(asked.question(judge::request(&asked.config, rubric, example, &answer), judge::number(sample, unread)))
    }

    fn score(&self, example: &StoredExample, answer: &Completion, verdict: Option<&Completion>) -> Option<Scored> {
        let verdict = match &self.judge {
            Some(_) => Some(judge::read(&verdict?.text)?),
            None => None,
        };
        let answer = self.extractor.extract(&answer.text).answer;
        Some(self.scorer.score(&answer, &example.ground_truth_output, verdict.as_ref()))
    }
}

impl Engine {
    pub(super) async fn probe(&self, project: i64, config: &RunConfig, dataset: &DatasetInfo, reach: &Reach<'_>) -> Result<Probe> {
        let connections = self.connections_of(config).await?;
        let prices = prices::of_roles(config, &connections);
        let asked = async |role: Role, config: &ModelConfig| -> Result<Asked> {
            let frozen = match reach {
                Reach::LookAs(frozen) => frozen.iter().find(|c| c.id == config.connection).cloned(),
                Reach::Look | Reach::Ask => None,
            };
            let reached = match frozen {
                Some(frozen) => frozen,
                None => self.store().connection(config.connection).await?,
            };
            let model = match reach {
                Reach::Ask => self.open_model(&reached).await?,
                Reach::Look | Reach::LookAs(_) => self.inner.models.open(&reached, None)?,
            };
            let price = prices.get(&role).cloned().flatten();
            let key = asked_key(role, &reached, &config.model);
            Ok(Asked { model, config: config.clone(), key, gate: self.gate(&reached), price, reached })
        };
        let rubric = config.metrics.iter().find_map(|m| match &m.metric {
            MetricKind::Judge { rubric } => Some(rubric.clone()),
            _ => None,
        });
        let judge = match (&config.judge, rubric) {
            (Some(judge), Some(rubric)) => Some((asked(Role::Judge, judge).await?, rubric)),
            _ => None,
        };
        let labels = self.labels(Some(dataset)).await?;
        Ok(Probe {
            project,
            primary: asked(Role::Primary, &config.primary).await?,
            judge,
            scorer: Scorer::new(&config.metrics, &labels, config.match_threshold)?,
            extractor: Extractor::new(config.extract.as_ref())?,
            prompt: RenderedPrompt::new(&config.prompt, &dataset.columns),
            at_once: config.concurrency.max(1) as usize,
            seed: config.seed,
        })
    }

    async fn on_disk(&self, project: i64, keys: Vec<CompletionKey>) -> Result<HashMap<CompletionKey, Completion>> {
        let found = self.store().find_completions(project, NO_RUN, keys.into(), Others::Current).await?;
        Ok(found.into_iter().map(|(key, (completion, _))| (key, completion)).collect())
    }

    /// What the answers on disk say of the first prompts on these validation examples, and what measuring would still take.
    pub(super) async fn measured(&self, request: &StartRun, dataset: &DatasetInfo, validation: &[i64]) -> Result<(Measured, Measuring)> {
        let StartRun { project, config } = request;
        let all = sample_rows(validation, LOOKED_AT, config.seed);
        let few = asked_of(validation);
        // What keeps it from being asked is told when something is to be asked.
        let Ok(probe) = self.probe(*project, config, dataset, &Reach::Look).await else {
            let calls = few.len() as u64 * u64::from(SAMPLES) * if estimate::needs_judge(config) { 2 } else { 1 };
            return Ok((Measured::default(), self.measuring(request, dataset, &few, calls).await?));
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
        Ok((measured, self.measuring(request, dataset, &few, calls).await?))
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

    /// Scores of the first and the second answer to each example, as far as they are on disk.
    async fn scores_on_disk(&self, probe: &Probe, examples: &[StoredExample]) -> Result<Vec<[Option<f64>; SAMPLES as usize]>> {
        let mut scores = vec![[None; SAMPLES as usize]; examples.len()];
        for sample in 0..SAMPLES {
            for (at, kept) in self.kept(probe, examples, sample).await?.into_iter().enumerate() {
                scores[at][sample as usize] = kept.scored.map(|scored| scored.score);
            }
        }
        Ok(scores)
    }

    /// What is on disk of one answer to each example.
    pub(super) async fn kept(&self, probe: &Probe, examples: &[StoredExample], sample: u32) -> Result<Vec<Kept>> {
        let keys: Vec<CompletionKey> = examples.iter().map(|e| probe.first(e, sample).key).collect();
        let answers = self.on_disk(probe.project, keys.clone()).await?;
        let mut verdicts: HashMap<usize, Completion> = HashMap::new();
        let mut open: Vec<usize> = (0..examples.len()).collect();
        for unread in 0.. {
            let asked =
                open.iter().filter_map(|&at| Some((at, probe.verdict((&examples[at], sample), answers.get(&keys[at])?, unread)?.key)));
            let asked: Vec<(usize, CompletionKey)> = asked.collect();
            let replies = self.on_disk(probe.project, asked.iter().map(|(_, key)| *key).collect()).await?;
            let found = asked.into_iter().filter_map(|(at, key)| Some((at, replies.get(&key)?)));
            let (read, unreadable): (Vec<_>, Vec<_>) = found.partition(|(_, reply)| judge::read(&reply.text).is_some());
            verdicts.extend(read.into_iter().map(|(at, reply)| (at, reply.clone())));
            open = unreadable.into_iter().map(|(at, _)| at).collect();
            if open.is_empty() {
                break;
            }
        }
        let kept = examples.iter().zip(keys).enumerate().map(|(at, (example, key))| {
            let answer = answers.get(&key).cloned();
            let verdict = verdicts.get(&at);
            let unjudged = probe.judge.is_some() && verdict.is_none();
            let scored = answer.as_ref().and_then(|answer| probe.score(example, answer, verdict));
            Kept { key, open: u32::from(answer.is_none()) + u32::from(unjudged), answer, scored }
        });
        Ok(kept.collect())
    }

    /// Begins to measure the first prompts of a run that is being prepared.
    #[door]
    pub async fn start_measure(&self, request: StartRun) -> Result<MeasureJob> {
        let dataset = self.needed_dataset(request.project).await?;
        let connections = self.connections_of(&request.config).await?;
        estimate::check_config(&request.config, &connections, &self.labels(Some(&dataset)).await?)?;
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
            // A task of its own, so that a defect ends the measuring instead of leaving it open for ever.
            let mut working = tokio::spawn(async move { engine.ask_all(&probes, &examples, places, &heard).await });
            let state = tokio::select! {
                outcome = &mut working => match outcome {
                    Ok(Ok(())) => MeasureState::Done,
                    Ok(Err(error)) => MeasureState::Failed { error },
                    Err(defect) => MeasureState::Failed {
                        error: Error::internal(format!("Measuring broke: {defect}. What was answered is kept; try again.")),
                    },
                },
                () = watch.stopped.notified() => {
                    working.abort();
                    MeasureState::Stopped
                }
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
        let size = request.messages.iter().map(|m| tokens::rough(&m.content)).sum();
        for attempt in 1..=ATTEMPTS {
            let Some(pass) = asked.gate.enter(NO_RUN, size).await else { return Ok(None) };
            lock(&watch.seen).calls += 1;
            let answered = asked.model.complete(&request).await;
            let (seen, retry_after) = match &answered {
                Ok(completion) => (Seen::Answered(completion.latency_ms.into()), None),
                Err(error) if error.kind == ChatErrorKind::Transient(crate::run::MissingCause::RateLimited) => {
                    (Seen::RateLimited, error.retry_after)
                }
                Err(error) if matches!(error.kind, ChatErrorKind::Unreached(_)) => (Seen::Unreached, None),
                Err(error) => (Seen::Failed, error.retry_after),
            };
            pass.end(Ended { seen, retry_after, quota: asked.model.quota() });
            let error = match answered {
                Ok(completion) => {
                    // On disk before it counts.
                    self.store().save_completion(project, key, asked.key, completion.clone(), self.now()).await?;
                    let used = completion.usage;
                    let cost = asked.price.as_ref().map(|p| p.cost(used.prompt_tokens, used.cached_tokens, used.completion_tokens));
                    let mut seen = lock(&watch.seen);
                    seen.prompt_tokens += used.prompt_tokens;
                    seen.completion_tokens += used.completion_tokens;
                    seen.cost = seen.cost.zip(cost).map(|(sum, cost)| sum + cost);
                    return Ok(Some(completion));
                }
                Err(error) => error,
            };
            let unsent = matches!(error.kind, ChatErrorKind::Unreached(_));
            let again = (unsent || matches!(error.kind, ChatErrorKind::Transient(_))) && attempt < ATTEMPTS;
            let mut seen = lock(&watch.seen);
            seen.calls -= u64::from(unsent);
            seen.said = Some(error.message.clone());
            *lock(&watch.refused) = Some(error.kind);
            if error.kind == ChatErrorKind::Connection {
                return Err(Error::new(ErrorCode::ModelError, error.message));
            }
            if !again {
                seen.failed += 1;
                let hopeless = seen.failed >= HOPELESS && seen.prompt_tokens + seen.completion_tokens == 0 && seen.cached == 0;
                return if hopeless { Err(Error::new(ErrorCode::ModelError, error.message)) } else { Ok(None) };
            }
        }
        Ok(None)
    }
}

/// The validation examples that are asked: the same under every seed of a run, so that what was measured stands under all of them.
pub(super) fn asked_of(validation: &[i64]) -> Vec<i64> {
    sample_rows(validation, ASKED, 0)
}
