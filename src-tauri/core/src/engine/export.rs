//! A run as text: JSON for programs, CSV for spreadsheets, Markdown for people. Never a key.

use std::fmt::Write;

use serde_json::json;

use super::Engine;
use crate::{
    api::{ExportRun, GetEpoch, RunId, RunView, TextBody},
    error::{Error, Result},
    run::{Decision, EpochDetail, EpochSummary},
    stats::Score,
    train::percent,
};

impl Engine {
    /// A run as text.
    pub async fn export_run(&self, request: ExportRun) -> Result<TextBody> {
        let view = self.get_run(RunId { run: request.run }).await?;
        let text = match request.format.as_str() {
            "json" => self.as_json(&view).await?,
            "csv" => as_csv(&view)?,
            "md" => self.as_markdown(&view).await?,
            "certificate" => self.certificate(&view).await?,
            other => return Err(Error::invalid(format!("There is no export format \"{other}\"; choose json, csv, md or certificate."))),
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

    async fn as_markdown(&self, view: &RunView) -> Result<String> {
        let run = &view.summary;
        let (first, best) = self.run_prompts(run.id).await?;
        let mut out = String::new();
        // Writing to a String cannot fail.
        let mut line = |text: String| {
            let _infallible = writeln!(out, "{text}");
        };
        line(format!("# {}\n", inline(&run.name)));
        if run.simulated {
            line("*Simulated: the demo model took part; its figures say nothing about a real model.*\n".into());
        }
        if let Some(verdict) = &view.verdict {
            line(format!("**{verdict}**\n"));
        }
        if let Some(reason) = &run.stop_reason {
            line(format!("{reason}\n"));
        }
        line("| | train | validation | test |\n| --- | --- | --- | --- |".into());
        line(format!("| baseline | {} | {} | {} |", score(run.baseline.train), score(run.baseline.validation), score(run.baseline.test)));
        line(format!(
            "| best (epoch {}) | {} | {} | {} |\n",
            run.best.epoch,
            score(run.best.train),
            score(run.best.validation),
            score(run.best.test)
        ));
        line(format!(
            "Dataset {}: {} training, {} validation, {} test examples. Primary model {}, optimizer {}. {} calls, {} answers from disk, {} tokens in, {} out, {} examples missing.\n",
            inline(&run.dataset),
            run.splits.train,
            run.splits.validation,
            run.splits.test,
            inline(&run.config.primary.model),
            inline(&run.config.optimizer.model),
            run.usage.calls,
            run.usage.cached,
            run.usage.prompt_tokens,
            run.usage.completion_tokens,
            run.usage.failed
        ));
        line("## Epochs\n\n| epoch | decision | validation | why |\n| --- | --- | --- | --- |".into());
        for epoch in &view.epochs {
            line(format!("| {} | {} | {} | {} |", epoch.epoch, decision(epoch), score(epoch.validation), inline(&epoch.reason)));
        }
        for (title, prompt) in [("Best prompts", &best), ("First prompts", &first)] {
            line(format!(
                "\n## {title}\n\nSystem prompt:\n\n{}\n\nOutput prompt:\n\n{}",
                fenced(&prompt.system_prompt),
                fenced(&prompt.output_prompt)
            ));
        }
        Ok(out)
    }
}

fn decision(epoch: &EpochSummary) -> &'static str {
    match epoch.decision {
        Decision::Baseline => "baseline",
        Decision::Accepted => "accepted",
        Decision::Rejected => "rejected",
        Decision::Invalid => "invalid",
    }
}

fn score(score: Option<Score>) -> String {
    score.map_or_else(
        || "not measured".into(),
        |s| format!("{} ({} to {}, n = {}, {} missing)", percent(s.score), percent(s.low), percent(s.high), s.n, s.missing),
    )
}

/// Text inside a Markdown line or table cell.
fn inline(text: &str) -> String {
    text.chars()
        .flat_map(|c| match c {
            '\n' | '\r' => vec![' '],
            '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '\\' | '#' => vec!['\\', c],
            _ => vec![c],
        })
        .collect()
}

/// A code block that the text cannot leave.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}")
}

fn as_csv(view: &RunView) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |e: csv::Error| Error::internal(e.to_string());
    writer
        .write_record([
            "epoch",
            "decision",
            "train",
            "validation",
            "validation_low",
            "validation_high",
            "validation_n",
            "missing",
            "delta",
            "p",
            "fixed",
            "broken",
            "calls",
            "reason",
        ])
        .map_err(failed)?;
    let number = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_default();
    for epoch in &view.epochs {
        let validation = epoch.validation;
        writer
            .write_record([
                epoch.epoch.to_string(),
                decision(epoch).to_owned(),
                number(epoch.train.map(|s| s.score)),
                number(validation.map(|s| s.score)),
                number(validation.map(|s| s.low)),
                number(validation.map(|s| s.high)),
                validation.map(|s| s.n.to_string()).unwrap_or_default(),
                validation.map(|s| s.missing.to_string()).unwrap_or_default(),
                number(epoch.delta),
                number(epoch.p),
                epoch.fixed.to_string(),
                epoch.broken.to_string(),
                epoch.usage.calls.to_string(),
                epoch.reason.clone(),
            ])
            .map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|e| Error::internal(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| Error::internal(e.to_string()))
}
