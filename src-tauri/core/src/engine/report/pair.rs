//! Two prompts of runs as a report: which one is better, how sure that is, on which examples they part, and what sets them apart.

use super::{add_cautions_of_test, add_scores, add_simulated, add_usage, chance, epochs::add_curve, measure::caution_of, score, shortened};
use crate::{
    api::{Compare, ExportComparison, RunId, RunView, TextBody},
    dataset::Split,
    engine::{Engine, door},
    error::Result,
    metric::Confusion,
    report::{Block, RangeChart, RangeRow, Report},
    run::{Bucket, ComparedExample, Comparison, Prediction, RunSummary, has_simulated_scores},
};

/// Rows of a kind that are written out; a report is read, not searched.
const MOST_ROWS: usize = 25;
/// Confusions that are written out, the most frequent first.
const MOST_CONFUSIONS: usize = 40;

impl Engine {
    /// A comparison as one report.
    #[door]
    pub async fn export_comparison(&self, request: ExportComparison) -> Result<TextBody> {
        let ExportComparison { first, second, split, format } = request;
        let compared = self.compare(Compare { first, second, split }).await?;
        let mut views = vec![self.get_run(RunId { run: first.run }).await?];
        if second.run != first.run {
            views.push(self.get_run(RunId { run: second.run }).await?);
        }
        let report = self.pair_report(&views, &compared).await?;
        report.in_format(&format).map(|text| TextBody { text })
    }

    /// `views` has both runs, or the one that both prompts are of.
    async fn pair_report(&self, views: &[RunView], compared: &Comparison) -> Result<Report> {
        let runs: Vec<&RunSummary> = views.iter().map(|view| &view.summary).collect();
        let (Some(one), Some(other)) = (runs.first(), runs.last()) else { return Ok(Report::new("Nothing")) };
        let names = [(one, compared.first_epoch), (other, compared.second_epoch)]
            .map(|(run, epoch)| format!("{}, {}", run.name, epoch_words(epoch.unwrap_or(run.best.epoch))));
        let mut report = Report::new(format!("{} against {}", names[1], names[0])).written(self.moment());
        add_simulated(&mut report, &runs);
        add_verdict(&mut report, compared);
        let caution = caution_of(one, other);
        let sides = Sides { names: &names, simulated: [one, other].map(|run| has_simulated_scores(run)), unlike: caution.is_some() };
        report.blocks.extend(caution.map(Block::Caution));
        if compared.split == Split::Test {
            add_cautions_of_test(&mut report, &runs);
        }
        add_outcome(&mut report, &sides, compared);
        self.add_facts(&mut report, &runs).await?;
        add_rows(&mut report, compared);
        add_labels(&mut report, compared);
        add_prompts(&mut report, &names, compared);
        if runs.len() > 1 {
            report.add(Block::Section("Settings".into()));
            self.add_differences(&mut report, &runs).await?;
        }
        for view in views {
            let run = &view.summary;
            report.add(Block::Section(format!("Run {}", run.name)));
            add_simulated(&mut report, &[run]);
            add_cautions_of_test(&mut report, &[run]);
            add_scores(&mut report, run);
            report.add(Block::Part(format!("Epochs of {}", run.name)));
            add_curve(&mut report, view);
            report.add(Block::Part(format!("Cost of {}", run.name)));
            add_usage(&mut report, run);
        }
        Ok(report)
    }
}

fn epoch_words(epoch: u32) -> String {
    if epoch == 0 { "baseline".into() } else { format!("epoch {epoch}") }
}

/// Which is better, and how sure that is.
pub(super) fn add_verdict(report: &mut Report, compared: &Comparison) {
    let split = if compared.split == Split::Test { "test" } else { "validation" };
    let verdict = format!("The second against the first, on the {split} split: {}.", compared.verdict.trim_end_matches('.'));
    report.add(Block::Verdict(verdict));
}

/// What a report says of the two sides of a comparison.
pub(super) struct Sides<'a> {
    pub names: &'a [String; 2],
    /// Whose scores are the demo model's.
    pub simulated: [bool; 2],
    /// The second is measured otherwise than the first.
    pub unlike: bool,
}

/// Both scores, and what changed sides.
pub(super) fn add_outcome(report: &mut Report, &Sides { names, simulated, unlike }: &Sides<'_>, compared: &Comparison) {
    let scores = [compared.first_score, compared.second_score];
    let mark = ["", if unlike { "≠ " } else { "" }];
    report.table(
        ["", "prompts", "score on the common examples"],
        [0, 1]
            .map(|side| [["first", "second"][side].to_owned(), names[side].clone(), mark[side].to_owned() + &score(scores[side])])
            .to_vec(),
    );
    let range = |side: usize| {
        let (name, simulated) = (names[side].clone(), simulated[side]);
        scores[side].map(|s| RangeRow { name, simulated, unlike: unlike && side == 1, score: s.score, ends: (s.low, s.high) })
    };
    let rows: Vec<RangeRow> = [range(0), range(1)].into_iter().flatten().collect();
    if !rows.is_empty() {
        report.add(Block::Ranges(RangeChart { caption: None, rows }));
    }
    let buckets = compared.buckets;
    report.table(
        ["fixed", "broken", "still wrong", "still right", "not compared"],
        vec![[buckets.fixed, buckets.broken, buckets.still_wrong, buckets.still_right, buckets.not_compared].map(|n| n.to_string())],
    );
    if let Some(p) = compared.p {
        report.add(Block::Paragraph(format!(
            "Two-sided and paired, {}. Examples that are missing on a side, or were asked on one side alone, are compared on neither.",
            chance(p)
        )));
    }
}

/// What changed from one side to the other, and both in full.
pub(super) fn add_prompts(report: &mut Report, names: &[String; 2], compared: &Comparison) {
    report.add(Block::Section("What changed from the first prompts to the second".into())).change(&compared.first, &compared.second);
    if compared.first == compared.second {
        report.add(Block::Paragraph("Nothing: both are the same.".into()));
    }
    for (side, prompt) in [&compared.first, &compared.second].into_iter().enumerate() {
        report.add(Block::Section(format!("Prompts of {}", names[side]))).prompt(prompt);
    }
}

/// The examples on which the two part, with what each answered.
pub(super) fn add_rows(report: &mut Report, compared: &Comparison) {
    let kinds = [(Bucket::Fixed, "Fixed: right only under the second"), (Bucket::Broken, "Broken: right only under the first")];
    for (bucket, name) in kinds {
        let of_kind: Vec<&ComparedExample> = compared.rows.iter().filter(|row| row.bucket == bucket).collect();
        if of_kind.is_empty() {
            continue;
        }
        report.add(Block::Section(name.into()));
        if of_kind.len() > MOST_ROWS {
            report.add(Block::Paragraph(format!("The first {MOST_ROWS} of {}.", of_kind.len())));
        }
        let answer = |prediction: &Option<Prediction>| prediction.as_ref().map(|p| shortened(&p.answer)).unwrap_or_default();
        let row = |row: &&ComparedExample| {
            let example = &row.example;
            [
                example.number.to_string(),
                shortened(&example.user_input),
                shortened(&example.ground_truth_output),
                answer(&row.before),
                answer(&row.after),
            ]
        };
        let rows = of_kind.iter().take(MOST_ROWS).map(row).collect();
        report.table(["row", "input", "ground truth", "answer under the first", "answer under the second"], rows);
    }
}

/// Right answers by label and what was taken for what, where the metric has labels.
pub(super) fn add_labels(report: &mut Report, compared: &Comparison) {
    let (Some(first), Some(second)) = (&compared.first_confusion, &compared.second_confusion) else { return };
    let count = |confusion: &Confusion, truth: usize, answer: usize| {
        confusion.counts.get(truth).and_then(|row| row.get(answer)).copied().unwrap_or(0)
    };
    let right = |(at, label): (usize, &String)| {
        let all: u32 = first.counts.get(at)?.iter().sum();
        Some([label.clone(), all.to_string(), count(first, at, at).to_string(), count(second, at, at).to_string()])
    };
    report.add(Block::Section("Labels".into()));
    report.table(
        ["true label", "examples", "right under the first", "right under the second"],
        first.labels.iter().enumerate().filter_map(right).collect(),
    );
    let answered = |at: usize| first.labels.get(at).map_or("no label", String::as_str);
    let mut confused: Vec<(u32, [String; 4])> = Vec::new();
    for (truth, label) in first.labels.iter().enumerate() {
        for answer in (0..=first.labels.len()).filter(|answer| *answer != truth) {
            let (before, after) = (count(first, truth, answer), count(second, truth, answer));
            if before + after > 0 {
                confused.push((before + after, [label.clone(), answered(answer).to_owned(), before.to_string(), after.to_string()]));
            }
        }
    }
    confused.sort_by_key(|(all, _)| std::cmp::Reverse(*all));
    report.add(Block::Part("Confusions".into()));
    match confused.len() {
        0 => report.add(Block::Paragraph("None under either.".into())),
        more if more > MOST_CONFUSIONS => report.add(Block::Paragraph(format!("The {MOST_CONFUSIONS} most frequent of {more}."))),
        _ => report,
    };
    if !confused.is_empty() {
        let rows = confused.into_iter().take(MOST_CONFUSIONS).map(|(_, row)| row).collect();
        report.table(["true label", "answered", "under the first", "under the second"], rows);
    }
}
