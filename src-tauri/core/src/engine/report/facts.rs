//! What a report is about, so that it is understood away from the program: project, data, models, metric and dates.

use std::time::{Duration, UNIX_EPOCH};

use super::{metrics, model};
use crate::{
    engine::Engine,
    error::Result,
    report::{Block, Report},
    run::{RunSummary, has_simulated_scores},
};

impl Engine {
    /// Adds a table of facts, a column for each run.
    pub(in crate::engine) async fn add_facts(&self, report: &mut Report, runs: &[&RunSummary]) -> Result<()> {
        let mut projects = Vec::with_capacity(runs.len());
        for run in runs {
            projects.push(self.store().project(run.project).await?.name);
        }
        let of_each = |name: &str, value: &dyn Fn(&RunSummary) -> String| row(name, runs.iter().map(|run| value(run)));
        let rows = vec![
            row("project", projects.into_iter()),
            of_each("dataset", &|run| run.dataset.clone()),
            of_each("examples", &|run| {
                let splits = run.splits;
                format!("{} training, {} validation, {} test", splits.train, splits.validation, splits.test)
            }),
            of_each("primary model", &|run| model(&run.config.primary)),
            of_each("optimizer model", &|run| model(&run.config.optimizer)),
            of_each("metrics", &|run| metrics(&run.config)),
            of_each("simulated", &|run| {
                let part = if has_simulated_scores(run) { "yes, the demo model took part" } else { "the optimizer alone" };
                if run.simulated_roles.is_empty() { "no" } else { part }.to_owned()
            }),
            of_each("test split", &|run| match (run.splits.test, run.test_opened_before) {
                (0, _) => "none".to_owned(),
                (_, 0) if run.best.test.is_none() => "not measured by this run".to_owned(),
                (_, 0) => "sealed until this run".to_owned(),
                (all, opened) => format!("{opened} of {all} opened by an earlier run"),
            }),
            of_each("started", &|run| moment(run.created_at)),
            of_each("ended", &|run| run.ended_at.map_or_else(|| "not yet".to_owned(), moment)),
        ];
        let names = runs.iter().map(|run| if runs.len() == 1 { String::new() } else { run.name.clone() });
        report.add(Block::Table { head: row("", names), rows });
        Ok(())
    }

    /// The moment at which a report is written.
    pub(in crate::engine) fn moment(&self) -> String {
        moment(self.now())
    }
}

pub(super) fn row(name: &str, cells: impl Iterator<Item = String>) -> Vec<String> {
    std::iter::once(name.to_owned()).chain(cells).collect()
}

/// A time of day in UTC, as HTTP writes it.
fn moment(unix_ms: i64) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(u64::try_from(unix_ms).unwrap_or(0)))
}
