//! `greedy` against `pareto` on the shipped samples with the demo model, without a limit on calls.

use std::{path::Path, sync::Arc};

use mlprompt_core::{
    api::{CreateSample, RunId, SplitDataset},
    dataset::SplitPlan,
    engine::{Engine, Models, Parts, first_config},
    run::{RunConfig, StrategyKind},
    sample::{Sample, samples},
};

use tempfile::TempDir;

use crate::{
    figures::{ahead, mean},
    measure::{engine, finished},
};

/// How a sample is divided.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Division {
    /// As it is shipped, the same for every seed.
    Own,
    /// Drawn with the seed of the run.
    Drawn,
}

/// A run on a sample; the engine is handed out for a closer look.
pub async fn train(
    models: &Arc<dyn Models>,
    sample: &Sample,
    strategy: StrategyKind,
    seed: u64,
    division: Division,
) -> (Engine, i64, TempDir) {
    let (engine, folder) = engine(Arc::clone(models)).await;
    let view = engine.create_sample(CreateSample { sample: sample.id.into() }).await.unwrap();
    let project = view.project.id;
    if division == Division::Drawn
        && let Some(SplitPlan::Ratio { train, validation, test, .. }) = view.dataset.map(|d| d.plan)
    {
        engine.split_dataset(SplitDataset { project, plan: SplitPlan::Ratio { train, validation, test, seed } }).await.unwrap();
    }
    let config = RunConfig {
        name: "bench".into(),
        prompt: sample.prompt.clone(),
        metrics: sample.metrics.clone(),
        extract: sample.extract.clone(),
        strategy,
        seed,
        ..first_config()
    };
    let run = finished(&engine, project, config).await;
    (engine, run, folder)
}

/// Test score and calls of a run.
async fn run(models: &Arc<dyn Models>, sample: &Sample, strategy: StrategyKind, seed: u64, division: Division) -> (f64, f64) {
    let (engine, run, _folder) = train(models, sample, strategy, seed, division).await;
    let summary = engine.get_run(RunId { run }).await.unwrap().summary;
    (summary.best.test.map_or(0.0, |s| s.score), summary.usage.calls as f64)
}

/// The demo model, as shipped.
pub fn models() -> Arc<dyn Models> {
    Parts::real(Path::new("unused.db")).unwrap().models
}

/// Prints the table; with names, of these samples; with `own`, on the division each is shipped with.
pub async fn print(first: u64, seeds: u64, names: &[String]) {
    let models = models();
    let own = names.iter().any(|n| n == "own");
    let (division, divided) =
        if own { (Division::Own, "the division they are shipped with") } else { (Division::Drawn, "each with a division of its own") };
    println!("The samples with the demo model (simulated), seeds {first} to {}, {divided}\n", first + seeds - 1);
    println!("| sample | `greedy`: test score | calls | `pareto`: test score | calls | score ahead, paired | calls saved, paired |");
    println!("|---|---|---|---|---|---|---|");
    for sample in samples().iter().filter(|s| !samples().iter().any(|s| names.iter().any(|n| n == s.id)) || names.iter().any(|n| n == s.id))
    {
        let mut scores = [Vec::new(), Vec::new()];
        let mut calls = [Vec::new(), Vec::new()];
        for seed in first..first + seeds {
            for (n, strategy) in [StrategyKind::Greedy, StrategyKind::Pareto].into_iter().enumerate() {
                let (score, used) = run(&models, sample, strategy, seed, division).await;
                scores[n].push(score);
                calls[n].push(used);
            }
        }
        println!(
            "| {} | {} | {:.0} | {} | {:.0} | {} | {} |",
            sample.id,
            mean(&scores[0]).text(3),
            mean(&calls[0]).mean,
            mean(&scores[1]).text(3),
            mean(&calls[1]).mean,
            ahead(&scores[1], &scores[0]).signed(3),
            ahead(&calls[0], &calls[1]).signed(0)
        );
    }
    println!();
}
