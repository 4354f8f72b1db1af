//! The strategies, and `pareto` with each part switched off, on the three plain tasks at equal calls.

use mlprompt_core::run::{SearchParts, StrategyKind};

use crate::{
    figures::{ahead, mean},
    measure::{self, Setting},
    number,
    tasks::{Kind, Task},
};

const CALLS: u64 = 1_500;

/// One variant: its name and what it changes.
pub type Variant = (&'static str, fn(&mut SearchParts));

/// Each part switched off.
pub const WITHOUT: [Variant; 11] = [
    ("edits", |p| p.edits = false),
    ("relevance", |p| p.relevance = false),
    ("focus", |p| p.focus = false),
    ("front", |p| p.front = false),
    ("memory", |p| p.memory = false),
    ("racing", |p| p.racing = false),
    ("confirmation", |p| p.confirmation = false),
    ("examples", |p| p.examples = false),
    ("pruning", |p| p.pruning = false),
    ("restart", |p| p.restart = false),
    ("adaptive", |p| p.adaptive = false),
];

/// Prints the table; with names, of the whole search and the variants with one of them in theirs.
pub async fn print(first: u64, seeds: u64, names: &[String]) {
    let calls = number("CALLS").unwrap_or(CALLS);
    let seeds = first..first + seeds;
    println!(
        "100 training and 100 validation examples, {calls} calls, seeds {first} to {}; score without noise of the returned prompt\n",
        seeds.end - 1
    );
    println!(
        "| variant | labels | format | extraction | mean | whole search minus this, paired | reported minus true | calls used | tokens |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let wanted = |name: &str| names.is_empty() || names.iter().any(|n| name.contains(n.as_str()));
    let mut variants: Vec<(String, StrategyKind, SearchParts)> = vec![("pareto".into(), StrategyKind::Pareto, SearchParts::default())];
    for (name, change) in WITHOUT.into_iter().filter(|(name, _)| wanted(name)) {
        let mut parts = SearchParts::default();
        change(&mut parts);
        variants.push((format!("without {name}"), StrategyKind::Pareto, parts));
    }
    if wanted("greedy") {
        variants.push(("greedy".into(), StrategyKind::Greedy, SearchParts::default()));
    }
    let mut whole: Vec<f64> = Vec::new();
    for (name, strategy, parts) in variants {
        let setting = Setting { strategy, parts, ..Setting::with_calls(calls) };
        let (mut row, mut all) = (Vec::new(), Vec::new());
        for kind in [Kind::Labels, Kind::Format, Kind::Extraction] {
            let mut of_kind = Vec::new();
            for seed in seeds.clone() {
                of_kind.push(measure::run(Task::new(kind, seed), setting).await);
            }
            row.push(mean(&of_kind.iter().map(|f| f.worth).collect::<Vec<_>>()).text(3));
            all.extend(of_kind);
        }
        let worths: Vec<f64> = all.iter().map(|f| f.worth).collect();
        let lost = if whole.is_empty() { "–".to_owned() } else { ahead(&whole, &worths).signed(3) };
        let of = |figure: fn(&measure::Figures) -> f64| mean(&all.iter().map(figure).collect::<Vec<_>>()).mean;
        println!(
            "| {name} | {} | {:.3} | {lost} | {:+.3} | {:.0} | {:.0} |",
            row.join(" | "),
            mean(&worths).mean,
            of(|f| f.beyond),
            of(|f| f.calls),
            of(|f| f.tokens)
        );
        if whole.is_empty() {
            whole = worths;
        }
    }
    println!();
}
