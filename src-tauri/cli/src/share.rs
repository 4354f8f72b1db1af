//! What leaves and comes back: examples as files of other programs, whole projects as one file; and putting projects away.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use mlprompt_core::{
    Error, Result,
    api::{DuplicateProject, ExportDataset, ExportState, ImportProject, MergeFile, NoRequest, ProjectId, RenameProject},
    dataset::{ExampleFilter, ReadOptions, SplitFilter},
    engine::Engine,
    export::ExportFormat,
};
use serde_json::json;

use crate::out::say;
use crate::{
    End,
    options::{ExportDataOptions, FormatName, ProjectCommand, SplitName},
    show,
    train::print_line,
};

/// How often progress is looked at.
const LOOK: Duration = Duration::from_millis(50);

fn place(file: &Path, replace: bool) -> Result<PathBuf> {
    let file = std::path::absolute(file).map_err(|e| Error::invalid(format!("{}: {e}.", file.display())))?;
    if file.exists() && !replace {
        return Err(Error::invalid(format!("{} is there already. Give another name, or replace it with --replace.", file.display())));
    }
    Ok(file)
}

/// Writes the examples of a project into a file.
pub async fn export_data(engine: &Engine, options: ExportDataOptions, as_json: bool) -> Result<End> {
    let project = engine.project_id(&options.project).await?.project;
    let file = place(&options.output, options.replace)?;
    let format = match options.format {
        Some(name) => name.into(),
        None => ExportFormat::of_name(&file)
            .ok_or_else(|| Error::invalid(format!("{} does not say its format. Name one with --format.", file.display())))?,
    };
    let split = options.split.map(|split| match split {
        SplitName::Train => SplitFilter::Train,
        SplitName::Validation => SplitFilter::Validation,
        SplitName::Test => SplitFilter::Test,
    });
    let request = ExportDataset {
        project,
        filter: ExampleFilter { split, search: options.search, ..ExampleFilter::default() },
        format,
        runs: options.run,
        safe_for_spreadsheets: options.safe_for_spreadsheets,
    };
    let job = engine.start_export(request, &file).await?;
    let bar = if as_json || !std::io::stderr().is_terminal() { ProgressBar::hidden() } else { ProgressBar::new(0) };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {human_pos} of {human_len} examples, {per_sec}") {
        bar.set_style(style);
    }
    loop {
        let progress = engine.export_progress(job.clone()).await?;
        bar.set_length(progress.rows_total);
        bar.set_position(progress.rows_done);
        match progress.state {
            ExportState::Running => tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                stopped = tokio::signal::ctrl_c() => {
                    stopped.map_err(|e| Error::internal(e.to_string()))?;
                    engine.cancel_export(job.clone()).await?;
                }
            },
            ExportState::Done { path, bytes, changed_cells } => {
                bar.finish_and_clear();
                if as_json {
                    print_line(
                        &json!({"event": "exported", "file": path, "rows": progress.rows_done, "bytes": bytes, "changed_cells": changed_cells}),
                    )?;
                } else {
                    say!("{} examples are in {}.", progress.rows_done, show::plain(&path));
                    if options.safe_for_spreadsheets {
                        say!("{changed_cells} cells that a spreadsheet would run as a formula have an apostrophe in front.");
                    }
                }
                return Ok(End::Done);
            }
            ExportState::Failed { error } => {
                bar.finish_and_clear();
                return Err(error);
            }
            ExportState::Cancelled => {
                bar.finish_and_clear();
                return Ok(End::Interrupted);
            }
        }
    }
}

/// Writes a whole project into one file.
pub async fn export_project(engine: &Engine, name: &str, file: &Path, replace: bool, as_json: bool) -> Result<End> {
    let file = place(file, replace)?;
    let bytes = engine.export_project(engine.project_id(name).await?, &file).await?;
    if as_json {
        print_line(&json!({"event": "exported", "file": file, "bytes": bytes}))?;
    } else {
        say!("The project is in {}. No key is in it.", show::plain(&file.display().to_string()));
    }
    Ok(End::Done)
}

/// Takes over what changed in a file of our own export, or in one with the id column of a project.
pub async fn merge(engine: &Engine, file: &Path, project: Option<&str>, update: bool, append: bool, as_json: bool) -> Result<End> {
    let path = std::path::absolute(file).map_err(|e| Error::invalid(format!("{}: {e}.", file.display())))?;
    let project = match project {
        Some(name) => Some(engine.project_id(name).await?.project),
        None => None,
    };
    let request = MergeFile { path: path.to_string_lossy().into_owned(), options: ReadOptions::default(), project, update, append };
    let merged = engine.merge_file(request).await?;
    let name = &merged.view.project.name;
    if as_json {
        print_line(
            &json!({"event": "merged", "project": merged.view.project.id, "name": name, "updated": merged.updated, "added": merged.added}),
        )?;
    } else {
        say!("{} examples of \"{}\" are updated, {} are new.", merged.updated, show::plain(name), merged.added);
    }
    Ok(End::Done)
}

/// Takes a project in from a file.
pub async fn import_project(engine: &Engine, file: &Path, as_json: bool) -> Result<End> {
    let path = std::path::absolute(file).map_err(|e| Error::invalid(format!("{}: {e}.", file.display())))?;
    let arrived = engine.import_project(ImportProject { path: path.to_string_lossy().into_owned() }).await?;
    let project = &arrived.view.project;
    if as_json {
        print_line(&json!({"event": "imported", "project": project.id, "name": project.name, "runs": project.runs, "rows": project.rows,
            "new_connections": arrived.new_connections}))?;
        return Ok(End::Done);
    }
    say!("\"{}\" is there, with {} examples and {} runs.", show::plain(&project.name), project.rows, project.runs);
    for connection in &arrived.new_connections {
        say!("The connection \"{}\" came without its key: enter it in Connections before a run goes on.", show::plain(connection));
    }
    Ok(End::Done)
}

/// Renames, duplicates, archives, deletes or restores a project.
pub async fn project(engine: &Engine, command: ProjectCommand, as_json: bool) -> Result<End> {
    let (event, name) = match command {
        ProjectCommand::Rename { name, to } => {
            let ProjectId { project } = engine.project_id(&name).await?;
            ("renamed", engine.rename_project(RenameProject { project, name: to }).await?.name)
        }
        ProjectCommand::Duplicate { name, to, data_only } => {
            let ProjectId { project } = engine.project_id(&name).await?;
            let request = DuplicateProject { project, name: to.unwrap_or_default(), data_only };
            ("duplicated", engine.duplicate_project(request).await?.project.name)
        }
        ProjectCommand::Archive { name } => {
            engine.archive_project(engine.project_id(&name).await?).await?;
            ("archived", name)
        }
        ProjectCommand::Delete { name } => {
            engine.delete_project(engine.project_id(&name).await?).await?;
            ("deleted", name)
        }
        ProjectCommand::Restore { name } => {
            let away = engine.list_put_away(NoRequest {}).await?.projects;
            let found = away.iter().find(|p| p.name == name);
            let found = found.ok_or_else(|| Error::not_found(format!("No archived or deleted project is called \"{name}\".")))?;
            ("restored", engine.restore_project(ProjectId { project: found.id }).await?.name)
        }
        ProjectCommand::Away => {
            for project in engine.list_put_away(NoRequest {}).await?.projects {
                let state = if project.deleted_at.is_some() { "deleted" } else { "archived" };
                if as_json {
                    print_line(&json!({"project": project.id, "name": project.name, "state": state}))?;
                } else {
                    say!("{state}  {}", show::plain(&project.name));
                }
            }
            return Ok(End::Done);
        }
        ProjectCommand::Empty => {
            let removed = engine.empty_deleted(NoRequest {}).await?.removed;
            if as_json {
                print_line(&json!({"event": "emptied", "removed": removed}))?;
            } else {
                say!("{removed} deleted projects, datasets and runs are gone for good.");
            }
            return Ok(End::Done);
        }
    };
    if as_json {
        print_line(&json!({"event": event, "name": name}))?;
    } else {
        say!("\"{}\" is {event}.", show::plain(&name));
    }
    Ok(End::Done)
}

impl From<FormatName> for ExportFormat {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Csv => Self::Csv,
            FormatName::Tsv => Self::Tsv,
            FormatName::Jsonl => Self::JsonLines,
            FormatName::Xlsx => Self::Xlsx,
            FormatName::Promptfoo => Self::Promptfoo,
            FormatName::OpenaiEvals => Self::OpenaiEvals,
        }
    }
}
