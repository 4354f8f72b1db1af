//! Two prompts that need be of no run, on the same validation examples. To look costs nothing and needs no key: what is on disk under
//! the keys that a run asks for counts, whoever bought it. What is not there is bought by the same job that measures first prompts.

mod whose;

use std::collections::{HashMap, HashSet};

use super::{
    Engine, data, door,
    measuring::Place,
    probe::{Kept, Probe, Reach},
    results::{Pair, Side},
    run_settings,
};
use crate::{
    api::{ComparePrompts, ComparedPrompts, MeasureJob, StartRun},
    connection::ConnectionKind,
    dataset::{DatasetInfo, Split, sample_rows},
    error::{Error, Result},
    prompt::Prompt,
    run::{Budget, Measuring, ModelConfig, RunConfig, Span},
    store::{CompletionKey, Role, StoredExample, StoredPrediction},
};

/// Runs whose models are tried for what is known of two prompts.
const RUNS_LOOKED_AT: usize = 50;

/// The two prompts with the examples they are held against.
struct Asked {
    dataset: DatasetInfo,
    config: RunConfig,
    examples: Vec<StoredExample>,
    sides: [Looked; 2],
}

/// A side with what is on disk of it.
struct Looked {
    prompt: Prompt,
    probe: Probe,
    /// By sample, then in the order of the examples.
    kept: Vec<Vec<Kept>>,
}

impl Looked {
    /// Which of the examples have a scored answer.
    fn answered(&self) -> Vec<bool> {
        let examples = self.kept.first().map_or(0, Vec::len);
        let is_scored =
            |at: usize| self.kept.iter().any(|kept| kept.get(at).is_some_and(|kept| kept.answer.is_some() && kept.scored.is_some()));
        (0..examples).map(is_scored).collect()
    }

    /// What came of it so far.
    fn side(&self, examples: &[StoredExample], threshold: f64) -> Side {
        let (mut stored, mut texts) = (Vec::new(), HashMap::new());
        for (sample, kept) in (0..).zip(&self.kept) {
            for (example, Kept { key, answer, scored, .. }) in examples.iter().zip(kept) {
                let (Some(answer), Some(scored)) = (answer, scored) else { continue };
                texts.insert(*key, answer.clone());
                stored.push(StoredPrediction {
                    example: example.id,
                    sample,
                    key: *key,
                    score: Some(scored.score),
                    scores: scored.scores.clone(),
                    outcome: scored.outcome,
                    missing: None,
                    cut: answer.finish == crate::chat::Finish::Length,
                    feedback: scored.feedback.clone(),
                });
            }
        }
        Side::new(stored, &texts, &self.probe.extractor, threshold)
    }
}

impl Asked {
    /// The questions with something to buy, each once: rows with the same text, and what both prompts have in common, are one.
    fn open(&self) -> Vec<(Place, u32)> {
        let mut known: HashSet<CompletionKey> = HashSet::new();
        let mut open = Vec::new();
        for (probe, side) in self.sides.iter().enumerate() {
            for (sample, kept) in (0..).zip(&side.kept) {
                for (example, kept) in kept.iter().enumerate() {
                    if kept.open > 0 && known.insert(kept.key) {
                        open.push((Place { probe, example, sample }, kept.open));
                    }
                }
            }
        }
        open
    }
}

/// What is known of two prompts, and of what it is known.
pub(super) struct Known {
    pub told: ComparedPrompts,
    pub dataset: DatasetInfo,
    pub config: RunConfig,
    /// Roles that the demo model plays.
    pub simulated: Vec<Role>,
}

impl Engine {
    /// What the answers on disk say of two prompts, and what the others would take.
    #[door]
    pub async fn compare_prompts(&self, request: ComparePrompts) -> Result<ComparedPrompts> {
        Ok(self.known_of_both(request).await?.told)
    }

    /// The same with what it was measured by.
    pub(super) async fn known_of_both(&self, request: ComparePrompts) -> Result<Known> {
        let project = request.project;
        let asked = self.asked_of_both(request, &Reach::Look).await?;
        let of = self.store().split_ids(asked.dataset.id, Split::Validation).await?.len();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let open = self.price_of(project, &asked).await?;
        let simulated = asked.sides[0].probe.reached().filter(|(_, c)| c.kind == ConnectionKind::Demo).map(|(role, _)| role).collect();
        let prompts = (asked.sides[0].prompt.clone(), asked.sides[1].prompt.clone());
        let Asked { dataset, config, examples, sides } = asked;
        let labels = if data::has_labels(&config.metrics) { self.labels(Some(&dataset)).await? } else { Vec::new() };
        let threshold = config.matched_from();
        let whose = self.whose(project, &dataset, &config, &examples, sides).await?;
        let pair = Pair {
            ids: examples.iter().map(|example| example.id).collect(),
            of_one_alone: HashSet::new(),
            split: Split::Validation,
            epochs: (None, None),
            sides: (whose.first().side(&examples, threshold), whose.second().side(&examples, threshold)),
            prompts,
            labels,
            threshold,
            seeds: (config.seed, config.seed),
        };
        let elsewhere = whose.words();
        let told =
            ComparedPrompts { comparison: self.comparison(pair).await?, rows: count(examples.len()), of: count(of), open, elsewhere };
        Ok(Known { told, dataset, config, simulated })
    }

    /// The model under which most of both prompts is answered on disk: of those that runs of the project asked and that are still
    /// reached, the newest first, and the one of the request. Where nothing is answered the first of these.
    #[door]
    pub async fn known_model(&self, request: ComparePrompts) -> Result<ModelConfig> {
        let there: HashSet<i64> = self.store().connections().await?.iter().map(|c| c.id).collect();
        let mut models: Vec<ModelConfig> = Vec::new();
        let of_runs = self.store().runs(request.project).await?.into_iter().map(|run| run.config.primary);
        for model in of_runs.filter(|model| there.contains(&model.connection)).take(RUNS_LOOKED_AT).chain([request.config.primary.clone()])
        {
            if !models.contains(&model) {
                models.push(model);
            }
        }
        let mut best: Option<((usize, usize), ModelConfig)> = None;
        for model in models {
            let config = RunConfig { primary: model.clone(), ..request.config.clone() };
            let asked = self.asked_of_both(ComparePrompts { config, ..request.clone() }, &Reach::Look).await?;
            let Asked { dataset, config, examples, sides } = asked;
            let whose = self.whose(request.project, &dataset, &config, &examples, sides).await?;
            let known = (whose.common(), whose.either());
            let all = known.0 == examples.len();
            if best.as_ref().is_none_or(|(most, _)| known > *most) {
                best = Some((known, model));
            }
            if all {
                break;
            }
        }
        Ok(best.map_or(request.config.primary, |(_, model)| model))
    }

    /// Begins to buy the answers that are not on disk; `measure_progress` and `stop_measure` go with it.
    #[door]
    pub async fn start_comparing(&self, request: ComparePrompts) -> Result<MeasureJob> {
        let asked = self.asked_of_both(request, &Reach::Ask).await?;
        let connections = self.connections_of(&asked.config).await?;
        run_settings::check_config(&asked.config, &connections, &self.labels(Some(&asked.dataset)).await?)?;
        let places = asked.open().into_iter().map(|(place, _)| place).collect();
        let Asked { config, examples, sides, .. } = asked;
        Ok(self.begin_asking(sides.into_iter().map(|side| side.probe).collect(), examples, places, config.primary))
    }

    async fn asked_of_both(&self, request: ComparePrompts, reach: &Reach<'_>) -> Result<Asked> {
        let ComparePrompts { project, first, second, config, rows, seed } = request;
        if rows == Some(0) {
            return Err(Error::invalid("Two prompts are compared on at least one row. Ask for more, or for all of validation."));
        }
        let dataset = self.needed_dataset(project).await?;
        // No optimizer takes part, and nothing is drawn but validation examples.
        let config = RunConfig { epochs: 0, repeat: None, budget: Budget::default(), optimizer: config.primary.clone(), ..config };
        let [_, validation, _] = self.frozen_examples(&dataset, &config).await?;
        let ids = match rows {
            Some(rows) => sample_rows(&validation, rows as usize, seed),
            None => validation,
        };
        let examples = self.store().examples_by_id(ids.into()).await?;
        let sides = self.looked([first, second], project, &dataset, &config, &examples, reach).await?;
        Ok(Asked { dataset, config, examples, sides })
    }

    /// Both prompts with what is on disk of them.
    async fn looked(
        &self,
        prompts: [Prompt; 2],
        project: i64,
        dataset: &DatasetInfo,
        config: &RunConfig,
        examples: &[StoredExample],
        reach: &Reach<'_>,
    ) -> Result<[Looked; 2]> {
        let look = async |prompt: Prompt| -> Result<Looked> {
            let own = RunConfig { prompt: prompt.clone(), ..config.clone() };
            let probe = self.probe(project, &own, dataset, reach).await?;
            let mut kept = Vec::new();
            for sample in 0..config.samples.max(1) {
                kept.push(self.kept(&probe, examples, sample).await?);
            }
            Ok(Looked { prompt, probe, kept })
        };
        let [first, second] = prompts;
        Ok([look(first).await?, look(second).await?])
    }

    /// What the answers that are not on disk would take, over both prompts.
    async fn price_of(&self, project: i64, asked: &Asked) -> Result<Measuring> {
        let ids: Vec<i64> = asked.examples.iter().map(|example| example.id).collect();
        let open = asked.open();
        let of = async |side: usize| -> Result<Measuring> {
            let calls = open.iter().filter(|(place, _)| place.probe == side).map(|(_, calls)| u64::from(*calls)).sum();
            let config = RunConfig { prompt: asked.sides[side].prompt.clone(), ..asked.config.clone() };
            self.measuring(&StartRun { project, config }, &asked.dataset, &ids, calls).await
        };
        let (first, second) = (of(0).await?, of(1).await?);
        let sum = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| a + b);
        Ok(Measuring {
            rows: first.rows,
            calls: first.calls + second.calls,
            tokens_low: first.tokens_low + second.tokens_low,
            tokens_high: first.tokens_high + second.tokens_high,
            cost_low: sum(first.cost_low, second.cost_low),
            cost_high: sum(first.cost_high, second.cost_high),
            seconds: first.seconds.zip(second.seconds).map(|(a, b)| Span { low: a.low + b.low, high: a.high + b.high }),
        })
    }
}
