//! A run looked at round by round: what was tried, and what became of it.

use std::sync::Arc;

use mlprompt_core::{
    api::{GetEpoch, RunId},
    prompt::Prompt,
};

use crate::{
    measure::{self, Setting},
    number,
    tasks::{Kind, Task, Twist},
};

/// Prints the rounds of `labels`, `format` or `extraction` (and `trap`, `tacit`, `needs`, `tiring`), with the seed `SEED`.
pub async fn print(names: &[String]) {
    let named = |name: &str| names.iter().any(|n| n == name);
    let kinds = [("format", Kind::Format), ("extraction", Kind::Extraction)];
    let kind = kinds.into_iter().find(|(n, _)| named(n)).map_or(Kind::Labels, |(_, k)| k);
    let twists = [("trap", Twist::Trap), ("tacit", Twist::Tacit), ("needs", Twist::TwoNeeds), ("tiring", Twist::Tiring)];
    let twist = twists.into_iter().find(|(n, _)| named(n)).map_or(Twist::Plain, |(_, t)| t);
    let task = Arc::new(Task { twist, ..Task::new(kind, number("SEED").unwrap_or(1)) });
    let setting = Setting::with_calls(number("CALLS").unwrap_or(1_500));
    let (engine, run, _folder) = measure::train(&task, setting).await;
    let view = engine.get_run(RunId { run }).await.unwrap();
    for epoch in view.epochs.iter().skip(1) {
        let detail = engine.get_epoch(GetEpoch { run, epoch: epoch.epoch }).await.unwrap();
        println!("{} {:?} {} ({} calls)", epoch.epoch, epoch.decision, epoch.reason, epoch.usage.calls);
        for edit in &detail.edits {
            println!("    {:?} -{:?} +{:?} {}", edit.technique, edit.removed, edit.added, edit.reason);
        }
    }
    let best = view.summary.best;
    println!("\n{}\n{}\n\n{:?}", best.system_prompt, best.output_prompt, view.summary.stop_reason);
    println!("{:.3}", task.worth(&Prompt { system_prompt: best.system_prompt, output_prompt: best.output_prompt }));
}
