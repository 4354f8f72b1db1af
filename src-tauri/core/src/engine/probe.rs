//! A probe: prompts with everything that asks and scores them outside of a run, and what is on disk of their answers.

use std::{collections::HashMap, sync::Arc};

use super::{Engine, measuring::SAMPLES, outside_call::NO_RUN, prices, run_settings};
use crate::{
    calls::{Gate, asked_key, completion_key},
    chat::{ChatRequest, Completion, SharedModel},
    connection::Connection,
    dataset::DatasetInfo,
    error::Result,
    extract::Extractor,
    judge,
    metric::{Scored, Scorer},
    price::ModelPrice,
    prompt::RenderedPrompt,
    run::{ModelConfig, RunConfig},
    store::{AskedKey, CompletionKey, Others, Role, StoredExample},
};

/// A model to be asked, with its gate and its price.
pub(super) struct Asked {
    pub model: SharedModel,
    config: ModelConfig,
    /// Whose answers these are.
    pub key: Option<AskedKey>,
    pub gate: Arc<Gate>,
    pub price: Option<ModelPrice>,
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
    pub project: i64,
    pub primary: Asked,
    pub judge: Option<(Asked, String)>,
    scorer: Scorer,
    pub extractor: Extractor,
    prompt: RenderedPrompt,
    pub at_once: usize,
    pub seed: u64,
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

/// One question about one example.
pub(super) struct Question {
    pub request: ChatRequest,
    pub key: CompletionKey,
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
    pub(super) fn is_priced(&self) -> bool {
        self.primary.price.is_some() && self.judge.as_ref().is_none_or(|(judge, _)| judge.price.is_some())
    }

    pub(super) fn first(&self, example: &StoredExample, sample: u32) -> Question {
        let messages = self.prompt.messages(&example.cells, &example.user_input);
        self.primary.question(self.primary.config.request(messages, None), sample)
    }

    /// The question to the judge about an answer, after so many replies that could not be read.
    pub(super) fn verdict(&self, (example, sample): (&StoredExample, u32), answer: &Completion, unread: u32) -> Option<Question> {
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
        let judge = match (&config.judge, run_settings::rubric(&config.metrics)) {
            (Some(judge), Some(rubric)) => Some((asked(Role::Judge, judge).await?, rubric.to_owned())),
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

    pub(super) async fn on_disk(&self, project: i64, keys: Vec<CompletionKey>) -> Result<HashMap<CompletionKey, Completion>> {
        let found = self.store().find_completions(project, NO_RUN, keys.into(), Others::Current).await?;
        Ok(found.into_iter().map(|(key, (completion, _))| (key, completion)).collect())
    }

    /// Scores of the first and the second answer to each example, as far as they are on disk.
    pub(super) async fn scores_on_disk(&self, probe: &Probe, examples: &[StoredExample]) -> Result<Vec<[Option<f64>; SAMPLES as usize]>> {
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
}
