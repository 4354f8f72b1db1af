//! Several runs side by side as a report: the run set of Compare, readable without the program.

use super::{
    add_cautions_of_test, add_simulated, add_usage,
    epochs::add_curve,
    measure::{by_scoring, scoring, unlike},
    score, test_score,
};
use crate::{
    api::{ExportRuns, RunId, TextBody},
    engine::{Engine, door},
    error::{Error, Result},
    report::{Block, RangeChart, RangeRow, Report},
    run::{RunSummary, has_simulated_scores},
};

/// More runs than these make a page that nobody reads.
const MOST_RUNS: usize = 50;

impl Engine {
    /// Several runs as one report.
    #[door]
    pub async fn export_runs(&self, request: ExportRuns) -> Result<TextBody> {
        let ExportRuns { runs, baseline, format } = request;
        if runs.is_empty() || runs.len() > MOST_RUNS {
            return Err(Error::invalid(format!("A report takes 1 to {MOST_RUNS} runs. Choose fewer runs, or at least one.")));
        }
        let held = match baseline {
            Some(baseline) => runs.iter().position(|run| *run == baseline).ok_or_else(|| {
                Error::invalid("The baseline run is not one of the runs of the report. Add it to them, or hold them against another one.")
            })?,
            None => 0,
        };
        let mut views = Vec::with_capacity(runs.len());
        for run in runs {
            views.push(self.get_run(RunId { run }).await?);
        }
        let summaries: Vec<&RunSummary> = views.iter().map(|view| &view.summary).collect();
        let mut report = Report::new(title(&summaries)).written(self.moment());
        add_simulated(&mut report, &summaries);
        add_overview(&mut report, &summaries, held);
        report.add(Block::Section("What was run".into()));
        self.add_facts(&mut report, &summaries).await?;
        self.add_differences(&mut report, &summaries).await?;
        for view in &views {
            let run = &view.summary;
            report.add(Block::Section(format!("Run {}", run.name)));
            add_simulated(&mut report, &[run]);
            add_cautions_of_test(&mut report, &[run]);
            if let Some(verdict) = &view.verdict {
                report.add(Block::Verdict(verdict.clone()));
            }
            if let Some(reason) = &run.stop_reason {
                report.add(Block::Paragraph(reason.clone()));
            }
            add_curve(&mut report, view);
            let (_, best) = self.run_prompts(run.id).await?;
            report.add(Block::Part(format!("Best prompts (epoch {})", run.best.epoch))).prompt(&best);
            report.add(Block::Part("Cost".into()));
            add_usage(&mut report, run);
        }
        report.in_format(&format).map(|text| TextBody { text })
    }
}

fn title(runs: &[&RunSummary]) -> String {
    match runs {
        [run] => run.name.clone(),
        _ => format!("{} runs side by side", runs.len()),
    }
}

/// The figures of each run; `held` is the place of the one that the others are held against.
fn add_overview(report: &mut Report, runs: &[&RunSummary], held: usize) {
    let Some(held) = runs.get(held).copied() else { return };
    let groups = by_scoring(runs);
    let mut head = vec!["run", "baseline, validation", "best, validation", "best, test", "best epoch", "calls", "dollars"];
    if groups.len() > 1 {
        head.insert(1, "metric");
    }
    let row = |run: &&RunSummary| {
        let mark = if unlike(held, run).is_empty() { "" } else { "≠ " };
        let marked = |score: String, measured: bool| if measured { format!("{mark}{score}") } else { score };
        let mut cells = vec![
            run.name.clone() + if has_simulated_scores(run) { ", simulated" } else { "" },
            marked(score(run.baseline.validation), run.baseline.validation.is_some()),
            marked(score(run.best.validation), run.best.validation.is_some()),
            marked(test_score(run, run.best.test), run.best.test.is_some()),
            run.best.epoch.to_string(),
            run.usage.calls.to_string(),
            super::dollars(run.usage.cost),
        ];
        if groups.len() > 1 {
            cells.insert(1, scoring(run));
        }
        cells
    };
    report.add(Block::Table { head: head.into_iter().map(str::to_owned).collect(), rows: runs.iter().map(row).collect() });
    add_unlike(report, held, runs);
    for (scoring, runs) in &groups {
        let range = |run: &&RunSummary| {
            let score = run.best.validation?;
            Some(RangeRow {
                name: run.name.clone(),
                simulated: has_simulated_scores(run),
                unlike: !unlike(held, run).is_empty(),
                score: score.score,
                ends: (score.low, score.high),
            })
        };
        let rows: Vec<RangeRow> = runs.iter().filter_map(range).collect();
        if rows.is_empty() {
            continue;
        }
        let caption = (groups.len() > 1).then(|| format!("Best validation, scored by {scoring}."));
        report.add(Block::Ranges(RangeChart { caption, rows }));
    }
    report.add(Block::Paragraph(
        "The intervals are of each run alone. Whether one prompt is better than another is said by the report of the two, which compares \
         them on the same examples."
            .into(),
    ));
}

/// Says of every run that is measured differently from the one it is held against in what it is.
fn add_unlike(report: &mut Report, held: &RunSummary, runs: &[&RunSummary]) {
    let said: Vec<String> = runs
        .iter()
        .filter_map(|run| {
            let reasons = unlike(held, run);
            (!reasons.is_empty()).then(|| format!("{}: {}.", run.name, reasons.join("; ")))
        })
        .collect();
    if !said.is_empty() {
        let words = format!("≠: measured differently from {}, so scores with this mark do not compare with those of it.", held.name);
        report.add(Block::Caution(words)).add(Block::List(said));
    }
}
