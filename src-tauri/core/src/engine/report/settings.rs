//! What runs were told. The same list as the window's, so that both name the same differences.

use std::collections::HashMap;

use super::{metrics, shortened};
use crate::{
    engine::Engine,
    error::Result,
    metric::ExtractRule,
    report::{Block, Report},
    run::{AcceptRule, ModelConfig, Parent, ParentKind, RunConfig, RunSummary, Selection, StrategyKind},
    train::percent,
};

const UNSET: &str = "not set";
const NO_LIMIT: &str = "no limit";

/// One thing that a run was told.
struct Setting {
    name: String,
    value: String,
    /// A text of its own length: the report of a run has it in full elsewhere.
    long: bool,
}

/// Names of connections by their ids.
type Names = HashMap<i64, String>;

impl Engine {
    /// What a run was told, one line each; the texts stand in sections of their own.
    pub(super) async fn add_settings(&self, report: &mut Report, run: &RunSummary) -> Result<()> {
        let names = self.connection_names().await?;
        report.add(Block::Section("Settings".into()));
        let made = self.made_from(run).await.map(|parent| ["made from".to_owned(), parent]);
        let told = settings(run, &names).into_iter().filter(|setting| !setting.long);
        report.table(["setting", "value"], made.into_iter().chain(told.map(|setting| [setting.name, setting.value])).collect());
        report.add(Block::Text { name: "Instructions of the optimizer".into(), text: run.config.optimizer_system_prompt.clone() });
        Ok(())
    }

    /// The settings in which runs differ, a column for each.
    pub(super) async fn add_differences(&self, report: &mut Report, runs: &[&RunSummary]) -> Result<()> {
        let names = self.connection_names().await?;
        let of_each: Vec<Vec<Setting>> = runs.iter().map(|run| settings(run, &names)).collect();
        let Some((first, others)) = of_each.split_first() else { return Ok(()) };
        let row = |(at, setting): (usize, &Setting)| {
            let cells: Vec<&String> =
                std::iter::once(&setting.value).chain(others.iter().filter_map(|other| other.get(at).map(|s| &s.value))).collect();
            let written = |cell: &&String| shortened(cell);
            cells
                .iter()
                .any(|cell| **cell != setting.value)
                .then(|| std::iter::once(setting.name.clone()).chain(cells.iter().map(written)).collect())
        };
        let rows: Vec<Vec<String>> = first.iter().enumerate().filter_map(row).collect();
        report.add(Block::Part("Settings that differ".into()));
        if rows.is_empty() {
            report.add(Block::Paragraph("None.".into()));
        } else {
            let head = std::iter::once("setting".to_owned()).chain(runs.iter().map(|run| run.name.clone())).collect();
            report.add(Block::Table { head, rows });
        }
        Ok(())
    }

    /// The run that a run was made from, in words; none where it stands alone.
    async fn made_from(&self, run: &RunSummary) -> Option<String> {
        let Parent { run, epoch, kind } = run.config.parent?;
        let name = self.run(run).await.map_or_else(|_| "a run that is gone".to_owned(), |parent| format!("“{}”", parent.name));
        Some(match kind {
            ParentKind::TakeOver => format!("epoch {epoch} of {name}, taken over and edited"),
            ParentKind::Branch => format!("epoch {epoch} of {name}, as a branch"),
            ParentKind::Again => format!("{name}, run again"),
            ParentKind::MoreBudget => format!("{name}, with larger limits"),
        })
    }

    async fn connection_names(&self) -> Result<Names> {
        let mut names = Names::new();
        for connection in self.store().all_connections().await? {
            // What the list says now comes before what a run froze.
            names.entry(connection.id).or_insert(connection.name);
        }
        Ok(names)
    }
}

/// What a model is told, and where it is reached.
fn model(of: &str, model: Option<&ModelConfig>, names: &Names) -> Vec<(String, String)> {
    let figure = |value: Option<String>| value.unwrap_or_else(|| UNSET.to_owned());
    let reached = |id: i64| names.get(&id).cloned().unwrap_or_else(|| format!("connection {id}"));
    vec![
        (format!("{of} model"), model.map_or_else(|| "none".to_owned(), |m| m.model.clone())),
        (format!("{of} connection"), figure(model.map(|m| reached(m.connection)))),
        (format!("{of} temperature"), figure(model.and_then(|m| m.temperature).map(|t| t.to_string()))),
        (format!("{of} most output tokens"), figure(model.and_then(|m| m.max_output_tokens).map(|n| n.to_string()))),
        (format!("{of} sampling seed"), figure(model.and_then(|m| m.seed).map(|s| s.to_string()))),
    ]
}

/// The search, with the parts of it that are off.
fn strategy(config: &RunConfig) -> String {
    if config.strategy == StrategyKind::Greedy {
        return "greedy".to_owned();
    }
    let parts = &config.parts;
    let off: Vec<&str> = [
        ("edits", parts.edits),
        ("relevance", parts.relevance),
        ("focus", parts.focus),
        ("front", parts.front),
        ("memory", parts.memory),
        ("racing", parts.racing),
        ("confirmation", parts.confirmation),
        ("examples", parts.examples),
        ("pruning", parts.pruning),
        ("restart", parts.restart),
        ("adaptive", parts.adaptive),
    ]
    .into_iter()
    .filter_map(|(name, on)| (!on).then_some(name))
    .collect();
    if off.is_empty() { "pareto".to_owned() } else { format!("pareto without {}", off.join(", ")) }
}

pub(super) fn extract(rule: Option<&ExtractRule>) -> String {
    match rule {
        None => "the whole response".to_owned(),
        Some(ExtractRule::DropThinking) => "thinking blocks dropped".to_owned(),
        Some(ExtractRule::LastLine) => "last line".to_owned(),
        Some(ExtractRule::Tag { tag }) => format!("between <{tag}> tags"),
        Some(ExtractRule::Regex { pattern }) => format!("regex {pattern}"),
        Some(ExtractRule::JsonPath { path }) => format!("JSON path {path}"),
    }
}

/// Everything a run is told, always the same settings in the same order.
fn settings(run: &RunSummary, names: &Names) -> Vec<Setting> {
    let (config, splits, budget) = (&run.config, run.splits, &run.config.budget);
    let limit = |value: Option<String>| value.unwrap_or_else(|| NO_LIMIT.to_owned());
    let rows = |most: u32| if most == 0 { "all".to_owned() } else { most.to_string() };
    let text = |text: &str| if text.is_empty() { "(empty)" } else { text }.to_owned();
    let significant = config.accept == AcceptRule::Significant;
    let locked: Vec<&str> = config.locked.iter().map(|span| span.text.as_str()).collect();
    let short = |name: &str, value: String| Setting { name: name.to_owned(), value, long: false };
    let long = |name: &str, value: String| Setting { name: name.to_owned(), value, long: true };
    let mut told = vec![
        short("dataset", run.dataset.clone()),
        short("training examples", splits.train.to_string()),
        short("validation examples", splits.validation.to_string()),
        short("test examples", splits.test.to_string()),
        short("seed of the division", config.repeat.map_or_else(|| "the dataset's".to_owned(), |repeat| repeat.split_seed.to_string())),
        long("starting system prompt", text(&config.prompt.system_prompt)),
        long("starting output prompt", text(&config.prompt.output_prompt)),
        short("locked texts", if locked.is_empty() { "none".to_owned() } else { locked.join(" · ") }),
        long("optimizer instructions", text(&config.optimizer_system_prompt)),
    ];
    for (of, known) in [("primary", Some(&config.primary)), ("optimizer", Some(&config.optimizer)), ("judge", config.judge.as_ref())] {
        told.extend(model(of, known, names).into_iter().map(|(name, value)| Setting { name, value, long: false }));
    }
    let early_stop = match (significant, config.early_stop) {
        (true, _) => "not under this rule",
        (false, true) => "on",
        (false, false) => "off",
    };
    let select = match config.select {
        Selection::Worst => "worst",
        Selection::Mixed => "mixed",
        Selection::Random => "random",
    };
    told.extend([
        short("metric", metrics(config)),
        short("match from", config.match_threshold.to_string()),
        short("answer", extract(config.extract.as_ref())),
        short("strategy", strategy(config)),
        short("early stop of a validation", early_stop.to_owned()),
        short("accept", if significant { format!("significant, alpha {}", config.alpha) } else { "any gain".to_owned() }),
        short("most epochs", config.epochs.to_string()),
        short("examples shown", config.examples.to_string()),
        short("which examples", select.to_owned()),
        short("patience", if config.patience == 0 { NO_LIMIT.to_owned() } else { config.patience.to_string() }),
        short("target", config.target_score.map_or_else(|| UNSET.to_owned(), percent)),
        short("calls at once", config.concurrency.to_string()),
        short("answers per example", config.samples.to_string()),
        short("seed", config.seed.to_string()),
        short("uses bought answers", if config.use_cache { "yes" } else { "no" }.to_owned()),
        short("most calls", limit(budget.max_calls.map(|n| n.to_string()))),
        short("most tokens", limit(budget.max_tokens.map(|n| n.to_string()))),
        short("most dollars", limit(budget.max_cost.map(|c| c.to_string()))),
        short("most seconds", limit(budget.max_seconds.map(|s| s.to_string()))),
        short("most training examples", rows(config.train_rows)),
        short("most validation examples", rows(config.validation_rows)),
        short("most test examples", rows(config.test_rows)),
        short("longest prompt", config.max_prompt_chars.to_string()),
    ]);
    told
}
