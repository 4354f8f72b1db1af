//! Several runs side by side as a report: the run set of Compare, readable without the program.

use super::{add_curve, add_simulated, add_usage, score, settings_table};
use crate::{
    api::{ExportRuns, RunId, TextBody},
    engine::Engine,
    error::{Error, Result},
    report::{Block, RangeChart, RangeRow, Report},
    run::RunSummary,
};

/// More runs than these make a page that nobody reads.
const MOST_RUNS: usize = 50;

impl Engine {
    /// Several runs as one report.
    pub async fn export_runs(&self, request: ExportRuns) -> Result<TextBody> {
        let ExportRuns { runs, format } = request;
        if runs.is_empty() || runs.len() > MOST_RUNS {
            return Err(Error::invalid(format!("A report takes 1 to {MOST_RUNS} runs. Choose fewer runs, or at least one.")));
        }
        let mut views = Vec::with_capacity(runs.len());
        for run in runs {
            views.push(self.get_run(RunId { run }).await?);
        }
        let summaries: Vec<&RunSummary> = views.iter().map(|view| &view.summary).collect();
        let mut report = Report::new(title(&summaries));
        add_simulated(&mut report, summaries.iter().copied());
        add_overview(&mut report, &summaries);
        report.add(Block::Section("What was run".into()));
        self.add_facts(&mut report, &summaries).await?;
        settings_table(&mut report, &summaries);
        for view in &views {
            let run = &view.summary;
            report.add(Block::Section(format!("Run {}", run.name)));
            if let Some(verdict) = &view.verdict {
                report.add(Block::Verdict(verdict.clone()));
            }
            if let Some(reason) = &run.stop_reason {
                report.add(Block::Paragraph(reason.clone()));
            }
            add_curve(&mut report, &view.epochs);
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

fn add_overview(report: &mut Report, runs: &[&RunSummary]) {
    let row = |run: &&RunSummary| {
        [
            run.name.clone(),
            score(run.baseline.validation),
            score(run.best.validation),
            score(run.best.test) + if run.best.test.is_some() && run.test_opened_before > 0 { ", opened before" } else { "" },
            run.best.epoch.to_string(),
            run.usage.calls.to_string(),
            super::dollars(run.usage.cost),
        ]
    };
    report.table(
        ["run", "baseline, validation", "best, validation", "best, test", "best epoch", "calls", "dollars"],
        runs.iter().map(row).collect(),
    );
    let range = |run: &&RunSummary| run.best.validation.map(|s| RangeRow { name: run.name.clone(), score: s.score, ends: (s.low, s.high) });
    let rows: Vec<RangeRow> = runs.iter().filter_map(range).collect();
    if !rows.is_empty() {
        report.add(Block::Ranges(RangeChart { rows }));
    }
    report.add(Block::Paragraph(
        "The intervals are of each run alone. Whether one prompt is better than another is said by the report of the two, which compares \
         them on the same examples."
            .into(),
    ));
}
