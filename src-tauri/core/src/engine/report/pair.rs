//! Two prompts of runs as a report: which one is better, how sure that is, and what sets them apart.

use super::{add_usage, chance, metric_words, score, settings, simulated};
use crate::{
    api::{Compare, ExportComparison, TextBody},
    dataset::Split,
    engine::Engine,
    error::{Error, Result},
    metric::Confusion,
    report::{Block, RangeChart, RangeRow, Report},
    run::{Comparison, RunSummary},
};

impl Engine {
    /// A comparison as one report.
    pub async fn export_comparison(&self, request: ExportComparison) -> Result<TextBody> {
        let ExportComparison { first, second, split, format } = request;
        let compared = self.compare(Compare { first, second, split }).await?;
        let sides = [self.run(first.run).await?, self.run(second.run).await?];
        let report = pair_report(&sides, &compared);
        let text = match format.as_str() {
            "md" => report.markdown(),
            "html" => report.html(),
            other => return Err(Error::invalid(format!("There is no format \"{other}\" for a comparison; choose md or html."))),
        };
        Ok(TextBody { text })
    }
}

fn epoch_words(epoch: u32) -> String {
    if epoch == 0 { "baseline".into() } else { format!("epoch {epoch}") }
}

fn pair_report(runs: &[RunSummary; 2], compared: &Comparison) -> Report {
    let epochs = [compared.first_epoch, compared.second_epoch];
    let names = [0, 1].map(|side| format!("{}, {}", runs[side].name, epoch_words(epochs[side])));
    let split = if compared.split == Split::Test { "test" } else { "validation" };
    let mut report = Report::new(format!("{} against {}", names[1], names[0]));
    if runs.iter().any(|run| run.simulated) {
        report.add(simulated());
    }
    let verdict = format!("The second against the first, on the {split} split: {}.", compared.verdict.trim_end_matches('.'));
    report.add(Block::Verdict(verdict));
    if let Some(caution) = measured_differently(runs) {
        report.add(Block::Caution(caution));
    }
    let scores = [compared.first_score, compared.second_score];
    report.table(
        ["", "prompts", "score on the common examples"],
        [0, 1].map(|side| [["first", "second"][side].to_owned(), names[side].clone(), score(scores[side])]).to_vec(),
    );
    let range = |side: usize| scores[side].map(|s| RangeRow { name: names[side].clone(), score: s.score, ends: (s.low, s.high) });
    let rows: Vec<RangeRow> = [range(0), range(1)].into_iter().flatten().collect();
    if !rows.is_empty() {
        report.add(Block::Ranges(RangeChart { rows }));
    }
    let buckets = compared.buckets;
    report.table(
        ["fixed", "broken", "still wrong", "still right", "not compared"],
        vec![[buckets.fixed, buckets.broken, buckets.still_wrong, buckets.still_right, buckets.not_compared].map(|n| n.to_string())],
    );
    if let Some(p) = compared.p {
        report.add(Block::Paragraph(format!(
            "Two-sided and paired, {}. Examples that are missing on a side are compared on neither.",
            chance(p)
        )));
    }
    report.add(Block::Section("What changed from the first prompts to the second".into())).change(&compared.first, &compared.second);
    if compared.first == compared.second {
        report.add(Block::Paragraph("Nothing: both are the same.".into()));
    }
    for (side, prompt) in [&compared.first, &compared.second].into_iter().enumerate() {
        report.add(Block::Section(format!("Prompts of {}", names[side]))).prompt(prompt);
    }
    add_labels(&mut report, compared);
    add_settings_that_differ(&mut report, runs);
    for run in if runs[0].id == runs[1].id { &runs[..1] } else { &runs[..] } {
        report.add(Block::Section(format!("Run {}", run.name)));
        report.table(
            ["", "train", "validation", "test"],
            vec![
                ["baseline".into(), score(run.baseline.train), score(run.baseline.validation), score(run.baseline.test)],
                [format!("best (epoch {})", run.best.epoch), score(run.best.train), score(run.best.validation), score(run.best.test)],
            ],
        );
        add_usage(&mut report, run);
    }
    report
}

/// Right answers by label, where the metric has labels.
fn add_labels(report: &mut Report, compared: &Comparison) {
    let (Some(first), Some(second)) = (&compared.first_confusion, &compared.second_confusion) else { return };
    let right = |confusion: &Confusion, at: usize| {
        let row = confusion.counts.get(at)?;
        let all: u32 = row.iter().sum();
        Some((row.get(at).copied().unwrap_or(0), all))
    };
    let rows: Vec<[String; 4]> = first
        .labels
        .iter()
        .enumerate()
        .filter_map(|(at, label)| {
            let ((before, all), (after, _)) = (right(first, at)?, right(second, at)?);
            Some([label.clone(), all.to_string(), before.to_string(), after.to_string()])
        })
        .collect();
    report.add(Block::Section("Labels".into()));
    report.table(["true label", "examples", "right under the first", "right under the second"], rows);
}

/// Why a difference of the two scores says little of the prompts, where it does.
fn measured_differently(runs: &[RunSummary; 2]) -> Option<String> {
    let [first, second] = [0, 1].map(|side| &runs[side]);
    let mut reasons = Vec::new();
    let [one, other] = [first, second].map(|run| metric_words(&run.config));
    if one != other {
        reasons.push(format!("the first is scored by {one}, the second by {other}"));
    }
    let [one, other] = [first, second].map(|run| run.config.match_threshold);
    if one != other {
        reasons.push(format!("the first counts a score from {one} as a match, the second from {other}"));
    }
    if first.dataset != second.dataset {
        reasons.push(format!("the first was trained on {}, the second on {}", first.dataset, second.dataset));
    }
    let reasons = reasons.join("; ");
    (!reasons.is_empty()).then(|| format!("The two are measured differently: {reasons}. The difference need not come from the prompts."))
}

fn add_settings_that_differ(report: &mut Report, runs: &[RunSummary; 2]) {
    let [first, second] = [0, 1].map(|side| settings(&runs[side].config));
    let rows: Vec<[String; 3]> =
        first.into_iter().zip(second).filter(|((_, a), (_, b))| a != b).map(|((name, a), (_, b))| [name.to_owned(), a, b]).collect();
    report.add(Block::Section("Settings that differ".into()));
    if rows.is_empty() {
        report.add(Block::Paragraph("None.".into()));
    } else {
        report.table(["setting", "first", "second"], rows);
    }
}
