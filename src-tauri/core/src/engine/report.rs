//! A run as a report: what it came to, how sure that is, what happened, what it was asked and what it cost.

mod epochs;
mod facts;
mod measure;
mod pair;
mod prompts;
mod set;
mod settings;

use super::{Engine, meaning::Meant};
use crate::{
    api::{RunId, RunView},
    error::Result,
    prompt::Prompt,
    report::{Block, Report},
    run::{Gain, ModelConfig, NextAction, RoleUsage, RunConfig, RunStatus, RunSummary, simulated_words},
    stats::Score,
    train::{self, percent, points},
};
pub(super) use epochs::decision;
use epochs::{curve, epoch_table};

impl Engine {
    /// A run from its result to its settings.
    pub(super) async fn run_report(&self, view: &RunView) -> Result<Report> {
        let run = &view.summary;
        let (first, best) = self.run_prompts(run.id).await?;
        let mut report = Report::new(&run.name).written(self.moment());
        self.add_facts(&mut report, &[run]).await?;
        self.add_result(&mut report, view).await?;
        report.add(Block::Curve(curve(view)));
        if run.status == RunStatus::Completed && run.best.test.is_some() {
            self.add_certificate(&mut report, view).await?;
        }
        report.add(Block::Section(format!("Best prompts (epoch {})", run.best.epoch))).prompt(&best);
        if run.best.epoch > 0 {
            report.add(Block::Section("What changed from the first prompts to the best".into())).change(&first, &best);
        }
        self.add_epochs(&mut report, view).await?;
        report.add(Block::Section("First prompts".into())).prompt(&first);
        self.add_settings(&mut report, run).await?;
        report.add(Block::Section("Cost".into()));
        add_usage(&mut report, run);
        if !view.warnings.is_empty() {
            report.add(Block::Section("Warnings".into())).add(Block::List(view.warnings.clone()));
        }
        Ok(report)
    }

    async fn add_result(&self, report: &mut Report, view: &RunView) -> Result<()> {
        let run = &view.summary;
        add_simulated(report, &[run]);
        if let Some(verdict) = &view.verdict {
            report.add(Block::Verdict(verdict.clone()));
        }
        if let Some(reason) = &run.stop_reason {
            report.add(Block::Paragraph(reason.clone()));
        }
        add_scores(report, run);
        let outcome = self.run_outcome(RunId { run: run.id }).await?;
        let test = train::test_name(run.test_opened_before);
        let gains = [("Validation", outcome.validation), (test, outcome.test)];
        let gains: Vec<String> = gains.into_iter().filter_map(|(split, gain)| Some(gain_words(split, &gain?))).collect();
        if !gains.is_empty() {
            report.add(Block::List(gains));
        }
        report.add(Block::Paragraph(format!(
            "{} calls, {} answers from disk, {} {} missing.",
            run.usage.calls,
            run.usage.cached,
            run.usage.failed,
            if run.usage.failed == 1 { "example" } else { "examples" },
        )));
        // That a gain holds is a finding, not something to do.
        let (found, next): (Vec<_>, Vec<_>) = outcome.next.into_iter().partition(|step| step.action == NextAction::UsePrompts);
        for step in found {
            report.add(Block::Paragraph(step.reason));
        }
        if !next.is_empty() {
            report.add(Block::Part("What would help most now".into()));
            report.add(Block::List(next.into_iter().map(|step| step.reason).collect()));
        }
        Ok(())
    }

    /// Every epoch with its decision, its reasons and what it changed.
    async fn add_epochs(&self, report: &mut Report, view: &RunView) -> Result<()> {
        report.add(Block::Section("Epochs".into()));
        epoch_table(report, view);
        let run = view.summary.id;
        let edits = self.store().edits(run).await?;
        for epoch in self.store().epochs(run).await?.into_iter().filter(|e| e.summary.epoch > 0) {
            let number = epoch.summary.epoch;
            // Those of one epoch at a time: each has all that was exchanged for it.
            let proposals = self.store().proposals_of(run, number).await?;
            let meant = self.meant(run, &epoch, &proposals, &edits).await?;
            report.add(Block::Part(format!("Epoch {number}: {}", decision(&epoch.summary))));
            report.add(Block::Paragraph(epoch.summary.reason.clone()));
            if let Some(mark) = view.marks.iter().find(|m| m.epoch == number && !m.note.is_empty()) {
                report.add(Block::Paragraph(format!("Note: {}", mark.note)));
            }
            add_reasons(report, &meant);
            if let Some(after) = meant.proposed {
                let before: Prompt = self.store().prompt_text(epoch.before).await?;
                report.change(&before, &after);
            }
        }
        Ok(())
    }
}

fn add_reasons(report: &mut Report, meant: &Meant) {
    let reasons = [
        ("The optimizer", &meant.explanation),
        ("On the system prompt", &meant.system_reasoning),
        ("On the output prompt", &meant.output_reasoning),
    ];
    let said: Vec<String> =
        reasons.into_iter().filter(|(_, text)| !text.trim().is_empty()).map(|(who, text)| format!("{who}: {}", text.trim())).collect();
    if !said.is_empty() {
        report.add(Block::List(said));
    }
}

/// Says which runs are simulated, if any, and what that means.
pub(super) fn add_simulated(report: &mut Report, runs: &[&RunSummary]) {
    let simulated: Vec<&RunSummary> = runs.iter().copied().filter(|run| !run.simulated_roles.is_empty()).collect();
    let Some(words) = simulated_words(simulated.iter().copied()) else { return };
    report.add(Block::Caution(if simulated.len() == runs.len() {
        words.into()
    } else {
        let names: Vec<&str> = simulated.iter().map(|run| run.name.as_str()).collect();
        format!("{words} That is so for {}.", names.join(", "))
    }));
}

/// Says what makes the test scores of these runs less than proof: examples opened by an earlier run, or that training knew.
fn add_cautions_of_test(report: &mut Report, runs: &[&RunSummary]) {
    for run in runs.iter().filter(|run| run.best.test.is_some() && run.test_opened_before > 0) {
        let opened = train::opened_before(run.test_opened_before, run.splits.test);
        report.add(Block::Caution(if runs.len() == 1 { opened } else { format!("{}: {opened}", run.name) }));
    }
    for run in runs.iter().filter(|run| run.best.test.is_some()) {
        let Some(known) = train::not_independent(run) else { continue };
        report.add(Block::Caution(if runs.len() == 1 { known } else { format!("{}: {known}", run.name) }));
    }
}

/// A test figure of a run, and whether its test split was sealed until then.
fn test_score(run: &RunSummary, test: Option<Score>) -> String {
    score(test) + if test.is_some() && run.test_opened_before > 0 { ", opened before" } else { "" }
}

/// What a run came to on each split.
fn add_scores(report: &mut Report, run: &RunSummary) {
    let row = |name: String, train, validation, test| [name, score(train), score(validation), test_score(run, test)];
    report.table(
        ["", "train", "validation", "test"],
        vec![
            row("baseline".into(), run.baseline.train, run.baseline.validation, run.baseline.test),
            row(format!("best (epoch {})", run.best.epoch), run.best.train, run.best.validation, run.best.test),
        ],
    );
}

/// A p value in words.
pub(super) fn chance(p: f64) -> String {
    if p < 0.0001 { "p < 0.0001".into() } else { format!("p = {p:.4}") }
}

/// A difference with its interval.
pub(super) fn difference(delta: f64, low: f64, high: f64) -> String {
    format!("{} (95 % interval {} to {})", points(delta), points(low), points(high))
}

fn gain_words(split: &str, gain: &Gain) -> String {
    format!(
        "{split}: {}, {} fixed, {} broken of {}, {}.",
        difference(gain.delta, gain.low, gain.high),
        gain.fixed,
        gain.broken,
        gain.n,
        chance(gain.p)
    )
}

pub(super) fn score(score: Option<Score>) -> String {
    score.map_or_else(
        || "not measured".into(),
        |s| {
            let missing = if s.missing > 0 { format!(", {} missing", s.missing) } else { String::new() };
            format!("{} ({} to {}, n = {}{missing})", percent(s.score), percent(s.low), percent(s.high), s.n)
        },
    )
}

/// The metrics with their weights.
fn metrics(config: &RunConfig) -> String {
    let words: Vec<String> = config.metrics.iter().map(|m| format!("{} (weight {})", m.metric, m.weight)).collect();
    words.join(", ")
}

/// Characters of a cell or an answer.
const MOST_CHARS: usize = 300;

/// The beginning of a text that is only quoted.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A model with what is sent along.
fn model(config: &ModelConfig) -> String {
    let mut words = vec![config.model.clone()];
    words.extend(config.temperature.map(|t| format!("temperature {t}")));
    words.extend(config.max_output_tokens.map(|n| format!("at most {n} output tokens")));
    words.extend(config.seed.map(|s| format!("seed {s}")));
    words.join(", ")
}

/// Dollars, or that they are not known.
fn dollars(cost: Option<f64>) -> String {
    cost.map_or_else(|| "unknown".into(), |cost| format!("{cost:.4}"))
}

fn add_usage(report: &mut Report, run: &RunSummary) {
    let row = |name: &str, usage: &RoleUsage| {
        [
            name.to_owned(),
            usage.calls.to_string(),
            usage.cached.to_string(),
            usage.retries.to_string(),
            usage.prompt_tokens.to_string(),
            usage.completion_tokens.to_string(),
            dollars(usage.cost),
        ]
    };
    let (roles, all) = (&run.usage.by_role, &run.usage);
    report.table(
        ["", "calls", "from disk", "retries", "tokens in", "tokens out", "dollars"],
        vec![
            row("primary", &roles.primary),
            row("optimizer", &roles.optimizer),
            row("judge", &roles.judge),
            [
                "all".into(),
                all.calls.to_string(),
                all.cached.to_string(),
                all.retries.to_string(),
                all.prompt_tokens.to_string(),
                all.completion_tokens.to_string(),
                dollars(all.cost),
            ],
        ],
    );
    let estimated = if all.estimated > 0 { format!(" Tokens of {} calls are estimated.", all.estimated) } else { String::new() };
    report.add(Block::Paragraph(format!("Driven for {}.{estimated}", lasting(run.active_ms))));
}

/// How long something took.
fn lasting(ms: u64) -> String {
    match ms as f64 / 1000.0 {
        seconds if seconds < 99.95 => format!("{seconds:.1} seconds"),
        seconds if seconds < 5_997.0 => format!("{:.1} minutes", seconds / 60.0),
        seconds => format!("{:.1} hours", seconds / 3600.0),
    }
}
