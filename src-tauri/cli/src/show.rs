//! Figures for people on a terminal.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mlprompt_core::{
    Result,
    api::RunId,
    calls::grouped,
    clock::day,
    engine::Engine,
    report::{beginning, shown},
    run::{Decision, EpochSummary, NextAction, Phase, RunEvent, RunStatus, SplitScores},
    stats::{Score, Spread},
    train::percent,
};

use crate::out::say;

/// Characters of a text that is shown on one line.
const LINE: usize = 80;

/// Characters of a name in a table.
const NAME: usize = 48;

/// Text whose control characters and marks of direction are signs: what a file or a server says must not steer the terminal, nor turn
/// round what stands beside it.
pub fn plain(text: &str) -> String {
    shown(text).into_owned()
}

/// The same on one line and not too long: the beginning of a row.
pub fn line(text: &str) -> String {
    beginning(text, LINE)
}

/// A name as a table has room for it.
pub fn name(text: &str) -> String {
    beginning(text, NAME)
}

/// `1 example`, `1,000 examples`.
pub fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// Name of a run from its time: `run 2026-03-01 14:05:09`, in UTC.
pub fn time_name(unix_ms: i64) -> String {
    let days = unix_ms.div_euclid(86_400_000);
    let seconds = unix_ms.rem_euclid(86_400_000) / 1000;
    format!("run {} {:02}:{:02}:{:02}", day(days), seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A score with its interval: `71.5% (65.0 to 77.3, n = 200)`.
pub fn score(score: Option<Score>) -> String {
    match score {
        None => "not measured".into(),
        Some(s) => {
            let missing = if s.missing > 0 { format!(", {} missing", s.missing) } else { String::new() };
            format!("{} ({:.1} to {:.1}, n = {}{missing})", percent(s.score), s.low * 100.0, s.high * 100.0, s.n)
        }
    }
}

/// Figures of several runs: `71.5% ± 2.1 (68.0 to 74.0)`.
pub fn spread(spread: Option<Spread>) -> String {
    match spread {
        None => "not measured".into(),
        Some(s) => {
            let around = s.spread.map_or(String::new(), |spread| format!(" ± {:.1}", spread * 100.0));
            format!("{}{around} ({:.1} to {:.1})", percent(s.mean), s.low * 100.0, s.high * 100.0)
        }
    }
}

/// A status as a word.
pub fn status(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Queued => "queued",
        RunStatus::Running => "running",
        RunStatus::Paused => "paused",
        RunStatus::Completed => "completed",
        RunStatus::Cancelled => "cancelled",
        RunStatus::Failed => "failed",
        RunStatus::Interrupted => "interrupted",
    }
}

/// A decision as a word.
pub fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Baseline => "baseline",
        Decision::Accepted => "accepted",
        Decision::Rejected => "rejected",
        Decision::Invalid => "invalid",
    }
}

/// A table with aligned columns; the first row is its head.
pub fn table(rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| plain(cell).replace(['\n', '\t'], " ")).collect()).collect();
    let width = |column: usize| rows.iter().filter_map(|r| r.get(column)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
    rows.iter()
        .map(|row| {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            format!("{}\n", cells.join("  ").trim_end())
        })
        .collect()
}

/// The three scores of a prompt as a table row.
pub fn score_row(name: String, scores: SplitScores) -> Vec<String> {
    vec![name, score(scores.train), score(scores.validation), score(scores.test)]
}

/// What would help most after a run that has ended, the best first, with the command for it where there is one.
pub async fn next_steps(engine: &Engine, run: i64) -> Result<()> {
    let next = engine.run_outcome(RunId { run }).await?.next;
    if !next.is_empty() {
        say!("\nWhat to do next:");
    }
    for step in next {
        let command = match step.action {
            NextAction::RetryMissing => format!(" mlprompt-cli retry {run}"),
            NextAction::UsePrompts => format!(" mlprompt-cli ship {run}"),
            _ => String::new(),
        };
        say!("- {}{command}", plain(&step.reason));
    }
    Ok(())
}

/// Shows a run while it goes on: a bar on a terminal, a line per epoch everywhere.
pub struct Live {
    bar: ProgressBar,
}

impl Live {
    /// A bar when the output is a terminal.
    pub fn new() -> Self {
        let target = if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template("{msg:28} {bar:32} {pos}/{len}") {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// Shows an event.
    pub fn event(&self, event: &RunEvent) {
        match event {
            RunEvent::Started { run, config, splits, estimate, resumed } => {
                let verb = if *resumed { "Resumed" } else { "Started" };
                self.line(format!(
                    "{verb} run {run} \"{}\": {} training, {} validation, {} test examples; {} to {} calls without retries.",
                    config.name, splits.train, splits.validation, splits.test, estimate.calls_low, estimate.calls_high
                ));
                for warning in &estimate.warnings {
                    self.line(format!("Note: {warning}"));
                }
            }
            RunEvent::Progress { epoch, phase, done, total, .. } => {
                let phase = match phase {
                    Phase::Train => "training examples",
                    Phase::Propose => "optimizer",
                    Phase::Validate => "validating",
                    Phase::Decide => "deciding",
                    Phase::Test => "test split",
                };
                self.bar.set_length(u64::from(*total));
                self.bar.set_position(u64::from(*done));
                self.bar.set_message(format!("epoch {epoch}, {phase}"));
            }
            RunEvent::Epoch { summary, .. } => self.line(epoch_line(summary)),
            RunEvent::Warning { message, .. } => self.line(format!("Note: {message}")),
            RunEvent::Paused { reason, .. } => self.line(format!("Paused: {reason}")),
            RunEvent::Proposal { .. } | RunEvent::Finished { .. } => {}
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn line(&self, text: String) {
        let text = plain(&text);
        self.bar.suspend(|| say!("{text}"));
    }
}

fn epoch_line(epoch: &EpochSummary) -> String {
    let scored = match epoch.validation {
        Some(s) => format!("validation {}", score(Some(s))),
        None => "validation not measured".into(),
    };
    format!("Epoch {:>2}  {:<9} {scored}  {}", epoch.epoch, decision(epoch.decision), epoch.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_after_its_time() {
        assert_eq!(time_name(0), "run 1970-01-01 00:00:00");
        assert_eq!(time_name(1_772_373_909_000), "run 2026-03-01 14:05:09");
        assert_eq!(time_name(1_709_164_800_000), "run 2024-02-29 00:00:00");
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\nc"), "a\u{241b}[31mb\nc");
    }
}
