//! A run looked at round by round: what was tried, and what became of it.

use std::sync::Arc;

use mlprompt_core::{
    api::{GetEpoch, RunId},
    engine::Engine,
    prompt::Prompt,
    run::StrategyKind,
    sample::samples,
};

use crate::{
    measure::{self, Setting},
    number,
    samples::{Division, models, train},
    tasks::{Kind, Task, Twist},
};

/// Prints the rounds of `labels`, `format` or `extraction` (and `trap`, `tacit`, `needs`, `tiring`), or of a sample (and `own`, `greedy`),
/// with the seed `SEED`.
pub async fn print(names: &[String]) {
    let named = |name: &str| names.iter().any(|n| n == name);
    let seed = number("SEED").unwrap_or(1);
    if let Some(sample) = samples().iter().find(|s| named(s.id)) {
        let division = if named("own") { Division::Own } else { Division::Drawn };
        let strategy = if named("greedy") { StrategyKind::Greedy } else { StrategyKind::Pareto };
        let (engine, run, _folder) = train(&models(), sample, strategy, seed, division).await;
        told(&engine, run).await;
        return;
    }
    let kinds = [("format", Kind::Format), ("extraction", Kind::Extraction)];
    let kind = kinds.into_iter().find(|(n, _)| named(n)).map_or(Kind::Labels, |(_, k)| k);
    let twists = [("trap", Twist::Trap), ("tacit", Twist::Tacit), ("needs", Twist::TwoNeeds), ("tiring", Twist::Tiring)];
    let twist = twists.into_iter().find(|(n, _)| named(n)).map_or(Twist::Plain, |(_, t)| t);
    let task = Arc::new(Task { twist, ..Task::new(kind, seed) });
    let setting = Setting::with_calls(number("CALLS").unwrap_or(1_500));
    let (engine, run, _folder) = measure::train(&task, setting).await;
    let best = told(&engine, run).await;
    println!("{:.3}", task.worth(&best));
}

/// Prints a run and gives the best prompt.
async fn told(engine: &Engine, run: i64) -> Prompt {
    let view = engine.get_run(RunId { run }).await.unwrap();
    for epoch in view.epochs.iter().skip(1) {
        let detail = engine.get_epoch(GetEpoch { run, epoch: epoch.epoch }).await.unwrap();
        println!("{} {:?} {} ({} calls)", epoch.epoch, epoch.decision, epoch.reason, epoch.usage.calls);
        for candidate in engine.search_tree(RunId { run }).await.unwrap().candidates.iter().filter(|c| c.epoch == epoch.epoch) {
            println!(
                "  {} of {:?}: {:?} {:?} {}",
                candidate.number, candidate.parents, candidate.technique, candidate.fate, candidate.reason
            );
        }
        for edit in &detail.edits {
            println!("    {:?} -{:?} +{:?} {}", edit.technique, edit.removed, edit.added, edit.reason);
        }
    }
    let best = view.summary.best;
    println!("\n{}\n{}\n\n{:?}", best.system_prompt, best.output_prompt, view.summary.stop_reason);
    println!(
        "test {:?}, validation {:?}, {} calls",
        best.test.map(|s| s.score),
        best.validation.map(|s| s.score),
        view.summary.usage.calls
    );
    Prompt { system_prompt: best.system_prompt, output_prompt: best.output_prompt }
}
