//! What is in the database: projects, runs, one run.

use std::path::Path;

use mlprompt_core::{
    Error, Result,
    api::{NoRequest, RunId},
    engine::Engine,
    run::{SplitScores, simulated_words},
    train::percent,
};

use crate::out::{say, say_text};
use crate::{End, show, train::print_line};

/// A value as JSON.
pub fn json_of<T: serde::Serialize>(value: &T) -> Result<serde_json::Value> {
    serde_json::to_value(value).map_err(|e| Error::internal(e.to_string()))
}

/// The first line of a table.
pub fn head<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).to_vec()
}

/// Lists projects.
pub async fn projects(engine: &Engine, json: bool) -> Result<End> {
    let projects = engine.list_projects(NoRequest {}).await?;
    if json {
        for project in &projects {
            print_line(&json_of(project)?)?;
        }
    } else if projects.is_empty() {
        say!("No projects yet. Make one with: mlprompt-cli import FILE --project NAME");
    } else {
        let mut rows = vec![head(["id", "name", "rows", "runs", "best validation"])];
        rows.extend(projects.iter().map(|p| {
            let best = p.best.map_or_else(|| "none".into(), |s| percent(s.score));
            vec![p.id.to_string(), show::name(&p.name), p.rows.to_string(), p.runs.to_string(), best]
        }));
        say_text!("{}", show::table(&rows));
    }
    Ok(End::Done)
}

/// Lists runs.
pub async fn runs(engine: &Engine, project: Option<&str>, json: bool) -> Result<End> {
    let runs = match project {
        Some(name) => engine.list_runs(engine.project_id(name).await?).await?,
        None => engine.all_runs().await?,
    };
    if json {
        for run in &runs {
            print_line(&json_of(run)?)?;
        }
    } else if runs.is_empty() {
        say!("No runs yet. Start one with: mlprompt-cli train --data FILE");
    } else {
        let mut rows = vec![head(["run", "name", "status", "epochs", "baseline", "best", "test", "calls"])];
        rows.extend(runs.iter().map(|r| {
            let short = |s: Option<mlprompt_core::stats::Score>| s.map_or_else(|| "-".into(), |s| percent(s.score));
            vec![
                r.id.to_string(),
                show::name(&r.name),
                show::status(r.status).to_owned(),
                format!("{}/{}", r.epochs_done, r.config.epochs),
                short(r.baseline.validation),
                short(r.best.validation),
                short(r.best.test),
                r.usage.calls.to_string(),
            ]
        }));
        say_text!("{}", show::table(&rows));
    }
    Ok(End::Done)
}

/// Shows a run with its epochs.
pub async fn show(engine: &Engine, run: i64, json: bool) -> Result<End> {
    let view = engine.get_run(RunId { run }).await?;
    if json {
        print_line(&json_of(&view)?)?;
        return Ok(End::Done);
    }
    let summary = &view.summary;
    say!("Run {} \"{}\", {}", summary.id, show::plain(&summary.name), show::status(summary.status));
    for line in [&summary.stop_reason, &view.verdict].into_iter().flatten() {
        say!("{}", show::plain(line));
    }
    if let Some(words) = simulated_words([summary]) {
        say!("{words}");
    }
    say!("");
    let mut rows = vec![head(["epoch", "decision", "train before", "validation", "why"])];
    rows.extend(view.epochs.iter().map(|e| {
        vec![
            e.epoch.to_string(),
            show::decision(e.decision).to_owned(),
            e.train.map_or_else(
                || "-".into(),
                |s| {
                    let part = s.n + s.missing < summary.splits.train;
                    percent(s.score) + &if part { format!(" of {} alone", s.n) } else { String::new() }
                },
            ),
            e.validation.map_or_else(|| "-".into(), |s| percent(s.score)),
            e.reason.clone(),
        ]
    }));
    say_text!("{}", show::table(&rows));
    say!("");
    let best = SplitScores { train: summary.best.train, validation: summary.best.validation, test: summary.best.test };
    say_text!(
        "{}",
        show::table(&[
            head(["", "train", "validation", "test"]),
            show::score_row("baseline".into(), summary.baseline),
            show::score_row(format!("best (epoch {})", summary.best.epoch), best),
        ])
    );
    say!("\nSystem prompt:\n{}\n\nOutput prompt:\n{}", show::plain(&summary.best.system_prompt), show::plain(&summary.best.output_prompt));
    show::next_steps(engine, run).await?;
    Ok(End::Done)
}

/// Reads the whole database and says whether it is sound.
pub async fn check(engine: &Engine, json: bool) -> Result<End> {
    let found = engine.check_database(NoRequest {}).await?;
    if json {
        print_line(&json_of(&found)?)?;
    } else {
        found.problems.iter().for_each(|problem| say!("{}", show::plain(problem)));
    }
    if found.problems.is_empty() {
        if !json {
            say!("The database is sound ({} bytes).", found.bytes);
        }
        return Ok(End::Done);
    }
    Ok(End::Failed("The database is damaged. Save a copy of what can be read, or restore an earlier copy.".into()))
}

/// Writes a copy of the database.
pub async fn copy(engine: &Engine, file: &Path) -> Result<End> {
    engine.save_copy(file).await?;
    say!("The copy is {}.", show::plain(&file.display().to_string()));
    Ok(End::Done)
}
