//! What a run will find on disk: answers to its first prompts, whoever bought them, and all that a run which came the same way bought.

use std::collections::HashMap;

use super::{Engine, prices, probe::Reach, run_settings};
use crate::{
    chat::endpoint,
    connection::Connection,
    dataset::{DatasetInfo, sample_rows},
    error::{Error, ErrorCode, Result},
    run::{Budget, RunConfig, RunStatus, RunSummary},
    store::Role,
    train,
};

/// Examples whose answers are looked for at most; of more a part stands for all.
const LOOKED_AT: usize = 2_000;
/// Runs that came the same way which are looked through, the newest first.
const RUNS_LOOKED_AT: usize = 20;

/// What need not be bought again.
#[derive(Default)]
pub(super) struct Bought {
    /// Calls that measuring the first prompts will not take.
    pub first: u64,
    /// Answers that a run with the same settings, limits aside, goes through once more.
    pub answers: HashMap<Role, u64>,
    /// Such a run ended for no reason that stays: this one goes on where it stopped.
    pub goes_on: bool,
    /// Such a run came to its own end under the same limits: this one may find every answer.
    pub is_all: bool,
}

/// The settings as far as they decide which way a run comes: not how far it goes, nor what it is called.
fn way(config: &RunConfig) -> RunConfig {
    RunConfig {
        name: String::new(),
        budget: Budget::default(),
        parent: None,
        epochs: 0,
        patience: 0,
        target_score: None,
        concurrency: 1,
        use_cache: true,
        ..config.clone()
    }
}

/// It ended by itself, where a run with these settings ends as well.
fn ends_there(before: &RunSummary, config: &RunConfig) -> bool {
    let limits = |config: &RunConfig| (config.budget, config.epochs, config.patience, config.target_score);
    let by_itself = before.status == RunStatus::Completed && !before.stop_reason.as_deref().is_some_and(train::is_limit);
    by_itself && limits(&before.config) == limits(config)
}

impl Engine {
    /// What is on disk of what a run will ask; nothing where it is told to ask anew.
    pub(super) async fn bought_before(
        &self,
        project: i64,
        config: &RunConfig,
        dataset: &DatasetInfo,
        connections: &[Connection],
        examples: &[Vec<i64>; 3],
    ) -> Result<Bought> {
        if !config.use_cache {
            return Ok(Bought::default());
        }
        let first = self.first_answers(project, config, dataset, examples).await?;
        let mut bought = Bought { first, ..Bought::default() };
        let own = way(config);
        let there = |connections: &[Connection]| {
            let models = prices::models(config).map(|(_, model)| connections.iter().find(|c| c.id == model.connection));
            models.map(|connection| connection.and_then(|c| endpoint(c).ok())).collect::<Vec<_>>()
        };
        let runs = self.store().runs(project).await?;
        for before in runs.iter().filter(|run| way(&run.config) == own).take(RUNS_LOOKED_AT) {
            let row = match self.store().run_row(before.id).await {
                Ok(row) => row,
                // It may be gone by now.
                Err(Error { code: ErrorCode::NotFound, .. }) => continue,
                Err(error) => return Err(error),
            };
            if row.dataset != dataset.id || there(&row.connections) != there(connections) {
                continue;
            }
            let answers = self.store().usable_answers(project, before.id).await?;
            if answers.is_empty() {
                continue;
            }
            bought.is_all |= ends_there(before, config);
            if answers.values().sum::<u64>() > bought.answers.values().sum() {
                bought.answers = answers;
            }
        }
        bought.goes_on = !bought.answers.is_empty() && !bought.is_all;
        Ok(bought)
    }

    /// Calls that measuring the first prompts on training and validation examples will not take.
    async fn first_answers(&self, project: i64, config: &RunConfig, dataset: &DatasetInfo, examples: &[Vec<i64>; 3]) -> Result<u64> {
        // Whatever keeps a model from being opened is told when something is to be asked.
        let Ok(probe) = self.probe(project, config, dataset, &Reach::Look).await else { return Ok(0) };
        let all = [examples[0].as_slice(), examples[1].as_slice()].concat();
        let looked_at = sample_rows(&all, LOOKED_AT, config.seed);
        let (samples, judged) = (config.samples.max(1), if run_settings::needs_judge(config) { 2 } else { 1 });
        let mut there = 0;
        for portion in looked_at.chunks(256) {
            let rows = self.store().examples_by_id(portion.to_vec().into()).await?;
            for sample in 0..samples {
                there += self.kept(&probe, &rows, sample).await?.iter().map(|kept| u64::from(judged - kept.open.min(judged))).sum::<u64>();
            }
        }
        Ok((there as f64 * all.len() as f64 / looked_at.len().max(1) as f64) as u64)
    }
}
