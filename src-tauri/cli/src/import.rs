//! Importing without training: progress while it goes on, the report when it is done, Ctrl C to leave nothing behind.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use mlprompt_core::{
    Error, ErrorCode, Result,
    api::{ImportJob, ImportPhase, ImportState, ProjectId, ProjectView},
    dataset::{DatasetInfo, SplitPlan},
    engine::{Engine, ImportFiles},
};

use crate::out::say;
use crate::{End, options::ImportOptions, show, train::print_line};

/// Columns with empty cells that are told one by one.
const COLUMNS_NAMED: usize = 10;

/// Imports files into a project.
pub async fn import(engine: &Engine, options: ImportOptions, json: bool) -> Result<End> {
    let plan = options.reading.split_column.clone().map(|column| SplitPlan::Column { column });
    let request = ImportFiles {
        project: options.project,
        files: options.files,
        options: options.reading.read_options(),
        roles: options.reading.roles(),
        plan,
        ..ImportFiles::default()
    };
    let job = engine.start_import_files(request).await?;
    let Some(project) = ended(engine, job).await? else {
        eprintln!("The import was cancelled; nothing was kept.");
        return Ok(End::Interrupted);
    };
    let Some(dataset) = &project.dataset else { return Ok(End::Failed("The import left no dataset.".into())) };
    let report = serde_json::to_value(&dataset.report).map_err(|e| Error::internal(e.to_string()))?;
    if let Some(file) = &options.report {
        std::fs::write(file, format!("{report:#}\n"))
            .map_err(|e| Error::new(ErrorCode::Internal, format!("{} cannot be written: {e}. Check the path.", file.display())))?;
    }
    if json {
        print_line(&serde_json::json!({"event": "imported", "project": project.project.id, "dataset": dataset.id, "sizes": dataset.sizes,
            "roles": dataset.roles, "report": report}))?;
    } else {
        tell(&project, dataset);
    }
    Ok(End::Done)
}

/// Waits for the end of an import, shown as it goes on; none when the user cancelled it.
async fn ended(engine: &Engine, job: ImportJob) -> Result<Option<ProjectView>> {
    // Seen on a terminal only.
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes} of {total_bytes}") {
        bar.set_style(style);
    }
    let mut ctrl_c = Box::pin(tokio::signal::ctrl_c());
    let mut asked = false;
    let mut wait = Duration::from_millis(2);
    loop {
        let progress = engine.import_progress(job.clone()).await?;
        bar.set_length(progress.bytes_total);
        bar.set_position(progress.bytes_done);
        bar.set_message(match progress.phase {
            ImportPhase::Reading => format!("{} rows, {:.0} a second", progress.rows, progress.rows_per_second),
            ImportPhase::Writing => "Dividing".to_owned(),
            ImportPhase::Indexing | ImportPhase::Over => "Building the search index".to_owned(),
        });
        let end = match progress.state {
            ImportState::Running => None,
            ImportState::Done { project } => Some(engine.open_project(ProjectId { project }).await.map(Some)),
            ImportState::Cancelled => Some(Ok(None)),
            ImportState::Failed { error } => Some(Err(error)),
        };
        if let Some(end) = end {
            bar.finish_and_clear();
            return end;
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => wait = (wait * 2).min(Duration::from_millis(200)),
            signal = &mut ctrl_c => {
                signal.map_err(|e| Error::internal(format!("Ctrl C cannot be heard: {e}.")))?;
                if asked {
                    bar.finish_and_clear();
                    return Ok(None);
                }
                asked = true;
                ctrl_c = Box::pin(tokio::signal::ctrl_c());
                engine.cancel_import(job.clone()).await?;
            }
        }
    }
}

fn tell(project: &ProjectView, dataset: &DatasetInfo) {
    say!(
        "Imported {} into \"{}\": {} training, {} validation, {} test.",
        show::counted(dataset.rows.into(), "example"),
        show::plain(&project.project.name),
        dataset.sizes.train,
        dataset.sizes.validation,
        dataset.sizes.test
    );
    let column = |name: &Option<String>| show::line(name.as_deref().unwrap_or("none"));
    say!(
        "Input: {}. Ground truth: {}. Read as {}.",
        column(&dataset.roles.input),
        column(&dataset.roles.truth),
        show::plain(&dataset.source)
    );
    let report = &dataset.report;
    let counts = [
        (report.set_aside_count, "row", " set aside"),
        (report.duplicates, "duplicate", ""),
        (report.contradictions, "input", " with different ground truths"),
        (report.too_long, "input", " longer than the model takes"),
    ];
    for (count, what, how) in counts.into_iter().filter(|(count, ..)| *count > 0) {
        say!("{}{how}", show::counted(count, what));
    }
    for row in &report.set_aside {
        say!("  {} line {}: {} {}", show::line(&row.file), row.line, show::plain(&row.reason), show::line(&row.text));
    }
    let unnamed = report.set_aside_count.saturating_sub(report.set_aside.len() as u64);
    if unnamed > 0 {
        say!("  and {} more", show::counted(unnamed, "row"));
    }
    for empty in report.empty_cells.iter().take(COLUMNS_NAMED) {
        say!("{} in {}", show::counted(empty.count, "empty cell"), show::line(&empty.column));
    }
    let unnamed = report.empty_cells.len().saturating_sub(COLUMNS_NAMED) as u64;
    if unnamed > 0 {
        say!("Empty cells in {}", show::counted(unnamed, "more column"));
    }
    for sentence in &report.unmapped {
        say!("Left out: {}", show::plain(sentence));
    }
    for note in &report.notes {
        say!("Note: {}", show::plain(note));
    }
}
