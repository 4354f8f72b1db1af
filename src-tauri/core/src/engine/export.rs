//! A run as text: JSON for programs, CSV for spreadsheets, a report for people. Never a key.

use serde_json::json;

use super::{Engine, door, report::decision};
use crate::{
    api::{ExportRun, GetEpoch, RunId, RunView, TextBody},
    error::{Error, Result},
    run::EpochDetail,
};

impl Engine {
    /// A run as text.
    #[door]
    pub async fn export_run(&self, request: ExportRun) -> Result<TextBody> {
        let view = self.get_run(RunId { run: request.run }).await?;
        let text = match request.format.as_str() {
            "json" => self.as_json(&view).await?,
            "csv" => as_csv(&view)?,
            "md" => self.run_report(&view).await?.markdown(),
            "html" => self.run_report(&view).await?.html(),
            "certificate" => self.certificate(&view).await?,
            other => {
                return Err(Error::invalid(format!("There is no export format \"{other}\"; choose json, csv, md, html or certificate.")));
            }
        };
        Ok(TextBody { text })
    }

    async fn details(&self, view: &RunView) -> Result<Vec<EpochDetail>> {
        let mut details = Vec::with_capacity(view.epochs.len());
        for epoch in &view.epochs {
            details.push(self.get_epoch(GetEpoch { run: view.summary.id, epoch: epoch.epoch }).await?);
        }
        Ok(details)
    }

    async fn as_json(&self, view: &RunView) -> Result<String> {
        let value = json!({
            "format": "mlprompt run 1",
            "run": view.summary,
            "verdict": view.verdict,
            "warnings": view.warnings,
            "epochs": self.details(view).await?,
        });
        serde_json::to_string_pretty(&value).map_err(|e| Error::internal(e.to_string()))
    }
}

fn as_csv(view: &RunView) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |e: csv::Error| Error::internal(e.to_string());
    writer
        .write_record([
            "epoch",
            "decision",
            "train_before",
            "train_before_n",
            "validation",
            "validation_low",
            "validation_high",
            "validation_n",
            "missing",
            "at_most",
            "delta",
            "p",
            "fixed",
            "broken",
            "calls",
            "calls_so_far",
            "reason",
        ])
        .map_err(failed)?;
    let number = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_default();
    let mut before = 0;
    for epoch in &view.epochs {
        let validation = epoch.validation;
        let changes = |of: fn((u32, u32)) -> u32| epoch.changes().map(|both| of(both).to_string()).unwrap_or_default();
        writer
            .write_record([
                epoch.epoch.to_string(),
                decision(epoch).to_owned(),
                number(epoch.train.map(|s| s.score)),
                epoch.train.map(|s| s.n.to_string()).unwrap_or_default(),
                number(validation.map(|s| s.score)),
                number(validation.map(|s| s.low)),
                number(validation.map(|s| s.high)),
                validation.map(|s| s.n.to_string()).unwrap_or_default(),
                validation.map(|s| s.missing.to_string()).unwrap_or_default(),
                number(epoch.bound.map(|bound| bound.score)),
                number(epoch.delta),
                number(epoch.p),
                changes(|(fixed, _)| fixed),
                changes(|(_, broken)| broken),
                epoch.usage.calls.saturating_sub(before).to_string(),
                epoch.usage.calls.to_string(),
                epoch.reason.clone(),
            ])
            .map_err(failed)?;
        before = epoch.usage.calls;
    }
    let bytes = writer.into_inner().map_err(|e| Error::internal(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| Error::internal(e.to_string()))
}
