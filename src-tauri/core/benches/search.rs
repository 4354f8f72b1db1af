//! `make bench-search`: the strategies, and `pareto` with each part switched off, on the simulated tasks at equal calls.
//!
//! Prints a Markdown table: mean score without noise of the returned prompt over the seeds, with its 95 % interval, what the whole
//! search has over each variant (same task, same seed), and the reported best validation minus that score.

// A bench may fail loudly: there is nobody to hand an error to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// The tests use more of it.
#[allow(dead_code)]
#[path = "../tests/search/tasks.rs"]
mod tasks;

use std::sync::Arc;

use mlprompt_core::{
    api::{RunId, StartRun},
    clock::SystemClock,
    connection::Connection,
    dataset::{ColumnRoles, SplitPlan},
    engine::{Engine, ImportFiles, Parts, first_config},
    keys::MemoryKeys,
    metric::{MetricKind, MetricSpec},
    prompt::Prompt,
    run::{Budget, ModelConfig, RunConfig, SearchParts, StrategyKind},
};
use statrs::distribution::{ContinuousCDF, StudentsT};
use tasks::{Kind, Only, Task};

const ROWS: u64 = 100;
const CALLS: u64 = 1_500;

/// One variant: its name and what it changes.
type Variant = (&'static str, fn(&mut SearchParts));

const VARIANTS: [Variant; 12] = [
    ("pareto", |_| {}),
    ("without edits", |p| p.edits = false),
    ("without relevance", |p| p.relevance = false),
    ("without focus", |p| p.focus = false),
    ("without front", |p| p.front = false),
    ("without memory", |p| p.memory = false),
    ("without racing", |p| p.racing = false),
    ("without confirmation", |p| p.confirmation = false),
    ("without examples", |p| p.examples = false),
    ("without pruning", |p| p.pruning = false),
    ("without restart", |p| p.restart = false),
    ("without adaptive choice", |p| p.adaptive = false),
];

/// Worth of the returned prompt, what was reported minus it, and calls.
async fn run(kind: Kind, seed: u64, strategy: StrategyKind, parts: SearchParts, calls: u64) -> (f64, f64, u64) {
    let task = Arc::new(Task::new(kind, seed));
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(Parts {
        database: folder.path().join("bench.db"),
        clock: SystemClock::shared(),
        keys: Arc::new(MemoryKeys::new("A bench.")),
        models: Arc::new(Only(Arc::clone(&task))),
        environment: Arc::new(|_| None),
    })
    .await
    .unwrap();
    let file = folder.path().join("task.csv");
    std::fs::write(&file, task.csv(ROWS, ROWS, 0)).unwrap();
    let roles = ColumnRoles {
        input: Some("user_input".into()),
        truth: Some("ground_truth_output".into()),
        split: Some("split".into()),
        ..ColumnRoles::default()
    };
    let plan = Some(SplitPlan::Column { column: "split".into() });
    let request = ImportFiles { project: "bench".into(), files: vec![file], roles, plan, ..ImportFiles::default() };
    let project = engine.import_files(request).await.unwrap().project.id;
    let model = |name: &str| ModelConfig {
        connection: Connection::DEMO,
        model: name.into(),
        temperature: None,
        max_output_tokens: None,
        seed: None,
    };
    let fields = ["date", "amount", "name", "city", "urgent"].map(str::to_owned).to_vec();
    let metric = if kind == Kind::Extraction { MetricKind::JsonFields { fields } } else { MetricKind::Exact };
    let config = RunConfig {
        name: "bench".into(),
        prompt: task.start(),
        primary: model("primary"),
        optimizer: model("optimizer"),
        metrics: vec![MetricSpec { metric, weight: 1.0 }],
        strategy,
        parts,
        epochs: 100,
        patience: 0,
        seed,
        budget: Budget { max_calls: Some(calls), ..Budget::default() },
        ..first_config()
    };
    let run = engine.start_run(StartRun { project, config }).await.unwrap().id;
    while engine.driven_runs().contains(&run) {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let summary = engine.get_run(RunId { run }).await.unwrap().summary;
    let best = summary.best;
    let worth = task.worth(&Prompt { system_prompt: best.system_prompt, output_prompt: best.output_prompt });
    (worth, best.validation.map_or(0.0, |s| s.score) - worth, summary.usage.calls)
}

/// Mean and half of its 95 % interval (Student's t).
fn mean(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    let quantile = StudentsT::new(0.0, 1.0, (n - 1.0).max(1.0)).unwrap().inverse_cdf(0.975);
    (mean, quantile * (variance / n).sqrt())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let number = |name: &str| std::env::var(name).ok().and_then(|s| s.parse::<u64>().ok());
    let (seeds, calls) = (number("SEEDS").unwrap_or(5), number("CALLS").unwrap_or(CALLS));
    // `cargo bench -- NAME` measures the whole search and the variants with this in their names.
    let only = std::env::args().skip(1).find(|a| !a.starts_with('-')).unwrap_or_default();
    println!(
        "{ROWS} training and {ROWS} validation examples, {calls} calls, seeds 1 to {seeds}; score without noise of the returned prompt\n"
    );
    println!("| variant | labels | format | extraction | mean | whole search minus this, paired | reported minus true | calls used |");
    println!("|---|---|---|---|---|---|---|---|");
    let greedy: Variant = ("greedy", |_| {});
    let mut whole: Vec<f64> = Vec::new();
    for (name, change) in VARIANTS.into_iter().chain([greedy]).filter(|(name, _)| *name == "pareto" || name.contains(&only)) {
        let strategy = if name == "greedy" { StrategyKind::Greedy } else { StrategyKind::Pareto };
        let mut parts = SearchParts::default();
        change(&mut parts);
        let (mut row, mut all, mut beyond, mut used) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for kind in [Kind::Labels, Kind::Format, Kind::Extraction] {
            let mut worths = Vec::new();
            for seed in 1..=seeds {
                let (worth, more, calls) = run(kind, seed, strategy, parts, calls).await;
                worths.push(worth);
                beyond.push(more);
                used += calls;
            }
            let (m, half) = mean(&worths);
            row.push(format!("{m:.3} ± {half:.3}"));
            all.extend(worths);
        }
        let runs = all.len() as u64;
        let lost = match whole.is_empty() {
            true => "–".to_owned(),
            false => {
                let (m, half) = mean(&whole.iter().zip(&all).map(|(w, a)| w - a).collect::<Vec<_>>());
                format!("{m:+.3} ± {half:.3}")
            }
        };
        println!("| {name} | {} | {:.3} | {lost} | {:+.3} | {} |", row.join(" | "), mean(&all).0, mean(&beyond).0, used / runs);
        if name == "pareto" {
            whole = all;
        }
    }
}
